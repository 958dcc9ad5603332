/**
 * Leak class 16: exports, jobs and model runs that read as the server and not as the person. Model runs are not there yet:
 * what will close them is tested here (decisions for their channels, and that no root field gives rows by another way). Exports are attacked
 * on a running server with a worker: by who asks, by who fetches, and by what changes in between.
 */
import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ownExport } from '../../src/graphql/static/ownExport.js';
import { asking } from '../../src/policy/asking.js';
import { decideDataset } from '../../src/policy/decide.js';
import { channels } from '../../src/policy/rule.js';
import { codesOf, startAttack, type Attack } from '../support/attack.js';
import { person } from '../support/engine.js';
import { codes, Exporting, why } from '../support/exporting.js';
import { startRunning, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const open = (dataset: string, table: string, parts: Parameters<typeof asking>[1]): boolean => decideDataset(attack.dure.snapshot.byPath.get(dataset)!, asking(person({ subject: 'x' }), parts)).tables.get(table)!.readable;

describe('decisions by channel', () => {
  test('rows that may be read page by page may not be taken away as a file', () => {
    expect(channels.map((channel) => open('lab/windows', 'exported', { channel }))).toEqual([true, true, true, true, false]);
  });
  test('a channel that a rule does not name is closed', () => {
    expect(channels.map((channel) => open('lab/windows', 'streamed', { channel }))).toEqual([false, false, true, false, false]);
  });
  test('an export under counts, figures or existence is closed', () => {
    for (const table of ['counted', 'figures', 'cells', 'people', 'known']) expect(open('lab/figures', table, { channel: 'export' })).toBe(false);
  });
});

test('no caller chooses their own channel', async () => {
  const told = await attack.ask('{ lab { windows { streamed { totalCount } } } }');
  expect(codesOf(told)).toEqual(['FORBIDDEN']);
  for (const header of ['dure-channel', 'x-dure-channel', 'channel']) {
    const response = await fetch(`${attack.server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', [header]: 'job' }, body: JSON.stringify({ query: '{ lab { windows { streamed { totalCount nodes { note } } } } }', extensions: { channel: 'job' } }) });
    expect(await response.text()).toContain('FORBIDDEN');
  }
});

test('the root fields that could give rows are those that are known: a new one must come with its leak test', () => {
  const { schema } = attack.dure.engine.schemaFor(person({}));
  const organizations = ['lab', 'bora', 'uniprot'];
  expect(Object.keys(schema.getQueryType()!.getFields()).filter((name) => !organizations.includes(name)).filter((name) => /export|download|run|model|file|rows|raw|sql/i.test(name))).toEqual([]);
  expect(Object.keys(schema.getMutationType()!.getFields()).filter((name) => /export|download|model/i.test(name))).toEqual(['exportDataset', 'deleteExport']);
});

describe('exports', () => {
  let dure: Running;
  let exporting: Exporting;
  let [publisher, steward, admin, mallory, victim, member] = ['', '', '', '', '', ''];
  const insider = { attribute: 'person.organizations', contains: 'lab' };
  const rules = (...more: object[]): object => ({ rules: [
    { id: 'wards', effect: 'rows', tables: ['patients'], where: { column: 'ward', op: 'ne', value: 'closed' }, unless: insider },
    { id: 'names', effect: 'columns', tables: ['patients'], columns: ['name'], transform: { kind: 'deny' }, unless: insider },
    { id: 'ages', effect: 'columns', tables: ['patients'], columns: ['age'], transform: { kind: 'bin', width: 10 }, unless: insider },
    { id: 'looked-at', effect: 'granularity', tables: ['seen'], atMost: 'row', unless: insider },
    { id: 'by-query', effect: 'channel', tables: ['queried'], allowed: ['query', 'job', 'subscription', 'modelRun'], unless: insider },
    ...more,
  ] });
  const table = (name: string, fields: readonly string[]): object => ({ name, path: `${name}.csv`, schema: { fields: fields.map((field) => ({ name: field, type: field === 'age' ? 'integer' : 'string' })) } });
  const noise = (): string => Array.from({ length: 24 }, () => Math.random().toString(36).slice(2)).join('');

  beforeAll(async () => {
    dure = await startRunning({ DURE_MAX_PAGE_SIZE: '1000' });
    exporting = new Exporting(dure);
    publisher = await signPerson(dure.folder, { subject: 'pub', organizations: ['lab:publisher'] });
    steward = await signPerson(dure.folder, { subject: 'mina', organizations: ['lab:steward'] });
    admin = await signPerson(dure.folder, { subject: 'root', roles: ['administrator'] });
    mallory = await signPerson(dure.folder, { subject: 'mallory' });
    victim = await signPerson(dure.folder, { subject: 'victim' });
    member = await signPerson(dure.folder, { subject: 'once-a-member', organizations: ['lab:member'] });
    await dure.ask('mutation { createOrganization(input: { slug: "lab", title: "Lab" }) { slug } }', admin);
    expect(await exporting.publish(publisher, 'lab', {
      'datapackage.json': { name: 'trial', title: 'Trial', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', 'dure:listed': true, resources: [table('patients', ['id', 'name', 'age', 'ward']), table('seen', ['note']), table('queried', ['note'])] },
      'patients.csv': 'id,name,age,ward\np1,canary Park,34,open\np2,canary Kim,36,open\np3-canary,canary Choi,38,closed\n', 'seen.csv': 'note\ncanary seen\n', 'queried.csv': 'note\ncanary queried\n',
    })).toMatchObject({ state: 'COMPLETE' });
    await exporting.rules(steward, 'lab/trial', rules());
    for (const [name, more] of [['closed', { 'dure:visibility': 'RESTRICTED', 'dure:listed': false }], ['large', { 'dure:visibility': 'PUBLIC' }]] as const) {
      expect(await exporting.publish(publisher, 'lab', { 'datapackage.json': { name, title: name, licenses: [{ name: 'CC0-1.0' }], resources: [table('t', ['text'])], ...more }, 't.csv': `text\n${name === 'closed' ? 'canary' : Array.from({ length: 60_000 }, noise).join('\n')}\n` })).toMatchObject({ state: 'COMPLETE' });
    }
  }, 120_000);
  afterAll(() => dure.close(), 30_000);

  test('the file holds what its asker may read, whoever runs the job', async () => {
    const { files, job } = await exporting.files(mallory, { dataset: 'lab/trial' });
    expect(Object.keys(files)).toEqual(['patients.csv', 'datapackage.json']);
    expect(files['patients.csv']).toBe('id,age,ward\r\np1,30,open\r\np2,30,open\r\n');
    // Neither do the job's progress and result count what is hidden.
    expect(JSON.stringify([files, job])).not.toMatch(/canary/);
    expect(job.result).toMatchObject({ rows: 2 });
    expect(job.events.filter(({ total }) => total !== null).every(({ total }) => total === 2)).toBe(true);
  });

  test('nobody asks as somebody else: no argument, no header, no key of idempotency', async () => {
    for (const more of [{ identity: { subject: 'mina' } }, { as: { subject: 'mina' } }, { channel: 'query' }, { purpose: 'DUO_0000006' }]) expect(codes(await exporting.ask(mallory, { dataset: 'lab/trial', ...more }))).toEqual(['BAD_USER_INPUT']);
    const theirs = await exporting.export(publisher, { dataset: 'lab/trial', idempotencyKey: 'k' });
    const mine = await exporting.export(mallory, { dataset: 'lab/trial', idempotencyKey: 'k' });
    expect(mine.id).not.toBe(theirs.id);
    expect(mine.result!.rows).toBe(2);
  });

  test('administrators run the platform; that gives them no row', async () => {
    expect(codes(await exporting.ask(admin, { dataset: 'lab/closed' }))).toEqual(['NOT_FOUND']);
    const { files } = await exporting.files(admin, { dataset: 'lab/trial' });
    expect(JSON.stringify(files)).not.toMatch(/canary/);
  });

  test('a dataset that one may not know of is answered like one that is not there', async () => {
    const told = async (dataset: string): Promise<string> => JSON.stringify((await exporting.ask(mallory, { dataset })).errors).replaceAll(dataset, 'D').replace(/"requestId":"[^"]*"/g, '');
    expect(await told('lab/closed')).toBe(await told('lab/closet'));
    expect(await told('lab/closed')).toContain('NOT_FOUND');
  });

  test('hidden values answer no question: filters on them are refused before anything runs', async () => {
    const asked = async (input: object): Promise<unknown> => codes(await exporting.ask(mallory, { dataset: 'lab/trial', tables: [input] }));
    expect(await asked({ table: 'patients', columns: ['id'], where: { name: { startsWith: 'canary P' } } })).toEqual(['FORBIDDEN']);
    expect(await asked({ table: 'patients', columns: ['id'], where: { not: { name: { isNull: true } } } })).toEqual(['FORBIDDEN']);
    expect(await asked({ table: 'patients', columns: ['name'] })).toEqual(['FORBIDDEN']);
    expect(await asked({ table: 'seen' })).toEqual(['FORBIDDEN']);
    expect(await asked({ table: 'queried' })).toEqual(['FORBIDDEN']);
    // A hidden row and none at all make the same file.
    const { files } = await exporting.files(mallory, { dataset: 'lab/trial', tables: [{ table: 'patients', where: { ward: { eq: 'closed' } } }] });
    expect(files['patients.csv']).toBe('id,age,ward\r\n');
    // A transformed column is filtered as it is read.
    expect((await exporting.files(mallory, { dataset: 'lab/trial', tables: [{ table: 'patients', where: { age: { gt: '33' } } }] })).files['patients.csv']).toBe('id,age,ward\r\n');
  });

  test('another person\'s export is one that is not there: its file, its job, its events, its removal', async () => {
    const { id, result } = await exporting.export(victim, { dataset: 'lab/trial' });
    const uuid = result!.export;
    const unknown = '00000000-0000-4000-8000-000000000000';
    const answer = async (who: string, one: string): Promise<string> => { const { status, body } = await exporting.fetch(who, `/exports/${one}`); return `${status} ${body.toString('utf8').replaceAll(one, 'X').replace(/"requestId":"[^"]*"/, '')}`; };
    for (const who of [mallory, publisher, steward, admin]) expect(await answer(who, uuid)).toBe(await answer(who, unknown));
    expect((await exporting.fetch(undefined, result!.path)).status).toBe(401);
    for (const who of [mallory, publisher, steward]) {
      expect(await exporting.job(who, id)).toBeNull();
      expect(codes(await dure.ask('mutation($id: ID!) { cancelJob(id: $id) { id } }', who, { id }))).toEqual(['NOT_FOUND']);
      expect(codes(await dure.ask('mutation($id: ID!) { retryJob(id: $id) { id } }', who, { id }))).toEqual(['NOT_FOUND']);
      expect(codes(await dure.ask('mutation($id: ID!) { deleteExport(id: $id) { id } }', who, { id: uuid }))).toEqual(['NOT_FOUND']);
      expect(JSON.stringify((await dure.ask('{ jobs(first: 50) { nodes { id } } me { exports { id } } }', who)).data)).not.toContain(id);
    }
    expect((await exporting.fetch(victim, result!.path)).status).toBe(200);
    // The same subject as another issuer, or another site, names it is another person; a token has what it exported itself.
    const theirs = { subject: 'victim', issuer: 'https://one.example', identity: person({ subject: 'victim', issuer: 'https://one.example' }) };
    const own = (parts: Parameters<typeof person>[0]): boolean => ownExport(theirs, person({ subject: 'victim', issuer: 'https://one.example', ...parts }));
    expect([own({}), own({ issuer: 'https://two.example' }), own({ issuer: undefined }), own({ site: 'https://site.example' }), own({ kind: 'token', tokenId: 't' }), own({ kind: 'token' }), own({ kind: 'anonymous' })]).toEqual([true, false, false, false, false, false, false]);
  });

  test('no path leads to another file', async () => {
    const { result } = await exporting.export(mallory, { dataset: 'lab/trial' });
    const theirs = (await exporting.export(victim, { dataset: 'lab/trial' })).result!.export;
    const raw = async (path: string): Promise<{ status: number; text: string }> => {
      const { hostname, port } = new URL(dure.url);
      const asked = request({ hostname, port, path, headers: dure.authorization(mallory) }).end();
      const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      return { status: response.statusCode!, text: Buffer.concat(chunks).toString('latin1') };
    };
    const own = result!.export;
    for (const path of ['/exports/', '/exports/..', `/exports/${own}/../${theirs}`, `/exports/../exports/${theirs}`, `/exports/${own}%2f..%2f${theirs}`, '/exports/../../../../etc/passwd', '/exports/..%2f..%2fjwt-secret', `/exports/${own}-1`, `/exports/${own}%00`, `/exports/${own}/`, `/exports/${own};${theirs}`, `/exports/${theirs}-1`, `/exports/${'a'.repeat(5_000)}`, '/exports/%', "/exports/' or '1'='1"]) {
      const told = await raw(encodeURI(path).replaceAll('%25', '%'));
      expect({ path: path.slice(0, 100), status: told.status }).toEqual({ path: path.slice(0, 100), status: 404 });
      expect(told.text).not.toMatch(/root:|^PK/);
    }
    expect(await raw(`/exports/${own}?id=${theirs}`)).toMatchObject({ status: 200 });
  });

  test('rules that were tightened between the file and its download', async () => {
    const { result } = await exporting.export(mallory, { dataset: 'lab/trial' });
    await exporting.rules(steward, 'lab/trial', rules({ id: 'elder', effect: 'rows', tables: ['patients'], where: { column: 'age', op: 'gte', value: 35 }, unless: insider }));
    expect(await exporting.fetch(mallory, result!.path)).toMatchObject({ status: 409, reason: 'RULES_CHANGED' });
    await exporting.rules(steward, 'lab/trial', rules());
    // Waiting for the rules to be loosened again brings it not back.
    expect(await exporting.fetch(mallory, result!.path)).toMatchObject({ status: 410, reason: 'RULES' });
    const { data } = await dure.ask('{ auditEntries(dataset: "lab/trial", first: 100) { nodes { kind actor { subject } details } } }', steward);
    expect((data as { auditEntries: { nodes: { kind: string; details: object | null }[] } }).auditEntries.nodes.find(({ kind }) => kind === 'EXPORT_REFUSED')).toMatchObject({ actor: { subject: 'mallory' }, details: { export: result!.export, reason: 'RULES_CHANGED', removed: true } });
  });

  test('who has left the organization since fetches nothing with the new token', async () => {
    const { result } = await exporting.export(member, { dataset: 'lab/trial' });
    expect(result!.rows).toBe(5);
    const left = await signPerson(dure.folder, { subject: 'once-a-member' });
    expect(await exporting.fetch(left, result!.path)).toMatchObject({ status: expect.any(Number), code: expect.stringMatching(/FORBIDDEN|CONFLICT/) });
    expect((await exporting.fetch(left, result!.path)).body.toString('latin1')).not.toMatch(/canary|^PK/);
  });

  test('a budget is not got round: each page is a question', async () => {
    await exporting.rules(steward, 'lab/large', { rules: [{ id: 'pace', effect: 'budget', queries: 5, per: 'day', unless: insider }] });
    expect(await exporting.export(mallory, { dataset: 'lab/large' })).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'LIMIT_EXCEEDED', details: { limit: 'budget', rule: 'pace' } }, result: null });
    expect(codes(await dure.ask('{ lab { large { t(first: 1) { nodes { text } } } } }', mallory))).toEqual(['LIMIT_EXCEEDED']);
    await exporting.rules(steward, 'lab/large', { rules: [] });
  });

  test('a download that runs is cut when its reader may read no more', async () => {
    const slow = await signPerson(dure.folder, { subject: 'slow' });
    const { result } = await exporting.export(slow, { dataset: 'lab/large' });
    expect(result!.bytes).toBeGreaterThan(8 * 1024 ** 2);
    const cut = async (end: () => Promise<unknown>): Promise<number> => {
      const { hostname, port } = new URL(dure.url);
      const asked = request({ hostname, port, path: result!.path, headers: dure.authorization(slow) }).end();
      const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
      expect(response.statusCode).toBe(200);
      let bytes = 0;
      await once(response, 'readable');
      await end();
      await new Promise((done) => setTimeout(done, 1_500));
      try {
        for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
        return bytes;
      } catch {
        return -1;
      }
    };
    expect(await cut(() => Promise.resolve())).toBe(result!.bytes);
    expect(await cut(() => dure.ask('mutation { declareIncident(input: { dataset: "lab/large", reason: "A person was recognised." }) { everywhere } }', steward))).toBe(-1);
    await dure.ask('mutation { endIncident(input: { dataset: "lab/large", reason: "It was looked into and is over." }) { everywhere } }', admin);
    expect(await cut(() => dure.ask('mutation { suspendPerson(subject: "slow", reason: "An incident is looked into.") { id } }', admin))).toBe(-1);
  }, 30_000);

  test('why somebody took rows away stands in the audit, with how many and which file', async () => {
    const { result } = await exporting.export(victim, { dataset: 'lab/trial' });
    await exporting.fetch(victim, result!.path);
    const { data } = await dure.ask('{ auditEntries(dataset: "lab/trial", first: 20) { nodes { kind actor { subject } details } } }', steward);
    expect((data as { auditEntries: { nodes: { kind: string }[] } }).auditEntries.nodes.find(({ kind }) => kind === 'EXPORTED')).toMatchObject({ actor: { subject: 'victim' }, details: { reason: why, rows: 2, sha256: result!.sha256, bytes: result!.bytes } });
  });
});

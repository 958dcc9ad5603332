/** Requests for access by the command line, from both sides, and what an auditor gets of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDesk } from '../../src/audit/desk.js';
import { writeBundle } from '../../src/audit/bundle/writeBundle.js';
import { run } from '../../src/cli/main.js';
import { startRunning, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

const dataset = 'seoram/lung-cancer';
let dure: Running;
let database: pg.Pool;
let folder: string;
const tokens = new Map<string, string>();
beforeAll(async () => {
  dure = await startRunning();
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 1 });
  folder = mkdtempSync(join(tmpdir(), 'dure-access-'));
  for (const [subject, organizations] of [['ada', ['uni:member']], ['mina', ['seoram:steward']], ['jun', ['seoram:steward']]] as const) tokens.set(subject, await signPerson(dure.folder, { subject, name: subject, organizations }));
  const set = await dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', tokens.get('mina'), { input: { dataset, document: { rules: [{ id: 'granted', effect: 'allow', to: { grant: true } }], access: { approvals: 2 } } } });
  expect(set.errors).toBeUndefined();
}, 60_000);
afterAll(async () => {
  await database.end();
  rmSync(folder, { recursive: true, force: true });
  await dure.close();
}, 30_000);

async function command(who: string, ...args: string[]): Promise<{ code: number; out: string; note: string }> {
  let [out, note] = ['', ''];
  const terminal = { environment: { DURE_URL: dure.url, DURE_TOKEN: tokens.get(who)! }, input: Readable.from([]) as never, interactive: false, columns: 200, out: (text: string) => { out += text; }, note: (text: string) => { note += text; } };
  return { code: await run(args, terminal), out, note };
}

test('asked, listed, shown, commented, approved by two, revoked; and a bundle that holds all of it', async () => {
  const asked = await command('ada', 'access', 'request', dataset, '--purpose', 'DUO_0000006', '--project', 'Weight and survival', '--reason', 'Compare.', '--columns', 'patients.age', 'patients.sex', '--irb', 'IRB-7', '--irb-expires', '300d', '--until', '200d', '--granularity', 'row');
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36} SUBMITTED\n$/), note: 'seoram:steward decides; 2 must approve.\n' });
  const id = asked.out.slice(0, 36);
  expect(await command('ada', 'access', 'request', dataset, '--purpose', 'DUO_0000006', '--project', 'x', '--reason', 'y')).toMatchObject({ code: 1, note: expect.stringContaining(id) });
  expect((await command('mina', 'access', 'list', '--state', 'submitted')).out).toMatch(new RegExp(`${id} +${dataset} +SUBMITTED \\* +ada +Weight and survival`));
  expect(await command('mina', 'access', 'comment', id, 'Why the age?', '--internal')).toMatchObject({ code: 0 });
  expect(await command('mina', 'access', 'approve', id, '--condition', 'No copies.')).toMatchObject({ code: 0, out: `${id} SUBMITTED\n`, note: '1 more must approve.\n' });
  expect(await command('jun', 'access', 'approve', id, '--until', '100d')).toMatchObject({ code: 0, out: `${id} APPROVED\n`, note: expect.stringMatching(/^From \d{4}-/) });
  const shown = (await command('ada', 'access', 'show', id)).out;
  expect(shown).toMatch(/columns +patients: age, sex/);
  expect(shown).toMatch(/conditions +No copies\./);
  expect(shown).not.toMatch(/Why the age|mina|jun/);
  expect((await command('jun', 'access', 'show', id)).out).toMatch(/COMMENTED +mina +Why the age\?/);
  expect(await command('ada', 'access', 'revoke', id, '--reason', 'x')).toMatchObject({ code: 1 });
  expect(await command('jun', 'access', 'revoke', id, '--reason', 'The study ended.')).toMatchObject({ code: 0, out: `${id} REVOKED\n` });
  expect(await command('ada', 'access', 'request', dataset, '--purpose', 'DUO_0000006', '--project', 'x', '--reason', 'y', '--columns', 'age')).toMatchObject({ code: 2 });

  const { rows: [about] } = await database.query<{ id: string }>(`select d.id from dure.dataset d join dure.organization o on o.id = d.organization_id where o.slug = 'seoram' and d.name = 'lung-cancer'`);
  const desk = openDesk({ url: dure.dure.databaseUrl, dataDirectory: dure.folder, trustedKeys: [] });
  try {
    const bundle = async (name: string, from: string, to: string): Promise<{ requests: Record<string, unknown>[]; grants: { kind: string }[] }> => {
      const out = join(folder, name);
      await writeBundle(desk, { id: about!.id, path: dataset }, { from: new Date(from), to: new Date(to) }, () => true, out);
      return { requests: JSON.parse(readFileSync(join(out, 'requests.json'), 'utf8')) as never, grants: JSON.parse(readFileSync(join(out, 'grants.json'), 'utf8')) as never };
    };
    const { requests, grants } = await bundle('now', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z');
    expect(requests).toMatchObject([{
      id, state: 'REVOKED', requester: { subject: 'ada', organizations: ['uni'] }, wanted: { purpose: 'DUO_0000006', project: 'Weight and survival', irb: { number: 'IRB-7' }, columns: { patients: ['age', 'sex'] } }, conditions: ['No copies.'],
      events: [{ seq: 1, kind: 'SUBMITTED', actor: 'ada' }, { kind: 'COMMENTED' }, { kind: 'VOTED', actor: 'mina' }, { kind: 'APPROVED', actor: 'jun' }, { kind: 'REVOKED', text: 'The study ended.' }],
    }]);
    expect(grants.map(({ kind }) => kind)).toEqual(['GRANT_REQUESTED', 'GRANT_COMMENTED', 'GRANT_VOTED', 'GRANT_APPROVED', 'GRANT_REVOKED']);
    expect((await bundle('before', '2020-01-01T00:00:00Z', '2020-02-01T00:00:00Z')).requests).toEqual([]);
    expect(await command('mina', 'audit', 'verify', '--bundle', join(folder, 'now'), '--key', desk.key.id)).toMatchObject({ code: 0 });
  } finally {
    await desk.close();
  }
}, 60_000);

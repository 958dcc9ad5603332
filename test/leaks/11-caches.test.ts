/** Leak class 11: what is kept between questions (schemas, plans, decisions, statements, loaders, records of sources) under a key without the caller. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, startAttack, type Attack } from '../support/attack.js';
import { hiddenValues } from '../support/leakFixture.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());
const member = { sub: 'm', organizations: ['lab:member'] };

async function raw(query: string, claims?: Record<string, unknown>, variables: Record<string, unknown> = {}): Promise<string> {
  const headers: Record<string, string> = claims ? { authorization: `Bearer ${await attack.token(claims)}` } : {};
  return (await fetch(`${attack.server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'r', ...headers }, body: JSON.stringify({ query, variables }) })).text();
}
const asks = '{ lab { trial { patients { totalCount nodes { id name code salary age visits { totalCount } } aggregate { salary { max } } } visits { totalCount nodes { note } } samples { totalCount } } vault { secrets { nodes { note } } } } node(id: "lab/trial/patients/=p1") { ... on LabTrialPatients { name } } entity(id: "cas:64-17-5") { mentions { table count } casMentions { labTrialSamples { totalCount } } } }';

test('one text, many callers, first a member and then a stranger, and the other way round', async () => {
  const open = await raw(asks, member);
  const closed = await raw(asks);
  expect(open).toContain('canary Park');
  for (const hidden of hiddenValues) expect(closed).not.toContain(hidden);
  expect(await raw(asks, member)).toBe(open);
  expect(await raw(asks)).toBe(closed);
  const turned = asks.replace('{ lab', '{ lab:lab');
  expect(await raw(turned)).toBe(closed);
  expect(await raw(turned, member)).toBe(open);
});

test('all at once', async () => {
  const texts = Array.from({ length: 6 }, (_, n) => asks.replace('totalCount', `totalCount x${n}: totalCount`));
  const answers = await Promise.all(texts.flatMap((text) => [raw(text, member), raw(text), raw(text, { sub: 's' }), raw(text, member), raw(text)]));
  answers.forEach((answer, index) => {
    if (index % 5 === 0 || index % 5 === 3) expect(answer).toContain('canary Park');
    else for (const hidden of hiddenValues) expect(answer).not.toContain(hidden);
  });
});

test('attributes of the caller travel with each question: one statement, each its own rows', async () => {
  const query = '{ lab { asserted { data { nodes { id_ } } } } }';
  const of = async (claims: Record<string, unknown>): Promise<unknown> => (JSON.parse(await raw(query, claims)) as { data: { lab: { asserted: { data: unknown } } } }).data.lab.asserted.data;
  const site = (name: string): Record<string, unknown> => ({ sub: 'a', study: 'A', barred: false, site: name });
  await of(site('canary north'));
  const compiled = attack.dure.statements.length;
  const rows = await Promise.all(['canary north', 'canary south', 'nowhere', 'canary north'].map((name) => of(site(name))));
  expect(rows).toEqual([{ nodes: [{ id_: 'r1' }] }, { nodes: [{ id_: 'r2' }] }, { nodes: [] }, { nodes: [{ id_: 'r1' }] }]);
  expect(attack.dure.statements.length).toBe(compiled);
});

test('callers of one schema whom other rules bind share no plan', async () => {
  const query = '{ lab { asserted { data { nodes { site } } } } }';
  expect(await raw(query, { sub: 'a', study: 'A', barred: false, site: 'canary north' })).toContain('canary north');
  const refused = await raw(query, { sub: 'b' });
  expect(refused).toContain('FORBIDDEN');
  expect(refused).not.toContain('canary');
});

test('one subject with other claims is another caller', async () => {
  const query = '{ lab { trial { patients(first: 1) { nodes { name } } } } }';
  expect(await raw(query, { sub: 'same', organizations: ['lab:member'] })).toContain('canary');
  expect(await raw(query, { sub: 'same' })).not.toContain('canary');
  expect(await raw(query, { sub: 'same', organizations: ['bora:member'] })).not.toContain('canary');
});

test('a schema that was made for a member is not shown to a stranger', async () => {
  const introspection = '{ __type(name: "LabLairSecrets") { name } __schema { types { name } } }';
  expect(await raw(introspection, member)).toContain('LabLair');
  expect(await raw(introspection)).not.toContain('LabLair');
  expect(await raw('{ lab { lair { secrets { nodes { note } } } } }', member)).toContain('canary');
  expect(await raw('{ lab { lair { secrets { nodes { note } } } } }')).toContain('GRAPHQL_VALIDATION_FAILED');
});

test('records of a source that were fetched for one are judged anew for another', async () => {
  const told = await attack.ask('{ uniprot { kb { proteins(where: { accession: { in: ["P12345", "P04637"] } }) { nodes { accession secret } } } } }', member);
  expect(at(told, 'uniprot.kb.proteins.nodes')).toEqual([{ accession: 'P04637', secret: null }]);
});

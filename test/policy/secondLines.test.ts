/** Checks that stand behind others, by themselves: as if those before them had failed. */
import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import type { CatalogSnapshot, Dataset, Table } from '../../src/catalog/model.js';
import type { RequestContext } from '../../src/graphql/context.js';
import { requestVisibility } from '../../src/graphql/static/accessRequests.js';
import { RuleOverrideResolver } from '../../src/graphql/static/resolvers/ruleOverrides.js';
import { tryQuery } from '../../src/graphql/static/simulate.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import type { JobContext } from '../../src/jobs/job.js';
import { authorizePublisher } from '../../src/jobs/kinds/publishTables.js';
import { asking } from '../../src/policy/asking.js';
import { requireExportable } from '../../src/policy/bounds.js';
import { decideDataset } from '../../src/policy/decide.js';
import { person } from '../support/engine.js';

const table: Table = { name: 't', field: 't', columns: [], primaryKey: [], uniqueKeys: [], foreignKeys: [], segments: [], rows: 1 };
const dataset = (parts: Partial<Dataset> = {}): Dataset => ({
  id: 'd', organization: { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' }, name: 'd', field: 'd', visibility: 'PUBLIC', listed: true, rules: { rules: [] }, rulesRevision: 1, createdAt: new Date(0),
  versions: [{ id: 'v', major: 1, minor: 0, createdAt: new Date(0), metadata: { title: 'D', keywords: [], licenses: [], contributors: [], sources: [] }, tables: [table] }], ...parts,
});

test('rows that may be read are no file, by whichever channel somebody decided it', () => {
  const open = dataset();
  const rows = dataset({ rules: { rules: [{ id: 'g', effect: 'granularity', atMost: 'row' }] } });
  const take = (one: Dataset, channel: 'query' | 'export'): unknown => requireExportable({ dataset: one, version: one.versions[0]!, table }, decideDataset(one, asking(person({}), { channel })), Date.now());
  expect(take(open, 'export')).toMatchObject({ readable: true });
  for (const channel of ['query', 'export'] as const) expect(() => take(rows, channel)).toThrow(/take its rows away|may not be read in this way/);
});

describe('requests for access that are listed', () => {
  const visible = (identity: Identity): readonly string[] => requestVisibility({ identity, services: { catalog: { snapshot: { datasets: new Map([['d', dataset()]]) } } } } as unknown as RequestContext).datasetIds;
  test('are those of datasets that one decides of or watches over', () => {
    const of = (role: 'member' | 'publisher' | 'steward', organization = 'lab'): Identity => person({ memberships: [{ organization, role }] });
    expect([visible(of('steward')), visible(of('publisher')), visible(of('member')), visible(of('steward', 'other')), visible(person({})), visible(anonymous)]).toEqual([['d'], [], [], [], [], []]);
  });
});

describe('a job that publishes', () => {
  const publisher = person({ memberships: [{ organization: 'lab', role: 'publisher' }] });
  const authorized = (identity: Identity, revoked = false): Promise<unknown> => authorizePublisher({
    job: { identity }, pool: { query: (text: string) => Promise.resolve(text.includes('api_token') ? { rowCount: revoked ? 0 : 1, rows: [] } : { rowCount: 1, rows: [{ id: 'o', slug: 'lab' }] }) },
  } as unknown as JobContext, 'lab');

  test('asks for the role and the scope again, when it runs', async () => {
    expect(await authorized(publisher)).toEqual({ id: 'o', slug: 'lab' });
    for (const identity of [person({}), person({ memberships: [{ organization: 'lab', role: 'member' }] }), person({ memberships: [{ organization: 'other', role: 'owner' }] }), { ...publisher, scopes: ['read'] as const }]) await expect(authorized(identity)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('runs under no token that has expired or was revoked', async () => {
    expect(await authorized({ ...publisher, tokenId: 't' })).toEqual({ id: 'o', slug: 'lab' });
    await expect(authorized({ ...publisher, tokenId: 't' }, true)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(authorized({ ...publisher, expiresAt: Date.now() - 1 })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

const contextOf = (identity: Identity, datasets: readonly Dataset[], services: object = {}): RequestContext => ({
  identity, channel: 'query', language: 'en', requestId: 'r', services: { catalog: { snapshot: { datasets: new Map(datasets.map((one) => [one.id, one])), byPath: new Map(datasets.map((one) => [`${one.organization.slug}/${one.name}`, one])) } }, ...services },
}) as unknown as RequestContext;

test('an override is not for members of the owner who are no stewards', async () => {
  const input = { dataset: 'lab/d', subject: 'x', reason: 'because I want to', minutes: 5 };
  for (const role of ['member', 'publisher'] as const) await expect(new RuleOverrideResolver().overrideDatasetRules(contextOf(person({ memberships: [{ organization: 'lab', role }] }), [dataset()]), input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('a trial of rules knows no other dataset than those of the steward\'s own organization', async () => {
  const others: readonly Dataset[] = [dataset({ id: 'own', name: 'own' }), dataset({ id: 'far', name: 'far', organization: { id: 'p', slug: 'far', field: 'far', title: 'Far' } })];
  let known: readonly string[] = [];
  const simulator = { answer: (snapshot: CatalogSnapshot) => {
    known = [...snapshot.datasets.keys()];
    return Promise.resolve({ data: '{}' });
  } };
  const context = contextOf(person({ memberships: [{ organization: 'lab', role: 'steward' }] }), [dataset(), ...others], { simulator });
  await tryQuery(dataset(), { rules: [] }, asking(anonymous), { query: '{ __typename }' }, context);
  expect(known).toEqual(['d', 'own']);
});

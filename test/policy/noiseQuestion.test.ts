/** What noise follows from: whatever changes the true answer must change the question, else two answers with one noise could be subtracted. */
import { expect, test } from '@jest/globals';
import type { Column, Dataset, Table } from '../../src/catalog/model.js';
import type { TableAt } from '../../src/plan/link.js';
import type { Bindings, Predicate } from '../../src/plan/predicate.js';
import { plain, type ColumnAccess } from '../../src/policy/columnAccess.js';
import { questionOf, type NoisyUse } from '../../src/policy/noise.js';
import { person } from '../support/engine.js';

const column = (name: string): Column => ({ name, field: name, physical: name, kind: 'text', facet: false, personKey: false, required: false, unique: false });
const columns = ['site', 'cost', 'person'].map(column);
const table = (physical: string, name = 't'): Table => ({ name, field: name, columns, primaryKey: [], uniqueKeys: [], foreignKeys: [], segments: [{ physical, rows: 1 }], rows: 1 });
const at = (parts: { readonly dataset?: string; readonly version?: string; readonly segment?: string; readonly table?: string; readonly revision?: number } = {}): TableAt => {
  const version = { id: parts.version ?? 'v', major: 1, minor: 0, createdAt: new Date(0), metadata: { title: 'T', keywords: [], licenses: [], contributors: [], sources: [] }, tables: [table(parts.segment ?? 's1', parts.table)] };
  const dataset: Dataset = { id: parts.dataset ?? 'd', organization: { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' }, name: 'd', field: 'd', visibility: 'PUBLIC', listed: true, rules: { rules: [] }, rulesRevision: parts.revision ?? 1, versions: [version], createdAt: new Date(0) };
  return { dataset, version, table: version.tables[0]! };
};
const everything: Predicate = { op: 'constant', value: true };
const own: Predicate = { op: 'compare', column: columns[0]!, comparison: 'eq', value: { read: ({ identity }) => identity.claims['site'] } };
const noise = { epsilon: 0.5, budget: 5, per: 'month', rule: 'n' } as const;
const use = (parts: Partial<NoisyUse> & { readonly rows?: Predicate; readonly access?: (one: Column) => ColumnAccess } = {}): NoisyUse => {
  const where = parts.at ?? at();
  return { figure: { kind: 'count', key: 'count' }, path: ['a'], at: where, where: everything, noise, relation: { at: where, rows: parts.rows ?? everything, access: parts.access ?? (() => plain), opens: [] }, ...parts };
};
const bindings = (site: string): Bindings => ({ variables: {}, identity: person({ claims: { site } }) });
const question = (parts: Parameters<typeof use>[0] = {}, site = 'north'): string => questionOf(use(parts), bindings(site));

test.each<[string, string]>([
  ['another filter', question({ where: { op: 'isNull', column: columns[1]!, value: true } })],
  ['rows that the rules show', question({ rows: own })],
  ['columns that the rules show otherwise', question({ access: ({ name }) => (name === 'cost' ? { kind: 'bin', step: 10 } : plain) })],
  ['another dataset', question({ at: at({ dataset: 'e' }) })],
  ['another table', question({ at: at({ table: 'u' }) })],
  ['another version', question({ at: at({ version: 'w' }) })],
  ['other rows of the version', question({ at: at({ segment: 's2' }) })],
  ['another revision of the rules', question({ at: at({ revision: 2 }) })],
  ['a sum', question({ figure: { kind: 'sum', key: 'count', column: columns[1]! }, bounds: { step: 1, most: 10, low: 0, high: 10 } })],
  ['contributors', question({ contributor: columns[2]! })],
  ['another epsilon', question({ noise: { ...noise, epsilon: 1 } })],
])('%s: another question', (_what, other) => {
  expect(other).not.toBe(question());
});

test('other bounds of a sum, another column of it: another question', () => {
  const sum = (name: number, high: number): string => question({ figure: { kind: 'sum', key: 'x', column: columns[name]! }, bounds: { step: 1, most: high, low: 0, high } });
  expect(new Set([sum(1, 10), sum(1, 20), sum(2, 10)]).size).toBe(3);
});

test('a rule that shows each caller their own rows: each asks another question, and the same one twice', () => {
  expect(question({ rows: own }, 'north')).not.toBe(question({ rows: own }, 'south'));
  expect(question({ rows: own }, 'north')).toBe(question({ rows: own }, 'north'));
  expect(question({}, 'north')).toBe(question({}, 'south'));
});

test('response keys and paths make no other question', () => {
  expect(question({ path: ['b', 'c'], figure: { kind: 'count', key: 'x' } })).toBe(question());
});

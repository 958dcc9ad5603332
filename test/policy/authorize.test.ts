/** The authorizer by itself: plans made by hand, as if everything before it had failed. Whatever a plan names is judged here, and refused here. */
import { expect, test } from '@jest/globals';
import type { Column, Dataset, Table } from '../../src/catalog/model.js';
import { anonymous } from '../../src/identity/identity.js';
import type { GroupsPlan } from '../../src/plan/aggregate.js';
import type { Link, TableAt } from '../../src/plan/link.js';
import type { Level, QueryPlan } from '../../src/plan/plan.js';
import type { Predicate } from '../../src/plan/predicate.js';
import { asking } from '../../src/policy/asking.js';
import { authorize, type AuthorizedPlan } from '../../src/policy/authorize.js';
import { decideDataset } from '../../src/policy/decide.js';
import type { Rule } from '../../src/policy/rule.js';

const column = (name: string, index: number): Column => ({ name, field: name, physical: `c${index + 1}`, kind: 'text', facet: false, personKey: false, required: false, unique: false });
const table = (name: string, columns: readonly string[]): Table => ({ name, field: name, columns: columns.map(column), primaryKey: ['id'], uniqueKeys: [], foreignKeys: [], segments: [{ physical: `s_${name}`, rows: 1 }], rows: 1 });
const rules: readonly Rule[] = [
  { id: 'names', effect: 'columns', tables: ['people'], columns: ['name', 'id'], transform: { kind: 'deny' } },
  { id: 'masked', effect: 'columns', tables: ['visits'], columns: ['person'], transform: { kind: 'mask' } },
  { id: 'closed', effect: 'deny', tables: ['closed'], to: { everyone: true } },
  { id: 'counts', effect: 'granularity', tables: ['counted'], atMost: 'count' },
  { id: 'cells', effect: 'granularity', tables: ['cells'], atMost: 'aggregate', minimumCell: 5 },
];
const tables = ['people', 'visits', 'closed', 'counted', 'cells', 'open'].map((name) => table(name, ['id', 'name', 'person']));
const dataset: Dataset = {
  id: 'd', organization: { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' }, name: 'trial', field: 'trial', visibility: 'PUBLIC', listed: true, rules: { rules }, rulesRevision: 1, createdAt: new Date(0),
  versions: [{ id: 'v', major: 1, minor: 0, createdAt: new Date(0), metadata: { title: 'Trial', keywords: [], licenses: [], contributors: [], sources: [] }, tables }],
};
const at = (name: string): TableAt => ({ dataset, version: dataset.versions[0]!, table: tables.find((one) => one.name === name)! });
const of = (name: string, wanted: string): Column => at(name).table.columns.find((one) => one.name === wanted)!;
const everything: Predicate = { op: 'constant', value: true };
const level = (name: string, parts: object = {}): Level => ({ shape: 'connection', at: at(name), path: ['r'], where: everything, order: [], page: { backward: false, limit: 1 }, items: [{ kind: 'nodes', key: 'nodes', row: [] }], cursorContext: () => '', ...parts }) as unknown as Level;
const judged = (root: Level): AuthorizedPlan => authorize({ roots: [{ kind: 'level', level: root }], structure: [], skeleton: { kind: 'root', index: 0 } } satisfies QueryPlan, (one) => decideDataset(one, asking(anonymous)));
const groups = (parts: Partial<GroupsPlan>): object => ({ items: [{ kind: 'groups', key: 'groups', groups: { by: [{ column: of('people', 'person') }], order: [], items: [], page: {}, cursorContext: () => '', ...parts } }] });
const value = { read: () => 'x' };
const link = (here: string, target: string, from = 'person', to = 'person'): Link => ({ name: 'made', target: at(target), single: false, on: [{ here: of(here, from), there: of(target, to) }] });
const hidden = of('people', 'name');
const figure = { kind: 'figure', figure: { column: hidden, figure: 'max' } } as const;

test.each<[string, Level]>([
  ['where', level('people', { where: { op: 'compare', column: hidden, comparison: 'eq', value } })],
  ['where, under not and or', level('people', { where: { op: 'not', of: { op: 'or', of: [{ op: 'isNull', column: hidden, value: true }, everything] } } })],
  ['where, by words', level('people', { where: { op: 'search', column: hidden, value } })],
  ['where, by a part of a date', level('people', { where: { op: 'datePart', column: hidden, part: 'year', comparison: 'eq', value } })],
  ['where, by a path', level('people', { where: { op: 'jsonPath', column: hidden, path: value, test: { kind: 'isNull', value: true } } })],
  ['orderBy', level('people', { order: [{ column: hidden, direction: 'ASC' }] })],
  ['an aggregate', level('people', { items: [{ kind: 'aggregate', key: 'a', items: [{ kind: 'column', key: 'c', column: hidden, figures: [] }] }] })],
  ['groups(by:)', level('people', groups({ by: [{ column: hidden }] }))],
  ['having', level('people', groups({ having: { op: 'not', of: { op: 'compare', measure: figure, comparison: 'gt', value } } }))],
  ['groups(orderBy:)', level('people', groups({ order: [{ measure: figure, descending: true }] }))],
  ['an aggregate of groups', level('people', groups({ items: [{ kind: 'nodes', key: 'nodes', items: [{ kind: 'aggregate', key: 'a', items: [{ kind: 'column', key: 'c', column: hidden, figures: [] }] }] }] }))],
  ['a representation', level('people', { shape: 'row', row: [], keys: { most: 1, parts: [{ column: of('people', 'id'), read: () => [] }] } })],
  ['a condition over a link', level('open', { where: { op: 'related', quantifier: 'some', link: link('open', 'people'), where: { op: 'compare', column: hidden, comparison: 'eq', value } } })],
])('a withheld column is refused in %s', (_place, root) => {
  const { roots, reads } = judged(root);
  expect(roots).toMatchObject([{ kind: 'failed', error: { code: 'FORBIDDEN', details: { column: root.at.table.name === 'people' && root.shape === 'row' ? 'id' : 'name' } } }]);
  expect(reads).toEqual([]);
});

test.each<[string, string, string]>([
  ['closed', 'DENIED_BY_RULE', 'FORBIDDEN'], ['counted', 'GRANULARITY', 'FORBIDDEN'],
])('%s is refused at the root, in a condition over a link, and below a row', (name, reason, code) => {
  const error = { code, details: { reason } };
  const refused = judged(level(name));
  expect(refused.roots).toMatchObject([{ kind: 'failed', error }]);
  if (name === 'closed') expect(() => refused.relation(at(name))).toThrow('was not authorized');
  for (const quantifier of ['some', 'none', 'every']) expect(judged(level('open', { where: { op: 'related', quantifier, link: link('open', name), where: everything } })).roots).toMatchObject([{ kind: 'failed', error }]);
  const below = level(name, { path: ['r', 'nodes', 'made'], link: link('open', name) });
  const plan = judged(level('open', { items: [{ kind: 'edges', key: 'edges', items: [{ kind: 'node', key: 'node', row: [{ kind: 'object', key: 'o', items: [{ kind: 'level', key: 'made', level: below }] }] }] }] }));
  expect(plan.refusals).toMatchObject([{ path: ['r', 'nodes', 'made'], error }]);
  expect(plan.refusedLevels.has(below)).toBe(true);
});

test.each(['totalCount', 'aggregate', 'groups'])('free figures under a minimum are refused: %s', (kind) => {
  const items = kind === 'groups' ? [{ kind, key: 'g', groups: { by: [{ column: of('cells', 'person') }], order: [], items: [] } }] : [{ kind, key: 'k', items: [{ kind: 'count', key: 'count' }] }];
  expect(judged(level('cells', { items })).roots).toMatchObject([{ kind: 'failed', error: { code: 'SUPPRESSED' } }]);
});

test.each<[string, Link]>([
  ['its near end', link('visits', 'open')], ['its far end', link('open', 'visits')], ['a withheld end', link('open', 'people', 'person', 'name')],
])('a link over a column that is read as something else is closed: %s', (_end, made) => {
  const here = made.on[0]!.here === of('visits', 'person') ? 'visits' : 'open';
  expect(judged(level(here, { where: { op: 'related', quantifier: 'some', link: made, where: everything } })).roots).toMatchObject([{ kind: 'failed', error: { code: 'FORBIDDEN' } }]);
  const below: Level = { ...level(made.target.table.name), path: ['r', 'nodes', 'made'], link: made };
  const plan = judged(level(here, { items: [{ kind: 'nodes', key: 'nodes', row: [{ kind: 'level', key: 'made', level: below }] }] }));
  expect(plan.refusedLevels.has(below)).toBe(true);
  expect(plan.withheld).toMatchObject([{ path: ['r', 'nodes', 'made'] }]);
});

test('what is open passes', () => {
  const plan = judged(level('open', { where: { op: 'compare', column: of('open', 'name'), comparison: 'eq', value }, order: [{ column: of('open', 'name'), direction: 'ASC' }] }));
  expect(plan.roots).toMatchObject([{ kind: 'level' }]);
  expect(plan.reads).toMatchObject([{ table: { name: 'open' } }]);
});

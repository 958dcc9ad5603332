/** Rule documents over whatever tables there are, from a seed: every effect, alone and together. */
import type { Column, Dataset, Table } from '../../src/catalog/model.js';
import type { Random } from '../../src/oracle/random.js';
import type { Condition, Release, ReleaseDimension, RowCondition, Rule, RuleDocument, Transform } from '../../src/policy/rule.js';

export function generateRules(dataset: Dataset, random: Random, valuesOf: (table: Table, column: Column) => readonly (string | null)[]): RuleDocument {
  const rules: Rule[] = [];
  const { tables } = dataset.versions[0]!;
  let id = 0;
  const next = (): string => `r${(id += 1)}`;
  if (dataset.visibility === 'RESTRICTED') rules.push({ id: next(), effect: 'allow', to: random.chance(0.5) ? { everyone: true } : random.chance(0.3) ? { grant: true } : condition(random) });
  for (const table of tables) {
    const only = { tables: [table.name] };
    const unless = random.chance(0.3) ? { unless: condition(random) } : {};
    if (random.chance(0.6)) rules.push({ id: next(), effect: 'rows', ...only, where: rowCondition(table, random, valuesOf, 0), ...unless });
    if (random.chance(0.15)) rules.push({ id: next(), effect: 'rows', ...only, where: rowCondition(table, random, valuesOf, 1) });
    for (const column of table.columns) {
      for (let n = random.chance(0.22) ? (random.chance(0.25) ? 2 : 1) : 0; n > 0; n -= 1) rules.push({ id: next(), effect: 'columns', ...only, columns: [column.name], transform: transformOf(column, random), ...(random.chance(0.2) ? { unless: condition(random) } : {}) });
    }
    if (random.chance(0.12)) rules.push({ id: next(), effect: 'deny', ...only, to: condition(random) });
    if (random.chance(0.14)) rules.push({ id: next(), effect: 'granularity', ...only, atMost: random.one(['existence', 'count', 'aggregate', 'aggregate', 'row']), ...minimum(table, random), ...unless });
    if (random.chance(0.06)) rules.push({ id: next(), effect: 'window', ...only, ...(random.chance(0.5) ? { until: random.one(['2020-01-01T00:00:00Z', '2199-01-01T00:00:00Z']) } : { from: random.one(['2020-01-01T00:00:00Z', '2199-01-01T00:00:00Z']) }) });
    if (random.chance(0.05)) rules.push({ id: next(), effect: 'purpose', ...only, allowed: [random.one(['DUO_0000006', 'DUO_0000042'])] });
    if (random.chance(0.05)) rules.push({ id: next(), effect: 'channel', ...only, allowed: [random.one(['query', 'job'])] });
    if (random.chance(0.05)) rules.push({ id: next(), effect: 'destination', ...only, home: ['KR'], ...(random.chance(0.5) ? { transfers: [{ country: 'US', basis: 'contract' }], stopped: random.chance(0.3) } : {}) });
  }
  const releases = dataset.source ? [] : tables.flatMap((table) => (random.chance(0.2) ? releaseOf(table, random, valuesOf) : []));
  return { contact: 'mailto:dac@lab.example', rules, ...(releases.length > 0 ? { releases } : {}) };
}

/** Of a rule at `count` or `aggregate`: figures are kept back, some with noise in their place. */
function minimum(table: Table, random: Random): object {
  if (!random.chance(0.5)) return {};
  const texts = table.columns.filter(({ kind }) => kind === 'text');
  const numbers = table.columns.filter(({ kind }) => kind === 'int32' || kind === 'float');
  return {
    minimumCell: random.one([3, 5]), ...(random.chance(0.2) && texts.length > 0 ? { minimumContributors: { column: random.one(texts).name, count: 3 } } : {}),
    ...(random.chance(0.7) ? { noise: { epsilon: random.one([0.1, 0.5]), budget: 5, per: 'month', sums: random.some(numbers, 0.6).map(({ name }) => ({ column: name, from: -10, to: 40 })) } } : {}),
  };
}

function releaseOf(table: Table, random: Random, valuesOf: (table: Table, column: Column) => readonly (string | null)[]): readonly Release[] {
  const dimensions = random.some(table.columns, 0.25).slice(0, 2).flatMap((column): ReleaseDimension[] => {
    const values = [...new Set(valuesOf(table, column).filter((value) => value !== null))].slice(0, 3);
    if (column.kind === 'int32') return [{ column: column.name, bins: [0, 10, 20, 40] }];
    if (column.kind === 'date') return [{ column: column.name, period: 'year', from: '2023-01-01', until: '2025-01-01' }];
    return (column.kind === 'text' || column.kind === 'enum') && values.length > 0 ? [{ column: column.name, values, others: random.chance(0.3) }] : [];
  });
  const sums = random.some(table.columns.filter(({ kind }) => kind === 'int32' || kind === 'float'), 0.4).map(({ name }) => name);
  return dimensions.length === 0 ? [] : [{ id: `of-${table.name}`, table: table.name, dimensions, minimumCell: random.one([3, 5, 6]), ...(sums.length > 0 ? { sums } : {}) }];
}

function condition(random: Random, depth = 0): Condition {
  const simple: readonly Condition[] = [
    { attribute: 'person.organizations', contains: 'lab' }, { attribute: 'person.roles', contains: 'lab:steward' }, { attribute: 'person.country', eq: 'KR' }, { attribute: 'claim.study', in: ['A', 'B'] }, { attribute: 'claim.level', eq: 3 },
    { authenticated: true }, { everyone: true }, { grant: true }, { purpose: ['DUO_0000042'] }, { channel: ['query'] }, { destination: ['KR'] }, { attribute: 'claim.nowhere', eq: 'x' },
  ];
  if (depth > 1 || random.chance(0.6)) return random.one(simple);
  const parts = [condition(random, depth + 1), condition(random, depth + 1)];
  return random.one<Condition>([{ not: parts[0]! }, { any: parts }, { all: parts }]);
}

const judged = new Set<Column['kind']>(['text', 'enum', 'int32', 'float', 'boolean', 'date']);

function rowCondition(table: Table, random: Random, valuesOf: (table: Table, column: Column) => readonly (string | null)[], depth: number): RowCondition {
  if (depth < 2 && random.chance(0.3)) {
    const parts = [rowCondition(table, random, valuesOf, depth + 1), rowCondition(table, random, valuesOf, depth + 1)];
    return random.one<RowCondition>([{ and: parts }, { or: parts }, { not: parts[0]! }]);
  }
  const column = random.one(table.columns.filter(({ kind }) => judged.has(kind)));
  if (random.chance(0.12)) return { column: column.name, isNull: random.chance(0.3) };
  const present = valuesOf(table, column).filter((value) => value !== null);
  const text = present.length > 0 ? random.one(present) : 'x';
  if (column.kind === 'boolean') return { column: column.name, op: 'eq', value: text === 't' };
  if (column.kind === 'int32' || column.kind === 'float') {
    if (random.chance(0.1)) return { column: column.name, op: 'lt', value: { attribute: 'claim.level' } };
    return random.chance(0.2) ? { column: column.name, op: random.one(['in', 'notIn']), value: [Number(text), 2] } : { column: column.name, op: random.one(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']), value: Number(text) };
  }
  if (column.kind === 'text' && random.chance(0.15)) return { column: column.name, op: 'eq', value: { attribute: random.one(['claim.site', 'claim.nowhere']) } };
  if (column.kind === 'text' && random.chance(0.2)) return { column: column.name, op: random.one(['startsWith', 'contains']), value: text.slice(0, 1) };
  if (random.chance(0.25)) return { column: column.name, op: random.one(['in', 'notIn']), value: [text, 'x'] };
  return { column: column.name, op: column.kind === 'text' || column.kind === 'date' ? random.one(['eq', 'ne', 'lt', 'gte']) : random.one(['eq', 'ne']), value: text };
}

function transformOf(column: Column, random: Random): Transform {
  const always: Transform[] = [{ kind: 'deny' }, { kind: 'null' }];
  switch (column.kind) {
    case 'text': return random.one<Transform>([...always, { kind: 'mask', keepStart: random.between(0, 2), keepEnd: random.between(0, 1) }, { kind: 'hash', scope: 'dataset' }]);
    case 'int32': case 'int64': return random.one<Transform>([...always, { kind: 'bin', width: random.one([2, 5, 10]) }, { kind: 'round', to: random.one([2, 10]) }]);
    case 'float': case 'decimal': return random.one<Transform>([...always, { kind: 'bin', width: random.one([0.5, 2, 10]) }, { kind: 'round', to: random.one([0.5, 4]) }]);
    case 'date': case 'datetime': return random.one<Transform>([...always, { kind: 'generalise', to: random.one(['month', 'quarter', 'year']) }]);
    case 'geopoint': return random.one<Transform>([...always, { kind: 'place', degrees: random.one([0.5, 5]) }]);
    default: return random.one(always);
  }
}

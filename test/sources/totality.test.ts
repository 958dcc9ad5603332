/** Every operator on every kind of column, with every hostile value that its type lets through: nothing may fail in the database. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { coerceInputValue, getNullableType, isInputObjectType, isListType, isNonNullType, type GraphQLInputObjectType, type GraphQLInputType } from 'graphql';
import type { ColumnKind } from '../../src/catalog/model.js';
import type { RuleDocument } from '../../src/policy/rule.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
const deepest = deep(6_000);
const hostile: readonly unknown[] = [
  '', ' ', 'a', '%', '_', '\\', 'a\\', '\\\\', '\\%', "'", "';drop table x;--", '"', '$1', '\0', 'a\0b', '\ud800', '\udc00x', '\uffff', '\u{10ffff}', 'é', '두레', '각', 'ﷺ'.repeat(300), 'x'.repeat(100_000), '-', '*', '"*', '-"', '!|&:()', '\n\t\r', '{', '{}', '[', 'null', 'NaN', 'Infinity', '-Infinity',
  '0', '-0', '00', '1', '-1', '1.', '.1', '1e5', '1e400', '-1e400', '1e-400', '1e999', '1e-999', '9'.repeat(400), `0.${'0'.repeat(900)}1`, '2147483647', '2147483648', '-2147483649', '9223372036854775807', '9223372036854775808', '-9223372036854775808',
  '0000-01-01', '0001-01-01', '9999-12-31', '10000-01-01', '2023-02-29', '2024-02-29', '-0001-01-01', 'infinity', '-infinity', 'epoch', 'now',
  '0001-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59-23:59', '2024-01-01T24:00:00Z', '2016-12-31T23:59:60Z', '2024-01-01 00:00:00Z',
  '00:00:00', '23:59:59.999999', '24:00:00', '23:59:60', '12:00',
  'P', 'PT', 'P1D', '-P1D', 'P999999Y', 'P999999999Y', 'P999999M', 'P999999999W', 'PT99999999H', 'PT999999999H', 'PT0.000001S', '-P1Y2M3W4DT5H6M7.5S', 'P1Y-2M',
  0, -0, 1, -1, 0.1, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 2 ** 53, 2 ** 63, 1e21, 360, 90, -180.0000001, true, false, null,
  {}, [], { a: 1 }, { a: { b: [] } }, { '': '' }, { __proto__: null, constructor: 1 }, ['a', null], [[]], deep(150), deep(1_000), deepest, { longitude: 180, latitude: 90 }, { longitude: -180, latitude: -90 }, { longitude: 181, latitude: 0 },
];

const kinds: readonly ColumnKind[] = ['text', 'int32', 'int64', 'decimal', 'float', 'boolean', 'date', 'datetime', 'time', 'duration', 'yearmonth', 'enum', 'json', 'geopoint'];
const items = ['text', 'int32', 'int64', 'decimal', 'float', 'boolean', 'date', 'datetime', 'time', 'duration', 'yearmonth'] as const;
/** Ordinary and extreme values of each kind, as PostgreSQL reads them. */
const stored: Record<Exclude<ColumnKind, 'list'>, readonly unknown[]> = {
  text: ['', 'a%_\\', '두레 초전도', 'x'.repeat(3_000)], int32: [0, 2147483647, -2147483648, 1], int64: [0, '9223372036854775807', '-9223372036854775808', 1],
  decimal: ['0', `1${'0'.repeat(1_000)}`, `-0.${'0'.repeat(999)}1`, '1.5'], float: [0, '1.7976931348623157e308', '5e-324', '-1e308'], boolean: [true, false, true, false],
  date: ['0001-01-01', '9999-12-31', '2024-02-29', '2023-12-31'], datetime: ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '2024-02-29T23:59:59.999999Z', '2023-12-31T00:00:00Z'],
  time: ['00:00:00', '23:59:59.999999', '12:34:56', '01:00:00'], duration: ['PT0S', 'P999999Y', 'P-999999D', 'PT1H'], yearmonth: ['0001-01', '9999-12', '2024-02', '2023-12'], enum: ['red', 'blue', 'red', 'blue'],
  json: [{ a: { b: [1, 'x', null, 1e300] } }, '[]', '"text"', 'null'], geopoint: ['(180,90)', '(-180,-90)', '(5e-324,-5e-324)', '(127,37.5)'],
};
const columns = Object.fromEntries([
  ...kinds.map((kind) => [`c_${kind}`, { kind, fullText: kind === 'text', facet: kind === 'geopoint', ...(kind === 'enum' ? { values: ['red', 'blue'] } : {}) }] as const),
  ...items.map((item) => [`l_${item}`, { kind: 'list', item, fullText: item === 'text' } as const] as const),
]);
const row = (index: number): unknown[] => [...kinds.map((kind) => stored[kind as 'text'][index]), ...items.map((item) => (index === 0 ? [] : [stored[item][index], null]))];
const rows = [row(0), row(1), row(2), row(3), Object.keys(columns).map(() => null)];

/** Each column that a rule can choose rows by, compared with an attribute of the caller: such values no scalar has read. */
const byAttribute = (op: 'eq' | 'lt' | 'in' | 'notIn'): RuleDocument => ({
  rules: [{ id: 'r', effect: 'rows', where: { or: kinds.filter((kind) => kind !== 'json' && kind !== 'geopoint').map((kind) => ({ column: `c_${kind}`, op, value: { attribute: 'claim.x' } })) } }],
});

let db: TestDatabase;
let dure: TestEngine;
beforeAll(async () => {
  db = await createTestDatabase();
  const children = { columns: { parent: 'int32', note: 'text' }, foreignKeys: [{ columns: ['parent'], table: 'things', referenced: ['c_int32'], field: 'thing', backField: 'children' }], rows: [[1, 'x'], [1, null], [0, '']] } as const;
  const things = { columns, rows };
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [
    { organization: 'lab', name: 'odd', tables: { things, children } },
    ...(['eq', 'lt', 'in', 'notIn'] as const).map((op) => ({ organization: 'lab', name: op.toLowerCase(), tables: { things }, rules: byAttribute(op) })),
  ]));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

/** Whether the value may stand where the type is asked for. */
function accepts(type: GraphQLInputType, value: unknown): boolean {
  let good = true;
  coerceInputValue(value, type, () => { good = false; });
  return good;
}

/** Values of a type: hostile ones where it has leaves, each field of an input object by itself. */
function valuesOf(type: GraphQLInputType): readonly unknown[] {
  const inner = getNullableType(type);
  if (isListType(inner)) {
    const of = valuesOf(inner.ofType).filter((value) => value !== null);
    return [[], ...of.map((value) => [value]), of.slice(0, 200), null];
  }
  if (!isInputObjectType(inner)) return hostile.filter((value) => accepts(inner, value));
  const fields = Object.values(inner.getFields());
  const needed = fields.filter((field) => isNonNullType(field.type));
  if (needed.length === fields.length) {
    const each = needed.map((field) => valuesOf(field.type).filter((value) => value !== null));
    return each[0]!.flatMap((_, first) => [0, 1, 7].map((step) => Object.fromEntries(needed.map((field, n) => [field.name, each[n]![(first + n * step) % each[n]!.length]]))));
  }
  if (needed.length === 1) {
    const paths: readonly unknown[] = [[], ['a', 'b', '0'], ['a', 'b', '-1'], ['a', 'b', '99999999999999999999'], ['a', 'b', '2147483648'], ['\0'], ['', '\ud800'], Array.from({ length: 900 }, () => '0')];
    const tests = fields.filter((field) => field !== needed[0]).flatMap((field) => valuesOf(field.type).map((value) => [field.name, value] as const));
    return [...paths.map((path) => ({ [needed[0]!.name]: path, isNull: true })), ...tests.map(([name, value], index) => ({ [needed[0]!.name]: paths[index % 3], [name]: value }))];
  }
  return fields.flatMap((field) => valuesOf(field.type).map((value) => ({ [field.name]: value })));
}

async function ask(filters: readonly unknown[]): Promise<void> {
  for (let start = 0; start < filters.length; start += 40) {
    const batch = filters.slice(start, start + 40);
    const header = batch.map((_, n) => `$w${n}: LabOddThingsWhere`).join(', ');
    const query = `query(${header}) { lab { odd { ${batch.map((_, n) => `a${n}: things(where: $w${n}) { totalCount nodes { id } }`).join(' ')} } } }`;
    const { data, errors } = await dure.ask(query, { variables: Object.fromEntries(batch.map((value, n) => [`w${n}`, value])) });
    const wrong = (errors ?? []).filter(({ message, extensions }) => (extensions?.code !== 'BAD_USER_INPUT' && extensions?.code !== 'LIMIT_EXCEEDED') || /cannot be answered|too large/.test(message));
    expect(wrong).toEqual([]);
    // Variables that nest beyond the limit refuse the whole operation: then each is asked for itself.
    if (data === undefined && errors?.[0]?.extensions?.code === 'LIMIT_EXCEEDED') {
      if (batch.length > 1) for (const value of batch) await ask([value]);
      continue;
    }
    // A question that was refused is told; every other one has an answer.
    expect(data).toBeDefined();
    const answered = Object.values((data as { lab: { odd: Record<string, unknown> } }).lab.odd);
    expect(answered.filter((value) => value === null)).toHaveLength((errors ?? []).length);
  }
}

function whereType(): GraphQLInputObjectType {
  return dure.engine.schemaFor(person({})).schema.getType('LabOddThingsWhere') as GraphQLInputObjectType;
}

describe('operators', () => {
  test.each(Object.keys(columns))('of %s', async (name) => {
    const column = dure.snapshot.byPath.get('lab/odd')!.versions[0]!.tables[0]!.columns.find((c) => c.name === name)!;
    const field = whereType().getFields()[column.field]!;
    const filters = valuesOf(field.type).map((value) => ({ [column.field]: value }));
    expect(filters.length).toBeGreaterThan(10);
    await ask([...filters, ...filters.slice(0, 40).map((filter) => ({ not: filter })), ...filters.slice(0, 20).map((filter) => ({ children: { some: { thing: filter }, every: { thing: { not: filter } } } }))]);
  });

  test('an operator that has no test here would show: every operator of the types was reached', () => {
    const fields = Object.values(whereType().getFields()).map((field) => getNullableType(field.type)).filter((type) => isInputObjectType(type) && type.name.endsWith('Comparison')) as GraphQLInputObjectType[];
    const operators = new Set(fields.flatMap((type) => Object.keys(type.getFields())));
    for (const name of ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn', 'isNull', 'like', 'ilike', 'startsWith', 'endsWith', 'contains', 'matches', 'containsAll', 'overlaps', 'containsJson', 'hasKey', 'at', 'near', 'inBox', 'year', 'quarter', 'month', 'week', 'day', 'dayOfWeek', 'dayOfYear', 'hour', 'minute', 'second']) {
      expect(operators).toContain(name);
    }
  });
});

test.each(['eq', 'lt', 'in', 'notin'])('an attribute of any content, compared by a rule (%s)', async (name) => {
  // No token is large enough for the deepest.
  for (const value of hostile.filter((v) => v !== deepest)) {
    for (const x of [value, [value], [value, 'a', null]]) {
      const { errors } = await dure.ask(`{ lab { ${name} { things { totalCount } } } }`, { identity: person({ claims: { x } as never }) });
      const wrong = (errors ?? []).filter(({ extensions }) => extensions?.code !== 'FORBIDDEN');
      if (wrong.length > 0) throw new Error(`${JSON.stringify(x)?.slice(0, 200)}: ${wrong[0]!.message}`);
    }
  }
});

/** Every kind of column, with nulls, ties, extremes and links, under rules of every kind. */
import type { FixtureDataset } from './fixture.js';

const key = { kind: 'text', required: true } as const;

export const kindsFixture: readonly FixtureDataset[] = [
  {
    organization: 'lab', name: 'kinds',
    tables: {
      runs: {
        columns: {
          k: key, label: 'text', n: 'int32', big: 'int64', exact: 'decimal', x: 'float', ok: 'boolean', day: 'date', seen: 'datetime', clock: 'time', took: 'duration', ym: 'yearmonth',
          phase: { kind: 'enum', values: ['solid', 'liquid', 'gas'] }, extra: 'json', place: 'geopoint', tags: { kind: 'list', item: 'text' }, counts: { kind: 'list', item: 'int64' }, times: { kind: 'list', item: 'datetime' },
          sizes: { kind: 'list', item: 'float' }, hidden: 'float', nulled: 'int32', phone: 'text', lab_id: 'text', protein: { kind: 'text', namespace: 'uniprot' },
        },
        primaryKey: ['k'],
        foreignKeys: [{ columns: ['lab_id'], table: 'labs', referenced: ['id'], field: 'lab', backField: 'runs' }],
        rows: [],
        segments: [
          [
            ['a', 'alpha', 1, '9007199254740993', '0.10', 1.5, true, '2024-01-15', '2024-01-15T23:30:00.123456Z', '12:30', 'P1DT2H', '2024-01', 'solid', '{"a": 1, "b": [1, 2, {"c": "x"}]}', '(127,37.5)', ['x', 'y'], ['1', '9007199254740993'], ['2024-01-15T00:00:00Z'], [1.5, 1e15], 1, 5, '02-123-4567', 'l1', 'P05067'],
            ['b', 'Beta_%', 2, '-5', '0.25', 1e15, false, '2024-01-31', '2024-02-01T00:30:00Z', '00:00:00.5', 'P-1M', '2024-02', 'liquid', '[1, "a", null]', '(-170,-10.25)', [], [], [], [], 2, 6, '031-99', 'l1', 'P05067'],
            ['c', 'back\\slash "quoted"', 3, null, '0.30', 1.2345678901234565e15, null, '2024-02-01', null, null, 'PT0S', null, 'gas', '"text"', null, ['y', 'z'], ['2'], ['2024-06-01T10:00:00.5Z', '2023-01-01T00:00:00Z'], [0.1], 3, null, null, 'l2', 'Q9Y6K9'],
          ],
          [
            ['d', '한글 label', 2, '9223372036854775807', null, 1e-5, true, null, '1999-12-31T23:59:59.999Z', '23:59:59', 'P1Y2M3DT4H5M6.5S', '2024-01', null, '{}', '(0,0)', null, null, null, null, null, 7, '1', 'l2', null],
            ['e', null, 5, '-9223372036854775808', '12345678.90', -3, false, '2020-02-29', '2024-02-01T00:30:00Z', '12:30', 'PT36H', null, 'solid', null, '(179.5,37)', ['x'], ['3'], null, [-2.5, 0.25], 5, 8, 'a long number', null, 'P05067'],
            ["f'", 'line\nbreak\ttab', null, null, '-0.05', null, null, '1970-01-01', null, null, null, '1999-12', 'gas', 'true', null, ['q"uote', 'it\'s', 'comma,'], ['-1', '0'], null, null, null, null, '123', 'l9', 'X'],
            ['g', 'alpha', 2, '7', '0.10', 1.5, true, '2024-01-15', '2024-01-15T23:30:00.123Z', '06:00', 'P1D', '2024-03', 'liquid', '{"b": [2], "a": 1.0}', '(127.1,37.4)', ['z', 'x'], ['1'], null, null, 9, 1, '02', 'l1', 'Q9Y6K9'],
          ],
        ],
      },
      steps: {
        columns: { run: 'text', cost: 'int32', weight: 'float', method: 'text' },
        foreignKeys: [{ columns: ['run'], table: 'runs', referenced: ['k'], field: 'of', backField: 'steps' }],
        rows: [['a', 5, 1.5, 'x'], ['a', 7, 2.5, 'y'], ['a', 5, null, 'x'], ['b', 1, 0.1, null], ['c', 7, 3, 'x'], ['d', 9, 1, 'z'], [null, 3, 1, 'x'], ['zz', 3, 1, 'y'], ['g', 2, 2, 'y'], ['g', 4, 1.25, 'x']],
      },
      labs: {
        columns: { id: key, name: 'text', parent: 'text', lat: 'float' }, primaryKey: ['id'],
        foreignKeys: [{ columns: ['parent'], table: 'labs', referenced: ['id'], field: 'above', backField: 'below' }],
        rows: [['l1', 'One', null, 1], ['l2', 'Two', 'l1', 2], ['l3', 'Three', 'l1', 2.5], ['l4', 'Four', 'l2', null]],
      },
      pairs: {
        columns: { a: key, b: { kind: 'int32', required: true }, at: { kind: 'datetime', required: true }, v: 'text' }, primaryKey: ['a', 'b', 'at'],
        rows: [['p', 1, '2024-01-01T00:00:00Z', 'v1'], ['p', 2, '2024-01-01T00:00:00.25Z', 'v2'], ['q"', 1, '2024-01-01T00:00:00Z', null]],
      },
      children: {
        columns: { a: 'text', b: 'int32', at: 'datetime', w: 'int32' },
        foreignKeys: [{ columns: ['a', 'b', 'at'], table: 'pairs', referenced: ['a', 'b', 'at'], field: 'pair', backField: 'children' }],
        rows: [['p', 1, '2024-01-01T00:00:00Z', 1], ['p', 1, '2024-01-01T00:00:00Z', 2], ['q"', 1, '2024-01-01T00:00:00Z', 3], ['p', 9, '2024-01-01T00:00:00Z', 4], ['p', null, '2024-01-01T00:00:00Z', 5]],
      },
    },
    rules: { rules: [
      { id: 'hidden', effect: 'columns', tables: ['runs'], columns: ['hidden'], transform: { kind: 'deny' }, unless: { attribute: 'person.roles', contains: 'lab:steward' } },
      { id: 'nulled', effect: 'columns', tables: ['runs'], columns: ['nulled'], transform: { kind: 'null' }, unless: { attribute: 'person.roles', contains: 'lab:steward' } },
      { id: 'phones', effect: 'columns', tables: ['runs'], columns: ['phone'], transform: { kind: 'mask', keepStart: 2, keepEnd: 1 }, unless: { attribute: 'person.organizations', contains: 'lab' } },
      { id: 'steps', effect: 'columns', tables: ['runs'], columns: ['n'], transform: { kind: 'round', to: 2 }, unless: { attribute: 'person.organizations', contains: 'lab' } },
      { id: 'bins', effect: 'columns', tables: ['runs'], columns: ['x'], transform: { kind: 'bin', width: 0.5 }, unless: { attribute: 'person.organizations', contains: 'lab' } },
      { id: 'exacts', effect: 'columns', tables: ['runs'], columns: ['exact'], transform: { kind: 'round', to: 0.1 }, unless: { attribute: 'person.roles', contains: 'lab:steward' } },
      { id: 'months', effect: 'columns', tables: ['runs'], columns: ['seen'], transform: { kind: 'generalise', to: 'month' }, unless: { attribute: 'person.roles', contains: 'lab:steward' } },
      { id: 'places', effect: 'columns', tables: ['runs'], columns: ['place'], transform: { kind: 'place', degrees: 0.5 }, unless: { attribute: 'person.organizations', contains: 'lab' } },
      { id: 'cheap', effect: 'rows', tables: ['steps'], where: { column: 'cost', op: 'ne', value: 7 }, unless: { attribute: 'person.organizations', contains: 'lab' } },
    ] },
  },
  {
    organization: 'other', name: 'proteins',
    tables: {
      proteins: { columns: { accession: { ...key, namespace: 'uniprot' }, name: 'text', mass: 'decimal' }, primaryKey: ['accession'], rows: [['P05067', 'APP', '86.9'], ['Q9Y6K9', 'NEMO', '48.2'], ['P99999', 'CYC', '11.7']] },
      mentions: { columns: { ids: { kind: 'list', item: 'text', namespace: 'uniprot' }, paper: 'text' }, rows: [[['P05067', 'Q9Y6K9'], 'one'], [[], 'two'], [['P05067', 'P05067'], 'three'], [null, 'four']] },
    },
  },
];

export const kindsValues = {
  String: ['"alpha"', '"a*"', '"label -beta"', '"글"', '"1"', '"b"', '"c"', '"0"', '"Beta_%"', '"%a%"', '"ALPHA"', '"a"', '"P05067"', '"x"', '"\\\\"', '"back\\\\"', '"l1"', '"2024-01"', '"한글"', '""'],
  ID: ['"a"', '"l1"'], Int: ['0', '1', '2', '5', '7', '-1'], Float: ['1.5', '0.1', '-3', '2', '1e15', '0'], Boolean: ['true', 'false'],
  Int64: ['"7"', '"9007199254740993"', '"-5"', '"2"'], Decimal: ['"0.10"', '"0.1"', '"0.25"', '"12345678.9"', '"1e30"', '"-1e30"', '"0.1000000000000000000000000001"'],
  Date: ['"2024-01-15"', '"2024-02-01"', '"1970-01-01"'], DateTime: ['"2024-01-15T23:30:00.123456Z"', '"2024-02-01T09:30:00+09:00"', '"2000-01-01T00:00:00Z"'],
  Time: ['"12:30"', '"00:00:00.5"', '"23:00:00"'], Duration: ['"P1D"', '"PT24H"', '"P1Y2M3DT4H5M6.5S"', '"-P1M"', '"PT0S"'],
  YearMonth: ['"2024-01"', '"1999-12"'], JSON: ['{ a: 1 }', '[1]', '"text"', '{ b: [{ c: "x" }] }', '{}', '[]', '1', 'null', '"a"'],
} as const;

/** Transformed cells of remote rows are the same as SQL makes them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Column } from '../../src/catalog/model.js';
import { cellOf } from '../../src/federation/cells.js';
import type { Transform } from '../../src/policy/rule.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

const values: Readonly<Record<string, readonly unknown[]>> = {
  n: [1, 14, 15, -15, 2147483647, -2147483648, null], big: ['9007199254740993', '-9007199254740993', '25', '-24', null], exact: ['0.1', '-0.35', '12345678.905', '0', null],
  x: [1.26, -1.25, 0, 99.9, null], day: ['2024-02-29', '1999-12-31', '2000-01-01', null], seen: ['2024-05-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z', null], name: ['abcdef', '한글이름', 'ab', '', null],
};
const transforms: Readonly<Record<string, readonly Transform[]>> = {
  n: [{ kind: 'round', to: 10 }, { kind: 'bin', width: 10 }], big: [{ kind: 'round', to: 100 }, { kind: 'bin', width: 50 }], exact: [{ kind: 'round', to: 0.1 }, { kind: 'bin', width: 0.25 }], x: [{ kind: 'round', to: 0.5 }, { kind: 'bin', width: 0.5 }],
  day: [{ kind: 'generalise', to: 'year' }, { kind: 'generalise', to: 'quarter' }], seen: [{ kind: 'generalise', to: 'month' }, { kind: 'generalise', to: 'quarter' }], name: [{ kind: 'mask', keepStart: 1, keepEnd: 1 }, { kind: 'mask', keepEnd: 3, with: '#' }],
};
const kinds = { n: 'int32', big: 'int64', exact: 'decimal', x: 'float', day: 'date', seen: 'datetime', name: 'text' } as const;
let db: TestDatabase;
let engines: readonly TestEngine[];

beforeAll(async () => {
  db = await createTestDatabase();
  const rows = Array.from({ length: 7 }, (_, row) => Object.keys(kinds).map((name) => values[name]![row] ?? null));
  engines = await Promise.all([0, 1].map(async (which) => testEngine(db.pool, await makeSnapshot(db.pool, [{
    organization: 'lab', name: 'cells', tables: { t: { columns: kinds, rows } },
    rules: { rules: Object.entries(transforms).map(([column, both]) => ({ id: column, effect: 'columns', columns: [column], transform: both[which]! })) },
  }]))));
});
afterAll(() => db.drop());

test.each([0, 1])('transform %i', async (which) => {
  const { data } = await engines[which]!.ask(`{ lab { cells { t { nodes { ${Object.keys(kinds).join(' ')} } } } } }`);
  const { nodes } = (data as { lab: { cells: { t: { nodes: Record<string, unknown>[] } } } }).lab.cells.t;
  for (const [name, kind] of Object.entries(kinds)) {
    const given = transforms[name]![which]!;
    const access = given.kind === 'round' ? { kind: 'round', step: given.to } : given.kind === 'bin' ? { kind: 'bin', step: given.width } : given.kind === 'mask' ? { kind: 'mask', keepStart: given.keepStart ?? 0, keepEnd: given.keepEnd ?? 0, with: given.with ?? '***' } : given;
    const column = { name, kind } as unknown as Column;
    const here = nodes.map((_, row) => cellOf(access as Parameters<typeof cellOf>[0], column, values[name]![row] ?? null));
    expect([name, here.map((value) => (kind === 'decimal' && value !== null ? Number(value) : value))]).toEqual([name, nodes.map((node) => (kind === 'decimal' && node[name] !== null ? Number(node[name]) : node[name]))]);
  }
});

test('what is not made there shows nothing', () => {
  const column = { name: 'name', kind: 'text' } as unknown as Column;
  for (const access of [{ kind: 'withheld' }, { kind: 'null' }, { kind: 'hash', derived: [], same: '' }, { kind: 'place', degrees: 1 }, { kind: 'round', step: 1 }, { kind: 'generalise', to: 'year' }, { kind: 'of tomorrow' }]) expect([access.kind, cellOf(access as Parameters<typeof cellOf>[0], column, 'canary')]).toEqual([access.kind, null]);
});

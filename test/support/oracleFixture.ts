/** What the oracle asks: every kind of column, small tables, links within and across datasets, hashes, an older major. Numbers are halves and quarters, so that sums do not depend on the order. */
import type { FixtureDataset } from './fixture.js';

const key = { kind: 'text', required: true } as const;
const protein = { kind: 'text', namespace: 'uniprot' } as const;
const proteins = ['P05067', 'Q9Y6K9', 'P04637', 'P69905'];
const pick = <T>(items: readonly T[], n: number): T => items[n % items.length]!;

const people = (count: number): unknown[][] => Array.from({ length: count }, (_, n) => [
  `k${n}`, pick(['Kim', 'Lee', 'Park', 'Choi', 'a long name', null, '한글'], n), (n * 7) % 31, String(n * 1_000), String(n / 4), pick([1.5, -2.25, 40, null, 0.5], n), pick([true, false, null], n), pick(['2024-01-15', '2024-01-31', '2023-07-01', null], n),
  pick(['2024-01-15T23:30:00Z', '2023-12-31T23:59:59Z', null], n), pick(['solid', 'liquid', null], n), pick(['(127,37.5)', '(-170.25,-10.25)', null], n), pick(proteins, n * 3), pick(['l1', 'l2', 'l3', 'l9', null], n),
]);
const peopleColumns = {
  k: key, name: 'text', age: 'int32', big: 'int64', exact: 'decimal', x: 'float', ok: 'boolean', day: 'date', seen: 'datetime', phase: { kind: 'enum', values: ['solid', 'liquid'] }, home: 'geopoint', protein, lab_id: 'text',
} as const;
const labKey = { columns: ['lab_id'], table: 'labs', referenced: ['id'], field: 'lab', backField: 'people' };

export const oracleFixture: readonly FixtureDataset[] = [
  {
    organization: 'lab', name: 'trial', version: '2.0',
    tables: {
      people: {
        columns: peopleColumns, primaryKey: ['k'], foreignKeys: [labKey], rows: [], segments: [people(14).slice(0, 8), people(14).slice(8)],
        derived: { name: { scope: 'dataset', key: 'k1', values: Array.from({ length: 14 }, (_, n) => (pick(['Kim', 'Lee', 'Park', 'Choi', 'a long name', null, '한글'], n) === null ? null : `h-${n % 7}`)) } },
      },
      visits: {
        columns: { person: 'text', cost: 'int32', weight: 'float', method: 'text', protein, who: 'text' },
        foreignKeys: [{ columns: ['person'], table: 'people', referenced: ['k'], field: 'of', backField: 'visits' }],
        rows: Array.from({ length: 20 }, (_, n) => [pick(['k0', 'k1', 'k3', 'k8', 'zz', null, 'k12'], n), (n * 5) % 17, (n % 9) / 4, pick(['x', 'y', 'z', null], n), pick([...proteins, null], n), pick(['Kim', 'Lee'], n)]),
        derived: { who: { scope: 'dataset', key: 'k1', values: Array.from({ length: 20 }, (_, n) => `h-${n % 2}`) } },
      },
      labs: {
        columns: { id: key, name: 'text', parent: 'text', lat: 'float' }, primaryKey: ['id'], foreignKeys: [{ columns: ['parent'], table: 'labs', referenced: ['id'], field: 'above', backField: 'below' }],
        rows: [['l1', 'One', null, 1], ['l2', 'Two', 'l1', 2], ['l3', 'Three', 'l1', 2.5], ['l4', 'Four', 'l2', null]],
      },
    },
    older: [{ version: '1.0', createdAt: new Date('2026-01-01T00:00:00Z'), tables: { people: { columns: { k: key, name: 'text', age: 'text' }, primaryKey: ['k'], rows: [['k0', 'Kim', '3'], ['k1', 'Lee', '7'], ['k2', 'Park', '14']] } } }],
  },
  {
    organization: 'other', name: 'notes', visibility: 'RESTRICTED',
    tables: {
      pairs: { columns: { a: key, b: { kind: 'int32', required: true }, v: 'text', protein }, primaryKey: ['a', 'b'], rows: Array.from({ length: 12 }, (_, n) => [pick(['p', 'q', 'r'], n), n, pick(['v1', 'v2', null], n), pick(proteins, n)]) },
      papers: { columns: { proteins: { kind: 'list', item: 'text', namespace: 'uniprot' }, title: 'text', year: 'int32', extra: 'json' }, rows: Array.from({ length: 10 }, (_, n) => [n % 4 === 3 ? null : [pick(proteins, n), pick(proteins, n + 1)], `paper ${n}`, 2000 + n, '{"a": 1}']) },
    },
  },
  { organization: 'other', name: 'atlas', visibility: 'REGISTERED', listed: false, tables: { atlas: { columns: { accession: { ...key, namespace: 'uniprot' }, mass: 'decimal', place: 'text' }, primaryKey: ['accession'], rows: proteins.map((id, n) => [id, String(n * 2.5), pick(['liver', 'skin'], n)]) } } },
  {
    organization: 'elsewhere', name: 'kb', source: { id: 'kb', kind: 'http', country: 'GB' },
    tables: {
      records: {
        columns: { accession: { ...key, namespace: 'uniprot' }, name: 'text', organism: 'text', length: 'int32', mass: 'float', day: 'date' }, primaryKey: ['accession'], rows: [],
        remote: { key: 'accession', linkField: 'record', authority: true, search: true, counts: true, order: true },
      },
    },
  },
];

/** Of the table elsewhere, as texts. More than a page of the source holds. */
export const recordsElsewhere: readonly (readonly (string | null)[])[] = [...proteins, ...Array.from({ length: 9 }, (_, n) => `Q0000${n}`)].map((accession, n) => [
  accession, pick(['One', 'Two', 'a longer name', null], n), pick(['Homo', 'Mus', 'Rattus', null], n), String((n * 5) % 17), pick(['1.5', '-2.25', null, '40'], n), pick(['2024-01-15', '2023-07-01', null], n),
]);

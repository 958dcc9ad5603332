/** What the leak tests attack: every value that a stranger must not learn holds the word `canary`, or is a number that stands nowhere else. */
import type { FixtureDataset } from './fixture.js';

const key = { kind: 'text', required: true } as const;
const cas = { kind: 'text', namespace: 'cas' } as const;
const member = { attribute: 'person.organizations', contains: 'lab' } as const;

/** Numbers, dates and points of hidden rows and cells; no answer to a stranger may hold one. */
export const hiddenValues: readonly string[] = ['canary', '777001', '777002', '777003', '777004', '1971-07-13', '126.9731', '7773.25'];

const patients: FixtureDataset['tables'][string] = {
  columns: { id: key, name: 'text', code: 'text', salary: 'int32', email: 'text', age: 'int32', dose: 'float', born: 'date', home: 'geopoint', ward: 'text', cas, day: 'date', extra: 'json' },
  primaryKey: ['id'],
  rows: [
    ['p1', 'canary Park', 'AA-canary-1', 777001, 'canary1@lab.example', 34, 7773.25, '1971-07-13', '(126.9731,37.51)', 'open', '64-17-5', '2026-01-02', '{"canary": 1}'],
    ['p2', 'canary Pyun', 'AB-canary-2', 777002, 'canary2@lab.example', 36, 12.5, '1980-03-03', '(127.4,37.2)', 'open', '7732-18-5', '2026-01-03', '{"canary": 2}'],
    ['p3-canary', 'canary Kim', 'AA-canary-3', 777003, 'canary3@lab.example', 38, 13, '1990-03-03', '(128.4,36.2)', 'closed', '67-56-1', '2026-02-03', '{"canary": 3}'],
    ['p4', 'canary Choi', 'AD-canary-4', 777004, 'canary4@lab.example', 52, 14, '1960-03-03', '(129.4,35.2)', 'open', '64-17-5', '2026-02-04', '{"canary": 4}'],
  ],
  derived: { email: { scope: 'dataset', key: 'k1', values: ['h-one', 'h-two', 'h-three', 'h-four'] } },
};
const visits: FixtureDataset['tables'][string] = {
  columns: { patient_id: 'text', cost: 'int32', note: 'text', cas },
  foreignKeys: [{ columns: ['patient_id'], table: 'patients', referenced: ['id'], field: 'patient', backField: 'visits' }],
  rows: [['p1', 10, 'first', '64-17-5'], ['p1', 777001, 'canary dear', '64-17-5'], ['p2', 20, 'second', null], ['p2', 777002, 'canary dearer', '7732-18-5'], ['p3-canary', 30, 'of nobody shown', '67-56-1'], ['p4', 40, 'last', '64-17-5']],
};

export const leakFixture: readonly FixtureDataset[] = [
  {
    organization: 'lab', name: 'trial', version: '2.0',
    tables: {
      patients, visits,
      samples: {
        columns: { patient_id: 'text', tube: 'text', cas },
        foreignKeys: [{ columns: ['patient_id'], table: 'patients', referenced: ['id'], field: 'patient', backField: 'samples' }],
        rows: [['p1', 'canary tube', '64-17-5']],
      },
    },
    older: [
      { version: '1.1', createdAt: new Date('2026-03-01T00:00:00Z'), tables: { patients, visits } },
      // Before there was a ward, and when the dose was a text.
      { version: '1.0', createdAt: new Date('2026-01-01T00:00:00Z'), tables: { patients: { columns: { id: key, name: 'text', dose: 'text' }, primaryKey: ['id'], rows: [['p1', 'canary Park', 'canary dose']] } } },
    ],
    rules: {
      contact: 'mailto:dac@lab.example',
      rules: [
        { id: 'wards', effect: 'rows', tables: ['patients'], where: { column: 'ward', op: 'ne', value: 'closed' }, unless: member },
        { id: 'cheap', effect: 'rows', tables: ['visits'], where: { column: 'cost', op: 'lt', value: 100 }, unless: member },
        { id: 'names', effect: 'columns', tables: ['patients'], columns: ['name', 'extra'], transform: { kind: 'deny' }, unless: member, reason: 'Names stay here.' },
        { id: 'codes', effect: 'columns', tables: ['patients'], columns: ['code'], transform: { kind: 'mask', keepStart: 2 }, unless: member },
        { id: 'salaries', effect: 'columns', tables: ['patients'], columns: ['salary'], transform: { kind: 'null' }, unless: member },
        { id: 'emails', effect: 'columns', tables: ['patients'], columns: ['email'], transform: { kind: 'hash', scope: 'dataset' }, unless: member },
        { id: 'ages', effect: 'columns', tables: ['patients'], columns: ['age'], transform: { kind: 'bin', width: 10 }, unless: member },
        { id: 'doses', effect: 'columns', tables: ['patients'], columns: ['dose'], transform: { kind: 'round', to: 10 }, unless: member },
        { id: 'births', effect: 'columns', tables: ['patients'], columns: ['born'], transform: { kind: 'generalise', to: 'year' }, unless: member },
        { id: 'homes', effect: 'columns', tables: ['patients'], columns: ['home'], transform: { kind: 'place', degrees: 1 }, unless: member },
        { id: 'samples', effect: 'deny', tables: ['samples'], to: { not: member }, reason: 'Samples stay here.' },
      ],
    },
  },
  {
    organization: 'lab', name: 'figures',
    tables: {
      counted: { columns: { v: 'int32', cas }, rows: [[777001, '64-17-5'], [777002, '64-17-5']] },
      figures: { columns: { v: 'int32', cas }, rows: [[1, '64-17-5'], [2, '7732-18-5']] },
      cells: { columns: { v: 'int32', sex: 'text', cas }, rows: [[777001, 'f', '64-17-5'], [777002, 'm', '64-17-5'], [777003, 'm', null]] },
      people: { columns: { v: 'int32', person: 'text' }, rows: [[777001, 'canary a'], [777002, 'canary b']] },
      known: { columns: { v: 'int32', cas }, rows: [[777001, '64-17-5']] },
    },
    rules: { rules: [
      { id: 'counts', effect: 'granularity', tables: ['counted'], atMost: 'count', unless: member },
      { id: 'figures', effect: 'granularity', tables: ['figures'], atMost: 'aggregate', unless: member },
      { id: 'cells', effect: 'granularity', tables: ['cells'], atMost: 'aggregate', minimumCell: 10, unless: member },
      { id: 'people', effect: 'granularity', tables: ['people'], atMost: 'aggregate', minimumContributors: { column: 'person', count: 5 }, unless: member },
      { id: 'known', effect: 'granularity', tables: ['known'], atMost: 'existence', unless: member },
    ] },
  },
  { organization: 'lab', name: 'vault', visibility: 'RESTRICTED', tables: { secrets: { columns: { id: key, note: 'text', cas }, primaryKey: ['id'], rows: [['canary', 'canary', '64-17-5']] } } },
  { organization: 'lab', name: 'lair', visibility: 'RESTRICTED', listed: false, tables: { secrets: { columns: { id: key, note: 'text', cas }, primaryKey: ['id'], rows: [['canary', 'canary', '64-17-5']] } } },
  { organization: 'lab', name: 'later', embargoUntil: new Date('2099-01-01T00:00:00Z'), tables: { cells: { columns: { id: key, note: 'text', cas }, primaryKey: ['id'], rows: [['canary', 'canary', '64-17-5']] } } },
  {
    organization: 'lab', name: 'windows',
    tables: { past: { columns: { note: 'text', cas }, rows: [['canary', '64-17-5']] }, streamed: { columns: { note: 'text', cas }, rows: [['canary', '64-17-5']] }, exported: { columns: { note: 'text' }, rows: [['plain']] } },
    rules: { rules: [
      { id: 'was', effect: 'window', tables: ['past'], until: '2020-01-01T00:00:00Z' },
      { id: 'jobs', effect: 'channel', tables: ['streamed'], allowed: ['job'] },
      { id: 'rows', effect: 'granularity', tables: ['exported'], atMost: 'row' },
    ] },
  },
  {
    organization: 'lab', name: 'asked', visibility: 'RESTRICTED',
    tables: { data: { columns: { id: key, a: 'text', b: 'text' }, primaryKey: ['id'], rows: [['r1', 'canary a', 'canary b']] } },
    rules: { rules: [{ id: 'asked', effect: 'allow', to: { grant: true } }] },
  },
  {
    organization: 'lab', name: 'asserted', visibility: 'RESTRICTED',
    tables: { data: { columns: { id: key, site: 'text' }, primaryKey: ['id'], rows: [['r1', 'canary north'], ['r2', 'canary south']] } },
    rules: { rules: [
      { id: 'study', effect: 'allow', to: { all: [{ attribute: 'claim.study', eq: 'A' }, { not: { attribute: 'claim.barred', eq: true } }] } },
      { id: 'own', effect: 'rows', where: { column: 'site', op: 'eq', value: { attribute: 'claim.site' } } },
    ] },
  },
  {
    organization: 'lab', name: 'rivals', tables: { data: { columns: { note: 'text' }, rows: [['plain']] }, sites: { columns: { site: 'text' }, rows: [['canary north'], ['canary south']] } },
    rules: { rules: [
      { id: 'begins', effect: 'rows', tables: ['sites'], where: { or: [{ column: 'site', op: 'startsWith', value: { attribute: 'claim.site' } }, { not: { column: 'site', op: 'contains', value: { attribute: 'claim.other' } } }] } },
      { id: 'rivals', effect: 'deny', to: { attribute: 'person.organizations', contains: 'rival' } },
      { id: 'barred', effect: 'deny', to: { attribute: 'person.roles', contains: 'barred' } },
      { id: 'sanctioned', effect: 'deny', to: { visa: { type: 'Sanctioned' } } },
    ] },
  },
  {
    organization: 'bora', name: 'solvents',
    tables: {
      compounds: { columns: { id: key, cas, protein: { kind: 'text', namespace: 'uniprot' } }, primaryKey: ['id'], rows: [['ethanol', '64-17-5', 'P05067'], ['water', '7732-18-5', 'P04637'], ['methanol', '67-56-1', 'P12345']] },
      orders: { columns: { cas, amount: 'int32' }, rows: [['64-17-5', 1], ['67-56-1', 2]] },
    },
  },
  {
    organization: 'bora', name: 'masked', tables: { doses: { columns: { cas, dose: 'int32' }, rows: [['64-17-5', 777001]] } },
    rules: { rules: [{ id: 'hide', effect: 'columns', columns: ['cas'], transform: { kind: 'mask', keepEnd: 1 } }, { id: 'dose', effect: 'columns', columns: ['dose'], transform: { kind: 'deny' } }] },
  },
  {
    organization: 'lab', name: 'retyped', version: '2.0', tables: { doses: { columns: { dose: 'float', note: 'text' }, rows: [[1.5, 'new']] } },
    older: [{ version: '1.0', createdAt: new Date('2026-01-01T00:00:00Z'), tables: { doses: { columns: { dose: 'text', note: 'text' }, rows: [['canary dose', 'old']] } } }],
    rules: { rules: [{ id: 'doses', effect: 'columns', columns: ['dose'], transform: { kind: 'round', to: 10 } }] },
  },
  // Equal texts by chance or by a guess: the keys behind them are not the same.
  ...['one', 'two'].map((name): FixtureDataset => ({
    organization: 'bora', name: `hashed-${name}`,
    tables: { rows: { columns: { chebi: { kind: 'text', namespace: 'chebi' }, note: 'text' }, rows: [['canary 1', name]], derived: { chebi: { scope: 'dataset', key: 'k1', values: ['h-same'] } } } },
    rules: { rules: [{ id: 'hash', effect: 'columns', columns: ['chebi'], transform: { kind: 'hash', scope: 'dataset' } }] },
  })),
  {
    organization: 'uniprot', name: 'kb', source: { id: 'uniprot', kind: 'http', country: 'GB' },
    tables: { proteins: {
      columns: { accession: { kind: 'text', required: true, namespace: 'uniprot' }, name: 'text', organism: 'text', secret: 'text', cover: 'text', mass: 'int32' }, primaryKey: ['accession'], rows: [],
      remote: { key: 'accession', linkField: 'protein', authority: true, search: true, counts: true, order: false },
    } },
    rules: { rules: [
      { id: 'mice', effect: 'rows', where: { column: 'organism', op: 'ne', value: 'Mus canary' } },
      { id: 'licensed', effect: 'columns', columns: ['secret'], transform: { kind: 'deny' } },
      { id: 'covered', effect: 'columns', columns: ['cover'], transform: { kind: 'mask', keepStart: 1 } },
    ] },
  },
];

export const proteins = [
  { accession: 'P05067', name: 'One', organism: 'Homo', secret: 'canary 1', cover: 'canary one', mass: 10 },
  { accession: 'P04637', name: 'Two', organism: 'Homo', secret: 'canary 2', cover: 'canary two', mass: 20 },
  { accession: 'P12345', name: 'canary mouse', organism: 'Mus canary', secret: 'canary 3', cover: 'canary three', mass: 777003 },
] as const;

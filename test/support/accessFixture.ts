/** The datasets that the access cases ask: every kind of rule, small enough to check by eye. */
import type { FixtureDataset } from './fixture.js';

const keyed = { kind: 'text', required: true } as const;

export const accessFixture: readonly FixtureDataset[] = [
  {
    organization: 'hanbit', name: 'open',
    tables: {
      items: {
        columns: { id: keyed, name: 'text', price: 'int32', note: 'text', phone: 'text' }, primaryKey: ['id'],
        rows: [['i1', 'alpha', 10, 'first note', '02-123-4567'], ['i2', 'beta', 30, 'second note', '031-99-1111'], ['i3', 'gamma', 20, null, null]],
      },
      parts: {
        columns: { item_id: 'text', weight: 'float', maker: 'text' },
        foreignKeys: [{ columns: ['item_id'], table: 'items', referenced: ['id'], field: 'item', backField: 'parts' }],
        rows: [['i1', 5, 'kim'], ['i1', 500, 'lee'], ['i2', 7, 'kim'], ['i2', 900, 'park'], ['i3', 800, 'lee']],
      },
    },
    rules: {
      contact: 'mailto:data@hanbit.example',
      rules: [
        { id: 'prices', effect: 'columns', tables: ['items'], columns: ['price'], transform: { kind: 'deny' }, unless: { attribute: 'person.organizations', contains: 'hanbit' }, reason: 'Prices are for members of the lab.' },
        { id: 'notes', effect: 'columns', tables: ['items'], columns: ['note'], transform: { kind: 'null' }, unless: { attribute: 'person.organizations', contains: 'hanbit' } },
        { id: 'phones', effect: 'columns', tables: ['items'], columns: ['phone'], transform: { kind: 'mask', keepStart: 2 }, unless: { attribute: 'person.roles', contains: 'hanbit:steward' } },
        { id: 'heavy', effect: 'rows', tables: ['parts'], where: { column: 'weight', op: 'lt', value: 100 }, unless: { attribute: 'person.organizations', contains: 'hanbit' } },
      ],
    },
  },
  { organization: 'hanbit', name: 'registered', visibility: 'REGISTERED', tables: { data: { columns: { v: 'int32' }, rows: [[1], [2]] } } },
  {
    organization: 'seoram', name: 'trial', visibility: 'RESTRICTED',
    tables: {
      patients: {
        columns: { id: keyed, name: 'text', code: 'text', institution: 'text', age: 'int32' }, primaryKey: ['id'],
        rows: [['p1', 'Kim', 'AA-1', 'north', 61], ['p2', 'Lee', 'BB-2', 'south', 47], ['p3', 'Park', 'CC-3', 'north', 70], ['p4', 'Choi', 'DD-4', null, 52]],
      },
      visits: {
        columns: { patient_id: 'text', day: 'date' },
        foreignKeys: [{ columns: ['patient_id'], table: 'patients', referenced: ['id'], field: 'patient', backField: 'visits' }],
        rows: [['p1', '2026-01-05'], ['p2', '2026-01-06'], ['p3', '2026-02-01']],
      },
    },
    rules: {
      contact: 'mailto:dac@seoram.example',
      rules: [
        { id: 'study', effect: 'allow', to: { attribute: 'claim.study', eq: 'A' } },
        { id: 'steward', effect: 'allow', to: { attribute: 'person.roles', contains: 'seoram:steward' } },
        { id: 'own-institution', effect: 'rows', tables: ['patients'], where: { column: 'institution', op: 'eq', value: { attribute: 'claim.institution' } }, unless: { attribute: 'person.roles', contains: 'seoram:steward' }, reason: 'You see patients of your own institution.' },
        { id: 'names', effect: 'columns', tables: ['patients'], columns: ['name'], transform: { kind: 'deny' }, reason: 'Names are never shared.' },
        { id: 'codes', effect: 'columns', tables: ['patients'], columns: ['code'], transform: { kind: 'mask', keepEnd: 1 }, unless: { attribute: 'person.roles', contains: 'seoram:steward' } },
        { id: 'visits-in-korea', effect: 'deny', tables: ['visits'], to: { not: { attribute: 'person.country', eq: 'KR' } }, reason: 'Visits are shown in Korea only.' },
      ],
    },
  },
  { organization: 'seoram', name: 'secret', visibility: 'RESTRICTED', listed: false, tables: { files: { columns: { v: 'text' }, rows: [['hush']] } } },
  { organization: 'haedam', name: 'embargoed', embargoUntil: new Date('2099-01-01T00:00:00Z'), tables: { cells: { columns: { v: 'int32' }, rows: [[7], [8]] } } },
  { organization: 'haedam', name: 'released', embargoUntil: new Date('2020-01-01T00:00:00Z'), tables: { cells: { columns: { v: 'int32' }, rows: [[7], [8]] } } },
  {
    organization: 'haedam', name: 'pseudonyms',
    tables: {
      people: { columns: { id: keyed, born: 'int32' }, primaryKey: ['id'], rows: [['secret-a', 1970], ['secret-b', 1980]] },
      orders: {
        columns: { person_id: 'text', amount: 'int32' },
        foreignKeys: [{ columns: ['person_id'], table: 'people', referenced: ['id'], field: 'person', backField: 'orders' }],
        rows: [['secret-a', 1], ['secret-b', 2]],
      },
    },
    rules: { rules: [{ id: 'ids', effect: 'columns', tables: ['people'], columns: ['id'], transform: { kind: 'deny' }, reason: 'Persons stay unnamed.' }] },
  },
  {
    organization: 'narae', name: 'shapes',
    tables: {
      people: {
        columns: {
          id: keyed, name: 'text', age: 'int32', income: 'int64', dose: 'decimal', weight: 'float', born: 'date', seen: 'datetime', home: 'geopoint', email: 'text', country: 'text',
        },
        primaryKey: ['id'],
        rows: [
          ['n1', 'Kim', 34, '51200300', '1.25', 71.26, '1991-05-17', '2026-02-11T10:20:30Z', '(127.0276,37.4979)', 'a@lab.example', 'KR'],
          ['n2', 'Lee', 36, '48900100', '2.75', 'NaN', '1989-11-30', '2026-08-01T00:00:00Z', '(129.0756,35.1796)', 'b@other.example', 'KR'],
          ['n3', 'Park', -3, '9223372036854775807', '-0.5', 'Infinity', '1960-01-01', null, null, null, 'JP'],
          ['n4', null, null, null, null, null, null, null, '(0,0)', 'c@lab.example', null],
        ],
        // Hashes as the loader would have made them: opaque texts.
        derived: { name: { scope: 'dataset', key: 'k1', values: ['h-kim', 'h-lee', 'h-park', null] } },
      },
      letters: {
        columns: { sender: 'text', receiver: 'text' },
        foreignKeys: [{ columns: ['sender'], table: 'people', referenced: ['name'], field: 'from', backField: 'sent' }],
        rows: [['Kim', 'Lee'], ['Park', 'Kim']],
        derived: { sender: { scope: 'dataset', key: 'k1', values: ['h-kim', 'h-park'] } },
      },
      codes: { columns: { label: 'text' }, rows: [['never hashed']] },
    },
    rules: {
      rules: [
        { id: 'ages', effect: 'columns', tables: ['people'], columns: ['age'], transform: { kind: 'bin', width: 10 } },
        { id: 'incomes', effect: 'columns', tables: ['people'], columns: ['income'], transform: { kind: 'round', to: 1_000_000 } },
        { id: 'doses', effect: 'columns', tables: ['people'], columns: ['dose'], transform: { kind: 'round', to: 0.5 } },
        { id: 'weights', effect: 'columns', tables: ['people'], columns: ['weight'], transform: { kind: 'round', to: 0.1 } },
        { id: 'births', effect: 'columns', tables: ['people'], columns: ['born'], transform: { kind: 'generalise', to: 'year' } },
        { id: 'visits', effect: 'columns', tables: ['people'], columns: ['seen'], transform: { kind: 'generalise', to: 'quarter' } },
        { id: 'homes', effect: 'columns', tables: ['people'], columns: ['home'], transform: { kind: 'place', degrees: 0.5 } },
        { id: 'names', effect: 'columns', tables: ['people'], columns: ['name'], transform: { kind: 'hash', scope: 'dataset' } },
        { id: 'senders', effect: 'columns', tables: ['letters'], columns: ['sender'], transform: { kind: 'hash', scope: 'dataset' } },
        { id: 'labels', effect: 'columns', tables: ['codes'], columns: ['label'], transform: { kind: 'hash', scope: 'organization' } },
        { id: 'lab-mail', effect: 'rows', tables: ['people'], where: { or: [{ column: 'email', op: 'like', value: '%@lab.example' }, { column: 'country', op: 'eq', value: 'JP' }] }, unless: { attribute: 'claim.mail', eq: 'all' } },
      ],
    },
  },
  {
    organization: 'narae', name: 'governed', visibility: 'REGISTERED',
    tables: {
      rows: { columns: { v: 'int32', secret: 'text' }, rows: [[1, 'x'], [2, 'y'], [3, 'z']] },
      counted: { columns: { v: 'int32' }, rows: [[1], [2]] },
      figures: { columns: { v: 'int32' }, rows: [[1], [2]] },
      known: { columns: { v: 'int32' }, rows: [[1]] },
      cells: { columns: { v: 'int32' }, rows: [[1], [2]] },
      medical: { columns: { v: 'int32' }, rows: [[1]] },
      streamed: { columns: { v: 'int32' }, rows: [[1]] },
      local: { columns: { v: 'int32' }, rows: [[1]] },
      stopped: { columns: { v: 'int32' }, rows: [[1]] },
      past: { columns: { v: 'int32' }, rows: [[1]] },
      present: { columns: { v: 'int32' }, rows: [[1]] },
      cited: { columns: { v: 'int32' }, rows: [[1]] },
      visas: { columns: { v: 'int32' }, rows: [[1]] },
      requested: { columns: { v: 'int32' }, rows: [[1]] },
    },
    rules: {
      contact: 'mailto:dac@narae.example',
      rules: [
        { id: 'counts', effect: 'granularity', tables: ['counted'], atMost: 'count' },
        { id: 'figures', effect: 'granularity', tables: ['figures'], atMost: 'aggregate' },
        { id: 'existence', effect: 'granularity', tables: ['known'], atMost: 'existence' },
        { id: 'cells', effect: 'granularity', tables: ['cells'], atMost: 'aggregate', minimumCell: 10 },
        { id: 'medicine', effect: 'purpose', tables: ['medical'], allowed: ['DUO_0000006'], honour: ['DUO_0000045'] },
        { id: 'streams', effect: 'channel', tables: ['streamed'], allowed: ['subscription'] },
        { id: 'korea', effect: 'destination', tables: ['local'], home: ['KR'], transfers: [{ country: 'JP', basis: 'contract' }] },
        { id: 'stop', effect: 'destination', tables: ['stopped'], home: ['KR'], transfers: [{ country: 'JP', basis: 'contract' }], stopped: true },
        { id: 'was', effect: 'window', tables: ['past'], until: '2020-01-01T00:00:00Z' },
        { id: 'is', effect: 'window', tables: ['present'], from: '2020-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' },
        { id: 'citation', effect: 'obligation', tables: ['cited'], kind: 'cite', text: 'Cite Narae 2026.' },
        { id: 'no-visa', effect: 'deny', tables: ['visas'], to: { not: { visa: { type: 'ControlledAccessGrants', value: 'https://dac.example/1' } } } },
        { id: 'by-grant', effect: 'deny', tables: ['requested'], to: { not: { grant: true } }, reason: 'Ask the committee.' },
      ],
    },
  },
];

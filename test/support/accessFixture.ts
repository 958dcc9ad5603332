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
];

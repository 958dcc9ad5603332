/** What a rule document may say, and how its mistakes are told. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Column, ColumnKind } from '../../src/catalog/model.js';
import { DureError } from '../../src/errors.js';
import { jsonPlaces, placeOf } from '../../src/cli/jsonPlaces.js';
import { withHashKeys } from '../../src/policy/hashKeys.js';
import { lostRules, parseRules, type RuledTable } from '../../src/policy/parseRules.js';
import type { RuleDocument } from '../../src/policy/rule.js';
import { ruleChanges } from '../../src/policy/ruleChanges.js';

const column = (name: string, kind: ColumnKind): Column => ({ name, field: name, physical: name, kind, facet: false, personKey: false, required: false, unique: false });
const table = (name: string, columns: Readonly<Record<string, ColumnKind>>, major?: number): RuledTable => ({ name, columns: Object.entries(columns).map(([key, kind]) => column(key, kind)), major });
const people = table('people', { id: 'text', age: 'int32', dose: 'float', born: 'date', home: 'geopoint', tags: 'list' }, 1);

function mistakes(rules: unknown, tables: readonly RuledTable[] = [people]): string[] {
  try {
    parseRules({ rules }, tables);
    return [];
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    return (error.details.mistakes as { path: string; message: string }[]).map(({ path, message }) => `${path}: ${message}`);
  }
}

test('every effect and every condition is taken', () => {
  const to = { all: [{ any: [{ authenticated: true }, { visa: { type: 'A', value: 'v' } }] }, { not: { channel: ['export'] } }, { purpose: ['DUO_0000042'] }, { destination: ['KR'] }, { grant: true }, { attribute: 'person.roles', contains: 'lab:steward' }, { attribute: 'claim.training', contains: 'gcp' }] };
  expect(mistakes([
    { id: 'a', effect: 'allow', to }, { id: 'b', effect: 'deny', to }, { id: 'c', effect: 'rows', where: { and: [{ column: 'id', op: 'startsWith', value: 'K' }, { column: 'age', isNull: false }, { column: 'id', op: 'like', value: '%x' }] } },
    { id: 'd', effect: 'columns', columns: ['age'], transform: { kind: 'bin', width: 5 } }, { id: 'e', effect: 'columns', columns: ['id'], transform: { kind: 'hash', scope: 'organization' } },
    { id: 'f', effect: 'granularity', atMost: 'aggregate', minimumCell: 10, minimumContributors: { column: 'id', count: 5 }, unless: to }, { id: 'g', effect: 'purpose', allowed: ['DUO_0000006'], honour: ['DUO_0000015'] },
    { id: 'h', effect: 'channel', allowed: ['query', 'modelRun'] }, { id: 'i', effect: 'destination', home: ['KR'], transfers: [{ country: 'JP', basis: 'recognisedCountry' }], stopped: true },
    { id: 'j', effect: 'window', from: '2026-01-01T00:00:00+09:00' }, { id: 'k', effect: 'budget', queries: 10, per: 'hour' }, { id: 'l', effect: 'obligation', kind: 'cite' },
    { id: 'm', effect: 'columns', columns: ['born'], transform: { kind: 'generalise', to: 'month' } }, { id: 'n', effect: 'columns', columns: ['home'], transform: { kind: 'place', degrees: 0.1 } }, { id: 'o', effect: 'columns', columns: ['dose'], transform: { kind: 'round', to: 0.5 } },
  ])).toEqual([]);
});

test('all mistakes are told, each at its place', () => {
  expect(mistakes([
    { id: 'a', effect: 'allow', to: { any: [{ everyone: true }, { attribute: 'person.shoe', eq: 1 }] } },
    { id: 'b', effect: 'deny', to: { all: [{ not: { all: [{ destination: ['Korea'] }] } }] } },
    { id: 'c', effect: 'window' }, { id: 'd', effect: 'window', from: '2027-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, { id: 'e', effect: 'window', from: '2026-01-01' },
    { id: 'f', effect: 'granularity', atMost: 'row', minimumCell: 10 }, { id: 'g', effect: 'budget', queries: 0, per: 'year' }, { id: 'h', effect: 'purpose', allowed: ['DUO_0000045'] }, { id: 'i', effect: 'unknown' }, { id: 'j', effect: 'obligation', kind: 'other' },
    { id: 'k', effect: 'allow', to: { nobody: true } }, { id: 'l', effect: 'allow', to: { everyone: true, authenticated: true } },
  ]).map((mistake) => mistake.slice(0, mistake.indexOf(': ')))).toEqual([
    'rules.0.to.any.1.attribute', 'rules.1.to.all.0.not.all.0.destination.0', 'rules.2', 'rules.3.until', 'rules.4.from', 'rules.5.minimumCell', 'rules.6.queries', 'rules.6.per', 'rules.7.allowed.0', 'rules.8.effect', 'rules.9.text', 'rules.10.to', 'rules.11.to',
  ]);
  const columns = (name: string, transform: unknown): string[] => mistakes([{ id: 'a', effect: 'columns', columns: ['id', name], transform }]);
  expect(columns('age', { kind: 'hash', scope: 'dataset' })).toEqual(['rules.0.columns.1: hash needs a column of text; "age" is int32: use null or deny']);
  expect(columns('id', { kind: 'mask', with: 'a\0' })).toEqual(['rules.0.transform.with: must not hold the character NUL']);
  expect(columns('none', { kind: 'deny' })).toEqual(['rules.0.columns.1: table "people" has no column "none": name the tables that the rule is for in "tables"']);
  expect(mistakes([{ id: 'a', effect: 'columns', columns: ['age'], transform: { kind: 'bin', width: 2.5 } }])).toEqual(['rules.0.columns.0: "age" holds whole numbers: the step must be one, too']);
  for (const width of [0, -1, 1e-12, 1e13, Number.NaN, Number.POSITIVE_INFINITY]) expect(mistakes([{ id: 'a', effect: 'columns', columns: ['dose'], transform: { kind: 'bin', width } }])).toHaveLength(1);
  expect(mistakes([{ id: 'a', effect: 'rows', where: { column: 'age', op: 'like', value: '4%' } }])).toEqual(['rules.0.where: like compares a text column with a text; "age" is int32']);
  expect(mistakes([{ id: 'a', effect: 'deny', to: { everyone: true }, tables: ['people', 'nobody'] }])).toEqual(['rules.0.tables.1: there is no table "nobody"; there are people']);
});

test('a condition that nests without end is a mistake and no stack overflow', () => {
  let to: unknown = { everyone: true };
  for (let depth = 0; depth < 5_000; depth++) to = { not: to };
  expect(mistakes([{ id: 'a', effect: 'allow', to }])).toEqual(['rules.0.to: nests deeper than 20']);
});

test('versions: a rule finds its columns in one that it is for; what it would lose in a new one is told', () => {
  const newer = table('people', { id: 'text', full_name: 'text' }, 2);
  const older = table('people', { id: 'text', name: 'text' }, 1);
  const hide = (name: string, majors?: readonly number[]): unknown => ({ id: `hide-${name}`, effect: 'columns', columns: [name], transform: { kind: 'deny' }, ...(majors ? { majors } : {}) });
  expect(mistakes([hide('name'), hide('full_name')], [newer, older])).toEqual([]);
  expect(mistakes([hide('name', [2])], [newer, older])).toEqual(['rules.0.columns.0: table "people" has no column "name": name the tables that the rule is for in "tables"']);
  // A version to come is judged when it comes: the rule can be there before it.
  expect(mistakes([hide('whatever', [3])], [newer, older])).toEqual([]);
  expect(mistakes([hide('name', [1, 3])], [older])).toEqual([]);
  expect(mistakes([hide('id', [1])], [newer])).toEqual(['rules.0.majors: there is no version 1']);
  const lost = (rules: unknown): string[] => lostRules({ rules } as RuleDocument, { major: 2, tables: [newer] }).map(({ path }) => path);
  expect(lost([hide('name')])).toEqual(['rules.0.columns.0']);
  expect(lost([hide('name', [1]), hide('full_name', [2])])).toEqual([]);
  expect(lost([{ id: 'x', effect: 'deny', tables: ['gone'], to: { everyone: true } }])).toEqual(['rules.0.tables.0']);
});

test('hashes name their key', () => {
  const document = parseRules({ rules: [{ id: 'h', effect: 'columns', columns: ['id'], transform: { kind: 'hash', scope: 'dataset' } }] }, [people]);
  const pinned = withHashKeys(document, { newestId: 'k2', ids: ['k2', 'k1'] });
  expect(pinned.rules[0]).toMatchObject({ transform: { key: 'k2' } });
  expect(withHashKeys(pinned, { newestId: 'k3', ids: ['k3', 'k2'] }).rules[0]).toMatchObject({ transform: { key: 'k2' } });
  expect(() => withHashKeys(pinned, { newestId: 'k3', ids: ['k3'] })).toThrow(/no key "k2"/);
});

test('what changed is told rule by rule', () => {
  const before = { rules: [{ id: 'a', effect: 'allow', to: { everyone: true } }, { id: 'b', effect: 'budget', queries: 1, per: 'day' }], contact: 'x' } as RuleDocument;
  const after = { rules: [{ id: 'c', effect: 'window', until: '2027-01-01T00:00:00Z' }, { id: 'b', effect: 'budget', queries: 2, per: 'day' }] } as RuleDocument;
  expect(ruleChanges(before, after)).toEqual([
    { kind: 'ADDED', rule: 'c', text: 'Open until 2027-01-01T00:00:00Z in all tables.' }, { kind: 'CHANGED', rule: 'b', text: '2 operations a day to each caller in all tables. (queries: 1 → 2)' },
    { kind: 'REMOVED', rule: 'a', text: 'Further callers may read in all tables.' }, { kind: 'REMOVED', rule: 'contact', text: 'x' },
  ]);
  expect(ruleChanges(before, { ...before, rules: before.rules.toReversed() })).toEqual([]);
});

test('places of a JSON text', () => {
  const text = '{\n  "rules": [\n    { "id": "a\\"b", "to": { "any": [1, {"x": null}] } },\n    {"id":"c"}\n  ]\n}';
  const places = jsonPlaces(text);
  const at = (path: string): string => `${placeOf(places, path)!.line}:${placeOf(places, path)!.column}`;
  expect([at(''), at('rules'), at('rules.0.id'), at('rules.0.to.any.1.x'), at('rules.1'), at('rules.1.id'), at('rules.1.nothing.more')]).toEqual(['1:1', '2:12', '3:13', '3:46', '4:5', '4:11', '4:5']);
});

test('the example of docs/access.md is a rule document', () => {
  const [, example] = /```json\n(\{[\s\S]*?\n\})\n```/.exec(readFileSync('docs/access.md', 'utf8'))!;
  const tables = [table('patients', { institution: 'text', name: 'text', age: 'int32' }), table('visits', { day: 'date' })];
  const document = parseRules(JSON.parse(example!), tables);
  expect(new Set(document.rules.map((rule) => rule.effect)).size).toBe(10);
});

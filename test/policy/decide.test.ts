/** How rules compose: the table of docs/access.md, row by row, and what a decision says. Pure: no database. */
import { describe, expect, test } from '@jest/globals';
import type { Column, Dataset } from '../../src/catalog/model.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { asking } from '../../src/policy/asking.js';
import { compose } from '../../src/policy/columns.js';
import { decideDataset, tableAt, type TableDecision } from '../../src/policy/decide.js';
import type { Grant } from '../../src/policy/grant.js';
import { granularityRefusal } from '../../src/policy/granularity.js';
import { covers, honours, parsePurpose } from '../../src/policy/purpose.js';
import { granularities, type Condition, type Rule, type Transform } from '../../src/policy/rule.js';
import { person } from '../support/engine.js';

const columns = ['id', 'name', 'age'].map((name): Column => ({ name, field: name, physical: name, kind: 'text', facet: false, personKey: false, required: false, unique: false }));
const version = (major: number, names: readonly string[] = ['t', 'u']): Dataset['versions'][number] => ({
  id: `v${major}`, major, minor: 0, createdAt: new Date(0), metadata: { title: 'T', keywords: [], licenses: [], contributors: [], sources: [] },
  tables: names.map((name) => ({ name, field: name, columns, primaryKey: [], uniqueKeys: [], foreignKeys: [], segments: [{ physical: 's1', rows: 1 }], rows: 1 })),
});
const dataset = (rules: readonly Rule[], more: Partial<Dataset> = {}): Dataset => ({
  id: 'd', organization: { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' }, name: 'd', field: 'd', visibility: 'RESTRICTED', listed: true, rules: { rules }, rulesRevision: 1, versions: [version(1)], createdAt: new Date(0), ...more,
});
const yes: Condition = { everyone: true };
const no: Condition = { not: { everyone: true } };
const unknown: Condition = { attribute: 'claim.none', eq: 'x' };
const allow = (to: Condition, id = 'a'): Rule => ({ id, effect: 'allow', to });
const deny = (to: Condition, id = 'd'): Rule => ({ id, effect: 'deny', to });
const table = (rules: readonly Rule[], identity: Identity = person({}), more: Partial<Dataset> = {}, parts: Parameters<typeof asking>[1] = {}): TableDecision => decideDataset(dataset(rules, more), asking(identity, parts)).tables.get('t')!;

describe('who is admitted', () => {
  const truths = { yes, no, unknown } as const;
  for (const [a, to] of Object.entries(truths)) {
    for (const [d, against] of Object.entries(truths)) {
      // Only a certain allow admits, and only a certain "not meant" escapes a deny.
      const open = a === 'yes' && d === 'no';
      test(`allow ${a}, deny ${d}: ${open ? 'open' : 'closed'}`, () => {
        for (const rules of [[allow(to), deny(against)], [deny(against), allow(to)]]) expect(table(rules).readable).toBe(open);
        // A deny wins over visibility and membership, too.
        expect(table([deny(against)], person({}), { visibility: 'PUBLIC' }).readable).toBe(d === 'no');
        expect(table([deny(against)], person({ memberships: [{ organization: 'lab', role: 'owner' }] })).readable).toBe(d === 'no');
      });
    }
  }
  test('several allows: any; several denies: any', () => {
    expect(table([allow(no), allow(yes, 'b')]).readable).toBe(true);
    expect(table([allow(no), allow(unknown, 'b')]).readable).toBe(false);
    expect(table([allow(yes), deny(no), deny(unknown, 'e')]).readable).toBe(false);
  });
});

describe('columns', () => {
  const transforms: readonly Transform[] = [
    { kind: 'deny' }, { kind: 'null' }, { kind: 'mask', keepEnd: 2 }, { kind: 'mask', keepStart: 2 }, { kind: 'hash', scope: 'dataset' }, { kind: 'hash', scope: 'organization' },
    { kind: 'round', to: 10 }, { kind: 'bin', width: 10 }, { kind: 'bin', width: 5 }, { kind: 'generalise', to: 'year' }, { kind: 'generalise', to: 'quarter' }, { kind: 'generalise', to: 'month' }, { kind: 'place', degrees: 1 },
  ];
  const expected = (a: Transform, b: Transform): Transform => {
    if (a.kind === 'deny' || b.kind === 'deny') return { kind: 'deny' };
    if (a === b) return a;
    if (a.kind === 'generalise' && b.kind === 'generalise') return a.to === 'year' || b.to === 'year' ? { kind: 'generalise', to: 'year' } : { kind: 'generalise', to: 'quarter' };
    return { kind: 'null' };
  };
  test('every pair composes as documented, whatever the order', () => {
    for (const a of transforms) for (const b of transforms) {
      expect([a, b, compose(a, b)]).toEqual([a, b, expected(a, b)]);
      const rules = [a, b].map((transform, i): Rule => ({ id: `c${i}`, effect: 'columns', columns: ['name'], transform }));
      expect(table([allow(yes), ...rules]).columns.get('name')!.transform).toEqual(expected(a, b));
    }
  });
  test('any three give the same in any order', () => {
    for (const a of transforms) for (const b of transforms) for (const c of transforms) {
      expect(compose(compose(a, b), c)).toEqual(compose(a, compose(b, c)));
      expect(compose(compose(a, b), c)).toEqual(compose(compose(c, a), b));
    }
  });
  test('an exemption must be certain', () => {
    const rule = (unless: Condition): Rule => ({ id: 'c', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, unless });
    expect([yes, no, unknown].map((unless) => table([allow(yes), rule(unless)]).columns.size)).toEqual([0, 1, 1]);
  });
});

describe('rules that narrow', () => {
  test('granularity: the least of all; cells: the greatest; contributors: all', () => {
    for (const a of granularities) for (const b of granularities) {
      const found = table([allow(yes), { id: 'a1', effect: 'granularity', atMost: a }, { id: 'b1', effect: 'granularity', atMost: b }]);
      const least = granularities[Math.min(granularities.indexOf(a), granularities.indexOf(b))]!;
      if (least === 'existence') expect(found).toMatchObject({ readable: false, admitted: true, reason: { code: 'EXISTENCE_ONLY' } });
      else expect(found).toMatchObject({ readable: true, granularity: least });
    }
    const cells = table([allow(yes), { id: 'a1', effect: 'granularity', atMost: 'count', minimumCell: 5 }, { id: 'b1', effect: 'granularity', atMost: 'aggregate', minimumCell: 20, minimumContributors: { column: 'id', count: 3 } }]);
    expect(cells).toMatchObject({ granularity: 'count', minimumCell: 20, minimumContributors: [{ column: 'id', count: 3 }] });
    expect(granularityRefusal('count', dataset([]), cells)).toMatchObject({ code: 'SUPPRESSED' });
    expect(granularityRefusal('existence', dataset([]), cells)).toBeUndefined();
  });
  test('purposes, channels, destinations: all must be satisfied', () => {
    const two = (allowed: readonly string[], others: readonly string[]): readonly Rule[] => [allow(yes), { id: 'p', effect: 'purpose', allowed }, { id: 'q', effect: 'purpose', allowed: others }];
    const hmb = { purpose: parsePurpose('DUO_0000006') };
    expect(table(two(['DUO_0000042'], ['DUO_0000006']), person({}), {}, hmb).readable).toBe(true);
    expect(table(two(['DUO_0000042'], ['DUO_0000011']), person({}), {}, hmb)).toMatchObject({ readable: false, admitted: true, reason: { code: 'PURPOSE_NOT_ALLOWED', rule: 'q' } });
    const channel: readonly Rule[] = [allow(yes), { id: 'c', effect: 'channel', allowed: ['query', 'job'] }, { id: 'e', effect: 'channel', allowed: ['job', 'export'] }];
    expect((['query', 'job', 'export', 'modelRun', 'subscription'] as const).map((name) => table(channel, person({}), {}, { channel: name }).readable)).toEqual([false, true, false, false, false]);
    const destination: readonly Rule[] = [allow(yes), { id: 'h', effect: 'destination', home: ['KR'], transfers: [{ country: 'JP', basis: 'contract' }] }, { id: 'i', effect: 'destination', home: ['KR'] }];
    expect(['KR', 'JP', undefined].map((country) => table(destination, person({ country })).readable)).toEqual([true, false, false]);
    // The kill switch stops what has a basis, too.
    const stopped = (stop: boolean): readonly Rule[] => [allow(yes), { id: 'h', effect: 'destination', home: ['KR'], transfers: [{ country: 'JP', basis: 'contract' }], stopped: stop }];
    expect([true, false].map((stop) => ['KR', 'JP'].map((country) => table(stopped(stop), person({ country })).readable))).toEqual([[true, false], [true, true]]);
    // Where the answer goes counts, not where the person is.
    expect(table(destination, person({ country: 'KR' }), {}, { destination: 'US', channel: 'modelRun' }).readable).toBe(false);
  });
  test('windows, budgets and obligations: each for itself', () => {
    expect(table([allow(yes), { id: 'w', effect: 'window', from: '2026-01-01T00:00:00Z' }, { id: 'x', effect: 'window', until: '2027-01-01T00:00:00Z' }, { id: 'b', effect: 'budget', queries: 3, per: 'day' }, { id: 'c', effect: 'budget', queries: 9, per: 'week' },
      { id: 'o', effect: 'obligation', kind: 'cite' }, { id: 'p', effect: 'obligation', kind: 'publishBack', unless: yes }])).toMatchObject({
      windows: [{ rule: 'w', from: new Date('2026-01-01') }, { rule: 'x', until: new Date('2027-01-01') }], budgets: [{ rule: 'b' }, { rule: 'c' }], obligations: [{ rule: 'o', kind: 'cite' }],
    });
  });
  test('an export needs more than rows', () => {
    const rows: readonly Rule[] = [allow(yes), { id: 'g', effect: 'granularity', atMost: 'row' }];
    expect([table(rows).readable, table(rows, person({}), {}, { channel: 'export' }).readable]).toEqual([true, false]);
    expect(table([allow(yes)], person({}), {}, { channel: 'export' }).readable).toBe(true);
  });
  test('an API token without the scope reads nothing, whatever opens', () => {
    expect(table([allow(yes)], person({ scopes: ['rules'] })).reason.code).toBe('SCOPE_MISSING');
  });
});

describe('visas', () => {
  const visa = { type: 'ControlledAccessGrants', value: 'v', source: 's', by: 'dac', asserted: 0, expiresAt: Date.now() + 60_000 };
  const holds = (test: Extract<Condition, { visa: unknown }>['visa'], visas: Identity['visas'], identity = person({ visas })): boolean => table([allow({ visa: test })], identity).readable;
  test('all parts must be of one visa', () => {
    expect(holds({ type: visa.type }, [visa])).toBe(true);
    expect(holds({ type: visa.type, value: 'v', source: 's', by: 'dac' }, [visa])).toBe(true);
    expect(holds({ type: visa.type, value: 'w', source: 's' }, [visa, { ...visa, value: 'w', source: 'other' }])).toBe(false);
    expect(holds({ type: visa.type, by: 'self' }, [visa])).toBe(false);
    expect(holds({ type: visa.type }, [{ ...visa, expiresAt: Date.now() - 1 }])).toBe(false);
    expect(holds({ type: visa.type }, [], anonymous)).toBe(false);
  });
});

describe('purposes', () => {
  test('DUO: a permission covers what is narrower, and nothing else', () => {
    const codes = { NRES: 'DUO_0000004', GRU: 'DUO_0000042', HMB: 'DUO_0000006', DS: 'DUO_0000007', POA: 'DUO_0000011' };
    const covered = Object.entries(codes).map(([name, code]) => [name, Object.entries(codes).filter(([, other]) => covers(code, other)).map(([other]) => other).join(' ')]);
    expect(Object.fromEntries(covered)).toEqual({ NRES: 'NRES GRU HMB DS POA', GRU: 'GRU HMB DS POA', HMB: 'HMB DS', DS: 'DS', POA: 'POA' });
    expect(honours(parsePurpose('DUO_0000042 DUO_0000018'), 'DUO_0000045')).toBe(true);
    expect(honours(parsePurpose('DUO_0000042 DUO_0000045'), 'DUO_0000018')).toBe(false);
    for (const text of ['', 'x', 'DUO_0000045', 'DUO_0000042 DUO_9999999', 'duo_0000042', Array(30).fill('DUO_0000042').join(' ')]) expect(() => parsePurpose(text)).toThrow(/dure-purpose/);
  });
});

describe('grants', () => {
  const soon = new Date(Date.now() + 3_600_000);
  const grant = (parts: Partial<Grant> = {}): Grant => ({ id: 'g', dataset: 'd', subject: 'p1', until: soon, ...parts });
  const granted = (rules: readonly Rule[], grants: readonly Grant[], more: Partial<Parameters<typeof asking>[1]> = {}, identity = person({})): TableDecision => table(rules, identity, {}, { grants, ...more });
  const opens: readonly Rule[] = [allow({ grant: true }), { id: 'n', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, unless: { grant: true } }];
  test('open what the rules say that they open, for their holder, tables and columns', () => {
    expect(granted(opens, []).readable).toBe(false);
    expect(granted([], [grant()]).readable).toBe(false);
    expect(granted(opens, [grant()])).toMatchObject({ readable: true, reason: { code: 'GRANTED' }, grant: { id: 'g' } });
    expect(granted(opens, [grant()]).columns.size).toBe(0);
    for (const other of [{ subject: 'p2' }, { dataset: 'e' }, { tables: ['u'] }, { issuer: 'https://elsewhere.example' }, { until: new Date(Date.now() - 1) }, { from: soon }]) expect(granted(opens, [grant(other)]).readable).toBe(false);
    expect(granted(opens, [grant()], {}, anonymous).readable).toBe(false);
    expect([...granted(opens, [grant({ columns: { t: ['id', 'name'] } })]).columns]).toMatchObject([['age', { rule: 'grant', transform: { kind: 'deny' } }]]);
    expect(granted(opens, [grant({ columns: { t: ['id'] } })]).columns.get('name')!.transform.kind).toBe('deny');
    expect(granted([allow(yes), ...opens], [grant({ columns: { t: ['id'] } })]).columns.has('age')).toBe(false);
  });
  test('a purpose that was granted must be declared', () => {
    expect(granted(opens, [grant({ purpose: 'DUO_0000006' })]).reason).toMatchObject({ code: 'PURPOSE_REQUIRED', allowed: ['DUO_0000006'] });
    expect(granted(opens, [grant({ purpose: 'DUO_0000006' })], { purpose: parsePurpose('DUO_0000042') }).reason.code).toBe('PURPOSE_NOT_ALLOWED');
    expect(granted(opens, [grant({ purpose: 'DUO_0000006' })], { purpose: parsePurpose('DUO_0000007') }).readable).toBe(true);
  });
  test('whoever holds one may know of the table whatever they declare; who holds none may not', () => {
    for (const purpose of [undefined, parsePurpose('DUO_0000042'), parsePurpose('DUO_0000006')]) {
      expect(granted(opens, [grant({ purpose: 'DUO_0000006' })], { purpose }).admitted).toBe(true);
      expect(granted(opens, [grant({ purpose: 'DUO_0000006', subject: 'p2' })], { purpose }).admitted).toBe(false);
      expect(granted([...opens, deny(yes)], [grant({ purpose: 'DUO_0000006' })], { purpose }).admitted).toBe(false);
    }
  });
  test('one for a country is in force for answers that go there, and nowhere else', () => {
    for (const [destination, readable] of [['KR', true], ['DE', false], [undefined, false]] as const) expect(granted(opens, [grant({ country: 'KR' })], { destination }).readable).toBe(readable);
  });
  test('no finer than what was granted, unless something else opens the table', () => {
    expect(granted(opens, [grant({ granularity: 'count' })])).toMatchObject({ granularity: 'count', granularityRule: 'grant' });
    expect(granted([...opens, { id: 'a', effect: 'granularity', atMost: 'existence' }], [grant({ granularity: 'count' })]).readable).toBe(false);
    expect(granted(opens, [grant({ granularity: 'row' })], { channel: 'export' }).reason.code).toBe('CHANNEL_NOT_ALLOWED');
    expect(granted([allow(yes), ...opens], [grant({ granularity: 'count' })]).granularity).toBe('export');
  });
  test('what rests on one is limited to its columns and granularity, however it is opened', () => {
    const ways: readonly (readonly Rule[])[] = [
      [allow({ grant: true })],
      [allow(yes), deny({ not: { grant: true } })],
      ...([
        { effect: 'rows', where: { column: 'age', op: 'lt', value: 18 } }, { effect: 'granularity', atMost: 'existence' }, { effect: 'granularity', atMost: 'aggregate', minimumCell: 10 }, { effect: 'purpose', allowed: ['DUO_0000007'] },
        { effect: 'channel', allowed: ['job'] }, { effect: 'destination', home: ['KR'] }, { effect: 'window', until: '2020-01-01T00:00:00Z' },
      ] as const).map((rule): readonly Rule[] => [allow(yes), { id: 'w', ...rule, unless: { grant: true } } as Rule]),
    ];
    for (const rules of ways) {
      const found = granted(rules, [grant({ columns: { t: ['id'] }, granularity: 'count' })]);
      expect(found).toMatchObject({ readable: true, granularity: 'count', granularityRule: 'grant', minimumCell: 1, grant: { id: 'g' } });
      expect([...found.columns.keys()].sort()).toEqual(['age', 'name']);
    }
    // More often, or with fewer duties: that is no more than others read.
    for (const rule of [{ effect: 'budget', queries: 1, per: 'day' }, { effect: 'obligation', kind: 'cite' }] as const) {
      const found = granted([allow(yes), { id: 'w', ...rule, unless: { grant: true } }], [grant({ columns: { t: ['id'] }, granularity: 'count' })]);
      expect([found.granularity, found.columns.size, found.grant?.id]).toEqual(['export', 0, 'g']);
    }
  });
  test('one for figures shows no cell of rows that are read without it', () => {
    const hidden: readonly Rule[] = [allow(yes), { id: 'n', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, unless: { grant: true } }];
    expect(granted(hidden, [grant({ granularity: 'row' })]).columns.size).toBe(0);
    for (const granularity of ['existence', 'count', 'aggregate'] as const) expect(granted(hidden, [grant({ granularity })])).toMatchObject({ granularity: 'export', columns: new Map([['name', expect.objectContaining({ rule: 'n' })]]) });
    // Below rows it is figures of the column that it opens.
    expect(granted([allow({ grant: true }), ...hidden.slice(1)], [grant({ granularity: 'aggregate' })])).toMatchObject({ granularity: 'aggregate', columns: new Map() });
  });
  test('two do not lend each other columns or times, and a deny wins over both', () => {
    const two = granted(opens, [grant({ id: 'narrow', columns: { t: ['name'] } }), grant({ id: 'wide', columns: { t: ['id', 'age'] } })]);
    expect(two.grant!.id).toBe('wide');
    expect(two.columns.get('name')!.transform.kind).toBe('deny');
    expect(granted([...opens, deny(yes)], [grant()]).readable).toBe(false);
  });
  test('what a grant made possible ends with it; what it did not, does not', () => {
    expect(granted([allow(yes), deny({ not: { grant: true } })], [grant()]).grant?.id).toBe('g');
    expect(granted([allow(yes), { id: 'n', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, unless: { grant: true } }], [grant()]).grant?.id).toBe('g');
    expect(granted([allow(yes)], [grant()]).grant).toBeUndefined();
  });
  test('the decision is to be made anew when one begins or ends', () => {
    const later = new Date(Date.now() + 60_000);
    expect(decideDataset(dataset(opens), asking(person({}), { grants: [grant({ from: later })] })).validUntil).toBe(later.getTime());
    expect(decideDataset(dataset(opens), asking(person({}), {})).validUntil).toBeUndefined();
  });
  test('the key of compiled statements does not tell two holders apart', () => {
    const key = (subject: string): string => decideDataset(dataset(opens), asking(person({ subject, key: subject }), { grants: [grant({ id: subject, subject })] })).key;
    expect(key('p1')).toBe(key('p2'));
  });
});

test('a rule is for the tables that it names, and opens no other', () => {
  const decision = decideDataset(dataset([{ id: 'a', effect: 'allow', to: yes, tables: ['t'] }]), asking(person({})));
  expect([decision.tables.get('t')!.readable, decision.tables.get('u')!.readable]).toEqual([true, false]);
});

describe('majors', () => {
  const old: Rule = { id: 'old', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, majors: [1] };
  test('a rule holds for the majors that it names', () => {
    const decision = decideDataset(dataset([allow(yes), old, { id: 'closed', effect: 'deny', to: yes, tables: ['u'], majors: [2] }], { versions: [version(2), version(1)] }), asking(person({})));
    const at = (major: number, name: string): TableDecision => tableAt(decision, { version: { major }, table: { name } })!;
    expect([at(1, 't').columns.size, at(2, 't').columns.size, at(1, 'u').readable, at(2, 'u').readable]).toEqual([1, 0, true, false]);
    expect(tableAt(decision, { version: { major: 3 }, table: { name: 't' } })).toBeUndefined();
  });
});

describe('overrides', () => {
  const override = { id: 'x', subject: 'p1', issuer: 'https://idp.example', reason: 'a fire in the archive', by: 's', from: new Date(Date.now() - 1_000), until: new Date(Date.now() + 60_000) };
  test('open everything to one person, for a time', () => {
    const closed: readonly Rule[] = [deny(yes), { id: 'c', effect: 'columns', columns: ['name'], transform: { kind: 'deny' } }];
    const decision = (parts: Partial<typeof override>, identity = person({ issuer: override.issuer })): ReturnType<typeof decideDataset> => decideDataset(dataset(closed, { overrides: [{ ...override, ...parts }], embargoUntil: new Date('2099-01-01') }), asking(identity));
    expect(decision({})).toMatchObject({ readable: true, embargoUntil: undefined, override: { id: 'x' }, validUntil: override.until.getTime() });
    expect(decision({}).tables.get('t')!.columns.size).toBe(0);
    expect(decision({ subject: 'p2' }).readable).toBe(false);
    // Another issuer's p1 is somebody else; so is one whom nobody vouches for.
    expect(decision({}, person({ issuer: 'https://other.example' })).readable).toBe(false);
    expect(decision({}, person({ issuer: undefined })).readable).toBe(false);
    expect(decision({ until: new Date(Date.now() - 1) }).readable).toBe(false);
    expect(decision({}, anonymous).readable).toBe(false);
  });
  test('but not to an API token of that person that may not read', () => {
    expect(decideDataset(dataset([], { overrides: [override] }), asking(person({ kind: 'token', issuer: override.issuer, scopes: ['publish'] }))).readable).toBe(false);
  });
});

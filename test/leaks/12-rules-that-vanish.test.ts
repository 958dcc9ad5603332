/** Leak class 12: a rule that drops out when what it names is not known, of another type, or not there in this version. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack, type Told } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const data = (claims: Record<string, unknown>): Promise<Told> => attack.ask('{ lab { asserted { data { totalCount nodes { id_ } } } } }', { sub: 'a', ...claims });
const rows = async (claims: Record<string, unknown>): Promise<unknown> => at(await data({ study: 'A', barred: false, ...claims }), 'lab.asserted.data');

describe('a row rule whose attribute is missing or of another shape hides every row', () => {
  test.each<[string, Record<string, unknown>]>([
    ['missing', {}], ['null', { site: null }], ['empty', { site: '' }], ['a number', { site: 1 }], ['true', { site: true }], ['a list', { site: ['canary north'] }], ['an object', { site: { eq: 'canary north' } }], ['a pattern', { site: '%' }], ['a condition', { site: "' or true --" }], ['of a prototype', { __proto__: { site: 'canary north' } }],
  ])('%s', async (_name, claims) => {
    const found = await rows(claims);
    expect(found).toEqual({ totalCount: 0, nodes: [] });
  });
  test('and is met by the right one', async () => { expect(await rows({ site: 'canary south' })).toEqual({ totalCount: 1, nodes: [{ id_: 'r2' }] }); });
});

test.each<[string, Record<string, unknown>]>([
  ['missing', {}], ['null', { study: null }], ['a list', { study: ['A'] }], ['lower case', { study: 'a' }], ['an object', { study: { A: true } }], ['the bar not known', { study: 'A', barred: undefined }], ['the bar of another type', { study: 'A', barred: 'false' }], ['barred', { study: 'A', barred: true }],
])('an allow rule does not admit: %s', async (_name, claims) => { expect(codesOf(await data({ site: 'canary north', ...claims }))).toEqual(['FORBIDDEN']); });

describe('an exemption that is not certain exempts nobody', () => {
  test.each<[string, Record<string, unknown> | undefined]>([
    ['nobody', undefined], ['no organizations', { sub: 'x' }], ['a text that is no list', { sub: 'x', organizations: '["lab:member"]' }], ['a role that there is not', { sub: 'x', organizations: ['lab:root'] }], ['another organization', { sub: 'x', organizations: ['laboratory:member'] }],
  ])('%s', async (_name, claims) => {
    const told = await attack.ask('{ lab { trial { patients { totalCount nodes { name } } } } }', claims);
    if (codesOf(told)[0] === 'UNAUTHENTICATED') return;
    expect(at(told, 'lab.trial.patients')).toEqual({ totalCount: 3, nodes: [{ name: null }, { name: null }, { name: null }] });
  });
});

test('an attribute that is empty begins no text', async () => {
  const count = async (claims: Record<string, unknown>): Promise<unknown> => at(await attack.ask('{ lab { rivals { sites { totalCount } } } }', { sub: 'a', organizations: [], roles: [], ga4gh_passport_v1: [], ...claims }), 'lab.rivals.sites');
  expect(await count({ site: '', other: '' })).toEqual({ totalCount: 0 });
  expect(await count({ site: 'canary n', other: '' })).toEqual({ totalCount: 1 });
  expect(await count({ site: '', other: 'north' })).toEqual({ totalCount: 1 });
});

describe('a list that the issuer left out does not say what somebody is not', () => {
  const rivals = (claims: Record<string, unknown>): Promise<Told> => attack.ask('{ lab { rivals { data { totalCount } } } }', { sub: 'a', ...claims });
  test.each<[string, Record<string, unknown>]>([
    ['they are', { organizations: ['rival:publisher'], roles: [], ga4gh_passport_v1: [] }], ['not asserted', { roles: [], ga4gh_passport_v1: [] }], ['null', { organizations: null, roles: [], ga4gh_passport_v1: [] }],
    ['entries that cannot be read', { organizations: ['rival'], roles: [], ga4gh_passport_v1: [] }], ['entries that are no texts', { organizations: [{ rival: 'member' }], roles: [], ga4gh_passport_v1: [] }],
    ['roles not asserted', { organizations: [], ga4gh_passport_v1: [] }], ['no passport', { organizations: [], roles: [] }], ['a visa that was dropped', { organizations: [], roles: [], ga4gh_passport_v1: ['a.b.c'] }],
  ])('%s: the denial holds', async (_name, claims) => { expect(codesOf(await rivals(claims))).toEqual(['FORBIDDEN']); });
  test('and whose lists are there and without it is let in', async () => {
    expect(at(await rivals({ organizations: ['bora:member'], roles: [], ga4gh_passport_v1: [] }), 'lab.rivals.data')).toEqual({ totalCount: 1 });
  });
});

describe('a version that lacks what a rule names', () => {
  test('a column of a row rule: no row at all', async () => {
    expect(at(await attack.ask('{ lab { trial_v1(version: "1.0") { patients { totalCount nodes { id_ } } } } }'), 'lab.trial_v1.patients')).toEqual({ totalCount: 0, nodes: [] });
  });
  test('a column of another type than the transform is made for: withheld', async () => {
    const told = await attack.ask('{ lab { retyped_v1 { doses { nodes { dose note } } } retyped { doses { nodes { dose } } } } }');
    expect(told.data).toEqual({ lab: { retyped_v1: { doses: { nodes: [{ dose: null, note: 'old' }] } }, retyped: { doses: { nodes: [{ dose: 0 }] } } } });
    expect(codesOf(await attack.ask('{ lab { retyped_v1 { doses(where: { dose: { startsWith: "c" } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
  });
  test('hashes that were not computed there: withheld, not shown', async () => {
    const told = await attack.ask('{ lab { trial_v1(version: "1.1") { patients(first: 1) { nodes { email } } } } }');
    expect([null, 'h-one']).toContain((at(told, 'lab.trial_v1.patients.nodes') as { email: unknown }[])[0]?.email);
  });
});

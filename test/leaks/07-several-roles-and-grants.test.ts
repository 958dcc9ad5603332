/** Leak class 7: several roles, rules or grants that together would give more than each. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack, type Told } from '../support/attack.js';
import { demoIssuer } from '../../src/identity/jwt.js';
import type { Grant } from '../../src/policy/grant.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
beforeEach(() => { attack.grants = []; });
afterAll(() => attack.close());

const grant = (id: string, parts: Partial<Grant> = {}): Grant => ({ id, dataset: attack.dure.snapshot.byPath.get('lab/asked')!.id, subject: 'p', issuer: demoIssuer, ...parts });
const data = (claims: Record<string, unknown> | undefined, asked = {}): Promise<Told> => attack.ask('{ lab { asked { data { nodes { id_ a b } } } } }', claims, asked);

test('two grants do not lend each other their columns', async () => {
  attack.grants = [grant('g1', { columns: { data: ['id', 'a'] } }), grant('g2', { columns: { data: ['id'] } })];
  expect(at(await data({ sub: 'p' }, { open: true }), 'lab.asked.data.nodes')).toEqual([{ id_: 'r1', a: 'canary a', b: null }]);
  attack.grants = [grant('g1', { columns: { data: ['a'] } }), grant('g2', { columns: { data: ['b'] } })];
  const [row] = at(await data({ sub: 'p' }, { open: true }), 'lab.asked.data.nodes') as { a: unknown; b: unknown }[];
  expect([row!.a, row!.b].filter((value) => value !== null)).toHaveLength(1);
  expect(codesOf(await attack.ask('{ lab { asked { data(where: { b: { startsWith: "c" } }) { totalCount } } } }', { sub: 'p' }))).toEqual(['FORBIDDEN']);
});

test('nor their periods and purposes', async () => {
  attack.grants = [grant('ended', { until: new Date(Date.now() - 60_000) }), grant('later', { from: new Date(Date.now() + 3_600_000) }), grant('medicine', { purpose: 'DUO_0000006' })];
  expect(codesOf(await data({ sub: 'p' }))).toEqual(['PURPOSE_REQUIRED']);
  expect(codesOf(await data({ sub: 'p' }, { purpose: 'DUO_0000011' }))).toEqual(['FORBIDDEN']);
  expect(codesOf(await data({ sub: 'p' }, { purpose: 'DUO_0000006', open: true }))).toEqual([]);
});

test('a grant is its holder\'s: not of somebody else, of nobody, or of a namesake of another issuer', async () => {
  attack.grants = [grant('g')];
  for (const claims of [undefined, { sub: 'q' }, { sub: 'P' }, { sub: 'p ' }, { sub: 'q', preferred_username: 'p' }]) expect(codesOf(await data(claims))).toEqual(['FORBIDDEN']);
  attack.grants = [grant('g', { issuer: 'https://other.example' })];
  expect(codesOf(await data({ sub: 'p' }))).toEqual(['FORBIDDEN']);
  attack.grants = [grant('g', { tables: ['elsewhere'] })];
  expect(codesOf(await data({ sub: 'p' }))).toEqual(['FORBIDDEN']);
});

test('a grant that was taken back gives nothing from the next question on', async () => {
  attack.grants = [grant('g')];
  expect(codesOf(await data({ sub: 'p' }, { open: true }))).toEqual([]);
  attack.grants = [];
  expect(codesOf(await data({ sub: 'p' }))).toEqual(['FORBIDDEN']);
});

test('a role in one organization is none in another; administrators do not read', async () => {
  const patients = (claims: Record<string, unknown>): Promise<Told> => attack.ask('{ lab { trial { patients { totalCount nodes { name } } samples { totalCount } } vault { secrets { totalCount } } } }', claims);
  for (const claims of [{ sub: 'x', organizations: ['bora:owner'] }, { sub: 'x', organizations: ['bora:steward', 'lab2:steward', 'LAB:steward', 'la:owner'] }, { sub: 'x', roles: ['administrator'] }, { sub: 'x', organizations: ['lab:stewards'] }]) {
    const told = await patients(claims);
    if (codesOf(told)[0] === 'UNAUTHENTICATED') continue;
    expect(at(told, 'lab.trial.patients')).toEqual({ totalCount: 3, nodes: [{ name: null }, { name: null }, { name: null }] });
    expect(codesOf(told)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  }
});

test('a grant of another issuer\'s person of the same subject gives nothing', async () => {
  for (const issuer of ['https://other.example', undefined]) {
    attack.grants = [grant('g', { issuer })];
    expect(codesOf(await data({ sub: 'p' }))).toEqual(['FORBIDDEN']);
  }
});

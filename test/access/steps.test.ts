/** The state machine of requests by itself: every step from every state, and who may take it. */
import { describe, expect, test } from '@jest/globals';
import type { AccessRequest, RequestState } from '../../src/access/request.js';
import { take, type Outcome, type Step } from '../../src/access/steps.js';
import { missingOf, readWanted, type WantedInput } from '../../src/access/wanted.js';
import { isOnCommittee, settingsOf } from '../../src/access/settings.js';
import type { Dataset } from '../../src/catalog/model.js';
import { DureError } from '../../src/errors.js';
import type { Identity } from '../../src/identity/identity.js';
import type { RequestRules } from '../../src/policy/rule.js';
import { person } from '../support/engine.js';

const now = new Date('2027-03-01T00:00:00Z');
const days = (count: number): Date => new Date(now.getTime() + count * 86_400_000);
const dataset = (access?: RequestRules): Dataset => ({
  id: 'd', organization: { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' }, name: 'trial', field: 'trial', rules: { rules: [], ...(access ? { access } : {}) },
  versions: [{ tables: [{ name: 'patients', columns: [{ name: 'age' }, { name: 'sex' }] }] }],
} as unknown as Dataset);
const request = (state: RequestState, more: Partial<AccessRequest> = {}): AccessRequest => ({
  id: 'r', datasetId: 'd', by: { subject: 'ada', issuer: 'i' }, organizations: ['uni'], state, wanted: { purpose: 'DUO_0000006', project: 'p', reason: 'r', tables: ['patients'] },
  approvals: 0, conditions: [], lastSeq: 1, createdAt: now, ...more,
});
const ada = person({ subject: 'ada', issuer: 'i' });
const steward = person({ subject: 'sun', issuer: 'i', memberships: [{ organization: 'lab', role: 'steward' }] });
const administrator = person({ subject: 'root', issuer: 'i', roles: ['administrator'] });
const approve: Step = { kind: 'approve', conditions: [] };
const reject: Step = { kind: 'reject', text: 'no' };

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DureError) return error.code;
    throw error;
  }
  return 'passed';
}
const step = (what: Step, by: Identity, of: AccessRequest, on = dataset(), votes: AccessRequest['by'][] = []): Outcome => take(what, by, on, { request: of, votes, now });

const steps: [string, Step, Identity, readonly RequestState[]][] = [
  ['revise', { kind: 'revise', wanted: request('DRAFT').wanted }, ada, ['DRAFT']],
  ['submit', { kind: 'submit' }, ada, ['DRAFT']],
  ['withdraw', { kind: 'withdraw' }, ada, ['DRAFT', 'SUBMITTED', 'APPROVED']],
  ['approve', approve, steward, ['SUBMITTED']],
  ['reject', reject, steward, ['SUBMITTED']],
  ['revoke', { kind: 'revoke', text: 'x' }, steward, ['APPROVED']],
  ['comment', { kind: 'comment', text: 'x', internal: false }, ada, ['DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED', 'REVOKED', 'EXPIRED', 'WITHDRAWN']],
];
describe.each(steps)('%s', (_name, what, by, from) => {
  test.each(['DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED', 'REVOKED', 'EXPIRED', 'WITHDRAWN'] as const)('of a request that is %s', (state) => {
    expect(code(() => step(what, by, request(state)))).toBe(from.includes(state) ? 'passed' : 'CONFLICT');
  });
});

describe('who', () => {
  test('only who asked revises, submits and withdraws', () => {
    for (const what of [{ kind: 'revise', wanted: request('DRAFT').wanted }, { kind: 'submit' }, { kind: 'withdraw' }] as const) {
      for (const by of [steward, administrator, person({ subject: 'ada', issuer: 'another' })]) expect(code(() => step(what, by, request('DRAFT')))).toBe('FORBIDDEN');
    }
  });
  test('nobody decides their own request: not as a steward, not by an API token, not by one without an issuer', () => {
    const roles = { memberships: [{ organization: 'lab', role: 'owner' as const }] };
    for (const by of [person({ subject: 'ada', issuer: 'i', ...roles }), person({ kind: 'token', tokenId: 't', subject: 'ada', issuer: 'i', ...roles }), person({ subject: 'ada', issuer: undefined, ...roles })]) {
      for (const what of [approve, reject]) expect(code(() => step(what, by, request('SUBMITTED')))).toBe('FORBIDDEN');
    }
    expect(code(() => step(approve, person({ subject: 'ada', issuer: 'another', ...roles }), request('SUBMITTED')))).toBe('passed');
  });
  test('nor one of somebody they share an organization with, unless that is the owner', () => {
    const on = dataset({ committee: ['lab:steward', 'uni:publisher'] });
    expect(code(() => step(approve, person({ subject: 'kim', memberships: [{ organization: 'uni', role: 'publisher' }] }), request('SUBMITTED'), on))).toBe('FORBIDDEN');
    expect(code(() => step(approve, person({ subject: 'kim', memberships: [{ organization: 'uni', role: 'publisher' }] }), request('SUBMITTED', { organizations: ['else'] }), on))).toBe('passed');
    expect(code(() => step(approve, steward, request('SUBMITTED', { organizations: ['lab'] }), on))).toBe('passed');
  });
  test('the committee is named by roles and persons; administrators have no vote', () => {
    const settings = settingsOf(dataset({ committee: ['ethics:steward', 'person:mina'] }));
    expect(isOnCommittee(person({ subject: 'mina' }), settings)).toBe(true);
    expect(isOnCommittee(person({ subject: 'x', memberships: [{ organization: 'ethics', role: 'owner' }] }), settings)).toBe(true);
    for (const by of [steward, administrator, person({ subject: 'x', memberships: [{ organization: 'ethics', role: 'publisher' }] }), person({ subject: undefined })]) expect(isOnCommittee(by, settings)).toBe(false);
    const byIssuer = settingsOf(dataset({ committee: ['person:https://idp.example|auth0|7', 'person:auth0|8'] }));
    for (const [subject, issuer, expected] of [['auth0|7', 'https://idp.example', true], ['auth0|7', 'https://other.example', false], ['auth0|7', undefined, false], ['auth0|8', 'https://other.example', true]] as const) expect(isOnCommittee(person({ subject, issuer }), byIssuer)).toBe(expected);
    expect(code(() => step(approve, administrator, request('SUBMITTED')))).toBe('FORBIDDEN');
    // They may end a grant all the same.
    expect(code(() => step({ kind: 'revoke', text: 'x' }, administrator, request('APPROVED')))).toBe('passed');
    expect(code(() => step({ kind: 'revoke', text: 'x' }, ada, request('APPROVED')))).toBe('FORBIDDEN');
  });
  test('internal remarks are the committee\'s, and never the requester\'s', () => {
    const internal: Step = { kind: 'comment', text: 'x', internal: true };
    expect(code(() => step(internal, ada, request('SUBMITTED')))).toBe('FORBIDDEN');
    expect(code(() => step(internal, person({ subject: 'ada', issuer: 'i', memberships: [{ organization: 'lab', role: 'steward' }] }), request('SUBMITTED')))).toBe('FORBIDDEN');
    expect(step(internal, steward, request('SUBMITTED')).internal).toBe(true);
  });
});

describe('approving', () => {
  test('one person has one vote; the last one needed decides; conditions and the earliest end of all voters hold', () => {
    const on = dataset({ approvals: 2 });
    const first = step({ kind: 'approve', conditions: ['no copies'], until: days(30) }, steward, request('SUBMITTED'), on);
    expect(first).toMatchObject({ state: 'SUBMITTED', kind: 'VOTED', conditions: ['no copies'], ends: days(30), details: { remaining: 1 } });
    const held = request('SUBMITTED', { approvals: 1, conditions: first.conditions, ends: first.ends });
    const voters = [{ subject: 'sun', issuer: 'i' }];
    expect(code(() => step(approve, steward, held, on, voters))).toBe('CONFLICT');
    const second = { ...steward, subject: 'other' };
    expect(step({ kind: 'approve', conditions: ['cite'], until: days(60) }, second, held, on, voters)).toMatchObject({ state: 'APPROVED', kind: 'APPROVED', conditions: ['no copies', 'cite'], begins: now, ends: days(30) });
  });
  test('the end is the earliest of what was asked, the ethics approval, the voter and the longest that the rules allow', () => {
    const wanted = { ...request('DRAFT').wanted, irb: { number: 'n', expiresAt: days(20) }, until: days(40) };
    expect(step(approve, steward, request('SUBMITTED', { wanted })).ends).toEqual(days(20));
    expect(step({ ...approve, until: days(10) } as Step, steward, request('SUBMITTED', { wanted })).ends).toEqual(days(10));
    expect(step(approve, steward, request('SUBMITTED', { wanted }), dataset({ maxDays: 5 })).ends).toEqual(days(5));
    expect(step(approve, steward, request('SUBMITTED')).ends).toEqual(days(365));
    const later = step(approve, steward, request('SUBMITTED', { wanted: { ...request('DRAFT').wanted, from: days(3) } }), dataset({ maxDays: 5 }));
    expect([later.begins, later.ends]).toEqual([days(3), days(8)]);
    expect(code(() => step({ ...approve, until: days(-1) } as Step, steward, request('SUBMITTED')))).toBe('CONFLICT');
  });
  test('what is no longer in the dataset is told, and not granted', () => {
    const wanted = { ...request('DRAFT').wanted, tables: ['patients', 'gone'], columns: { patients: ['age', 'weight'] } };
    expect(missingOf(wanted, dataset())).toEqual(['table "gone"', 'column "patients.weight"']);
    for (const [what, by, state] of [[approve, steward, 'SUBMITTED'], [{ kind: 'submit' }, ada, 'DRAFT']] as const) {
      expect(() => step(what, by, request(state, { wanted }))).toThrow(/no longer has what is asked for: table "gone", column "patients\.weight"/);
    }
  });
});

test('all mistakes of a request are told at once', () => {
  const input: WantedInput = {
    purpose: 'DUO_0000046', project: ' ', reason: 'x', tables: ['nothing'], columns: [{ table: 'patients', columns: ['weight'] }], country: 'Korea', granularity: 'all',
    irb: { number: '1', expiresAt: days(-1), documentHash: 'abc' }, from: days(3), until: days(2),
  };
  try {
    readWanted(input, dataset(), settingsOf(dataset()), now);
    throw new Error('passed');
  } catch (error) {
    expect((error as DureError).code).toBe('BAD_USER_INPUT');
    expect((error as DureError).details.mistakes).toMatchObject(['purpose', 'irb.expiresAt', 'irb.documentHash', 'country', 'granularity', 'until', 'project', 'tables', 'tables'].map((path) => ({ path })));
  }
  expect(() => readWanted({ purpose: 'DUO_0000006', project: 'p', reason: 'r' }, dataset({ irb: true }), settingsOf(dataset({ irb: true })), now)).toThrow(/irb must be given/);
  expect(readWanted({ purpose: 'DUO_0000006', project: ' p ', reason: 'r', columns: [{ table: 'patients', columns: ['age', 'age'] }] }, dataset(), settingsOf(dataset()), now)).toEqual({ purpose: 'DUO_0000006', project: 'p', reason: 'r', tables: ['patients'], columns: { patients: ['age'] } });
});

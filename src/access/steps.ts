/**
 * What may happen to a request, as a pure state machine:
 *
 *   DRAFT → SUBMITTED → APPROVED → REVOKED (committee) | WITHDRAWN (given back) | EXPIRED (by the clock)
 *                     → REJECTED (one refusal decides) | EXPIRED (nothing left of the period)
 *   DRAFT, SUBMITTED → WITHDRAWN
 *
 * Who asked decides nothing; one person has one vote; who shares an organization with the requester has none, unless that is the owner.
 */
import type { Dataset } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { organizationsOf, type Identity } from '../identity/identity.js';
import { earliest, isSamePerson, type AccessRequest, type Person, type RequestEventKind, type RequestState, type Wanted } from './request.js';
import { isOnCommittee, isSteward, settingsOf } from './settings.js';
import { missingOf } from './wanted.js';

export type Step =
  | { readonly kind: 'revise'; readonly wanted: Wanted }
  | { readonly kind: 'submit' }
  | { readonly kind: 'withdraw'; readonly text?: string }
  | { readonly kind: 'approve'; readonly text?: string; readonly conditions: readonly string[]; readonly until?: Date }
  | { readonly kind: 'reject'; readonly text: string }
  | { readonly kind: 'revoke'; readonly text: string }
  | { readonly kind: 'comment'; readonly text: string; readonly internal: boolean };

/** The request as it stands under its lock. */
export interface Held {
  readonly request: AccessRequest;
  /** Who approved so far. */
  readonly votes: readonly Person[];
  /** The database's clock. */
  readonly now: Date;
}

/** What a step makes of the request. */
export interface Outcome {
  readonly state: RequestState;
  readonly kind: RequestEventKind;
  readonly text?: string;
  readonly internal?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly wanted?: Wanted;
  readonly approved?: boolean;
  readonly conditions?: readonly string[];
  readonly begins?: Date;
  readonly ends?: Date;
}

const day = 86_400_000;

/** @throws DureError FORBIDDEN, CONFLICT or BAD_USER_INPUT; the request then stays as it is */
export function take(step: Step, by: Identity, dataset: Dataset, held: Held): Outcome {
  const { request } = held;
  const { state } = request;
  switch (step.kind) {
    case 'revise':
      requireRequester(by, request);
      requireState(request, ['DRAFT'], 'revised');
      return { state, kind: 'REVISED', wanted: step.wanted };
    case 'submit':
      requireRequester(by, request);
      requireState(request, ['DRAFT'], 'submitted');
      requirePresent(request.wanted, dataset);
      return { state: 'SUBMITTED', kind: 'SUBMITTED' };
    case 'withdraw':
      requireRequester(by, request);
      requireState(request, ['DRAFT', 'SUBMITTED', 'APPROVED'], 'withdrawn');
      return { state: 'WITHDRAWN', kind: state === 'APPROVED' ? 'GIVEN_BACK' : 'WITHDRAWN', text: step.text };
    case 'comment':
      if (step.internal && !isOnCommittee(by, settingsOf(dataset)) && !isSteward(by, dataset)) throw new DureError('FORBIDDEN', 'Internal comments are the committee\'s.');
      if (step.internal && isSamePerson(request.by, by)) throw new DureError('FORBIDDEN', 'You asked, so you may not write what the requester does not see.');
      return { state, kind: 'COMMENTED', text: step.text, internal: step.internal };
    case 'approve': return approve(step, by, dataset, held);
    case 'reject':
      requireVoter(by, dataset, request);
      requireState(request, ['SUBMITTED'], 'rejected');
      return { state: 'REJECTED', kind: 'REJECTED', text: step.text };
    case 'revoke':
      if (!isOnCommittee(by, settingsOf(dataset)) && !isSteward(by, dataset)) throw notOnCommittee(dataset);
      requireState(request, ['APPROVED'], 'revoked');
      return { state: 'REVOKED', kind: 'REVOKED', text: step.text };
  }
}

function approve(step: Extract<Step, { kind: 'approve' }>, by: Identity, dataset: Dataset, { request, votes, now }: Held): Outcome {
  const settings = settingsOf(dataset);
  requireVoter(by, dataset, request);
  requireState(request, ['SUBMITTED'], 'approved');
  if (votes.some((vote) => isSamePerson(vote, by))) throw new DureError('CONFLICT', 'You have approved this request already: one person has one vote.', { request: request.id });
  requirePresent(request.wanted, dataset);
  const conditions = [...new Set([...request.conditions, ...step.conditions])];
  const { wanted } = request;
  const begins = wanted.from && wanted.from > now ? wanted.from : now;
  const ends = earliest([new Date(begins.getTime() + settings.maxDays * day), wanted.until, wanted.irb?.expiresAt, step.until, request.ends])!;
  if (ends <= begins) throw new DureError('CONFLICT', 'Nothing is left of the time that was asked for, or of the ethics approval: the grant would have ended before it began.', { begins: begins.toISOString(), ends: ends.toISOString() });
  const remaining = settings.approvals - request.approvals - 1;
  // What a voter limits holds whoever votes last: the earliest end and all conditions.
  if (remaining > 0) return { state: 'SUBMITTED', kind: 'VOTED', text: step.text, approved: true, conditions, ...(step.until ? { ends } : {}), details: { remaining } };
  return {
    state: 'APPROVED', kind: 'APPROVED', text: step.text, approved: true, conditions, begins, ends,
    details: { begins: begins.toISOString(), ends: ends.toISOString(), ...(conditions.length > 0 ? { conditions } : {}) },
  };
}

function requireRequester(by: Identity, request: AccessRequest): void {
  if (!isSamePerson(request.by, by)) throw new DureError('FORBIDDEN', 'Only who asked may do this.');
}

function requireState({ id, state }: AccessRequest, states: readonly RequestState[], done: string): void {
  if (!states.includes(state)) throw new DureError('CONFLICT', `The request is ${state}: only one that is ${states.join(' or ')} can be ${done}.`, { request: id, state });
}

/** @throws DureError FORBIDDEN */
export function requireVoter(by: Identity, dataset: Dataset, request: AccessRequest): void {
  if (!isOnCommittee(by, settingsOf(dataset))) throw notOnCommittee(dataset);
  if (isSamePerson(request.by, by)) throw new DureError('FORBIDDEN', 'Nobody decides a request of their own, by whichever token.', { request: request.id });
  const shared = organizationsOf(by).find((organization) => organization !== dataset.organization.slug && request.organizations.includes(organization));
  if (shared !== undefined) throw new DureError('FORBIDDEN', `You and the requester are both of ${shared}: somebody else of the committee must decide.`, { request: request.id, organization: shared });
}

function notOnCommittee(dataset: Dataset): DureError {
  return new DureError('FORBIDDEN', `Requests for ${datasetPath(dataset)} are decided by ${settingsOf(dataset).committee.join(', ')}.`, { committee: settingsOf(dataset).committee });
}

/** The tables may have changed since somebody asked. */
function requirePresent(wanted: Wanted, dataset: Dataset): void {
  const missing = missingOf(wanted, dataset);
  if (missing.length > 0) throw new DureError('CONFLICT', `The dataset no longer has what is asked for: ${missing.join(', ')}. Withdraw the request and ask for what there is now.`, { missing });
}

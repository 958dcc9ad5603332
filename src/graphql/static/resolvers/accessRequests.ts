import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { opensByGrant, settingsOf } from '../../../access/settings.js';
import { take, type Step } from '../../../access/steps.js';
import { readWanted } from '../../../access/wanted.js';
import type { Wanted } from '../../../access/request.js';
import { datasetPath, type Dataset } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import { organizationsOf } from '../../../identity/identity.js';
import { howToAsk } from '../../../policy/reason.js';
import type { RequestContext } from '../../context.js';
import { AccessRequestWhereInput, ApproveAccessRequestInput, RequestAccessInput } from '../accessRequestInputs.js';
import { aboutRequest, findRequest, personOf, requestFilter, requireRequest, stepped } from '../accessRequests.js';
import { requireScope, requireSignedIn } from '../authority.js';
import { requireDataset } from '../lookups.js';
import { checkOptionalText, checkText } from '../text.js';
import { AccessRequestConnection, AccessRequestType } from '../types/accessRequestType.js';
import { connection, pageSize } from '../types/paging.js';

@Resolver()
export class AccessRequestResolver {
  @Query(() => AccessRequestType, { nullable: true, description: 'A request for access; null where there is none that you may see.' })
  async accessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Its id.' }) requestId: string): Promise<AccessRequestType | undefined> {
    const found = await findRequest(context, requestId);
    return found && new AccessRequestType(found.request, found.dataset);
  }

  @Query(() => AccessRequestConnection, { description: 'Your own requests, and those for datasets that you decide of or watch over, newest first.' })
  async accessRequests(
    @Ctx() context: RequestContext,
    @Arg('where', () => AccessRequestWhereInput, { nullable: true, description: 'Filters.' }) where?: AccessRequestWhereInput,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): Promise<AccessRequestConnection> {
    requireSignedIn(context.identity);
    const size = pageSize(first);
    if (after && !/^[0-9a-f-]{36}$/.test(after)) throw new DureError('BAD_USER_INPUT', '`after` is not a cursor of `accessRequests`: pass an `endCursor` that this field gave.', { argument: 'after' });
    const found = await context.services.requests.list(requestFilter(context, where), size + 1, after ?? undefined);
    const edges = found.slice(0, size).flatMap((request) => {
      const dataset = aboutRequest(context, request);
      return dataset ? [{ node: new AccessRequestType(request, dataset), cursor: request.id }] : [];
    });
    return connection(edges, { hasNextPage: found.length > size, hasPreviousPage: Boolean(after) });
  }

  @Mutation(() => AccessRequestType, { description: 'Asks for access to a dataset. An API token needs the scope `rules` for this and all that follows.' })
  async requestAccess(@Ctx() context: RequestContext, @Arg('input', () => RequestAccessInput, { description: 'What, and why.' }) input: RequestAccessInput): Promise<AccessRequestType> {
    const by = personOf(context);
    requireScope(context.identity, 'rules');
    const dataset = requireDataset(context, input.dataset);
    const wanted = await read(context, input, dataset);
    const organizations = organizationsOf(context.identity);
    return typed(await stepped(context, dataset, (within) => context.services.requests.create({ datasetId: dataset.id, by, organizations, wanted, draft: input.draft }, within)));
  }

  @Mutation(() => AccessRequestType, { description: 'Changes a draft of yours; everything is given anew.' })
  async reviseAccessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which draft.' }) requestId: string, @Arg('input', () => RequestAccessInput, { description: 'What, and why. The dataset stays the same.' }) input: RequestAccessInput): Promise<AccessRequestType> {
    const { dataset } = await requireRequest(context, requestId);
    if (requireDataset(context, input.dataset).id !== dataset.id) throw new DureError('BAD_USER_INPUT', `The request is for ${datasetPath(dataset)}: make another one for another dataset.`, { argument: 'input.dataset' });
    return step(context, requestId, { kind: 'revise', wanted: await read(context, input, dataset) });
  }

  @Mutation(() => AccessRequestType, { description: 'Sends a draft of yours to the committee.' })
  submitAccessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which draft.' }) requestId: string): Promise<AccessRequestType> {
    return step(context, requestId, { kind: 'submit' });
  }

  @Mutation(() => AccessRequestType, { description: 'Takes back a request of yours, or gives back what was granted: it ends at once.' })
  withdrawAccessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which request.' }) requestId: string, @Arg('note', () => String, { nullable: true, description: 'Why.' }) note?: string): Promise<AccessRequestType> {
    return step(context, requestId, { kind: 'withdraw', text: checkOptionalText('note', note, 2_000) });
  }

  @Mutation(() => AccessRequestType, { description: 'Votes for a request. With the last vote that the dataset\'s rules ask for, the grant takes effect at once. For the data access committee.' })
  approveAccessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which request.' }) requestId: string, @Arg('input', () => ApproveAccessRequestInput, { nullable: true, description: 'Conditions, an earlier end, a remark.' }) input?: ApproveAccessRequestInput): Promise<AccessRequestType> {
    const conditions = (input?.conditions ?? []).map((text) => checkText('conditions', text, 500));
    if (conditions.length > 20) throw new DureError('LIMIT_EXCEEDED', 'A grant has 20 conditions at most.', { limit: 20, actual: conditions.length });
    const until = input?.until ? new Date(input.until) : undefined;
    return step(context, requestId, { kind: 'approve', conditions, until, text: checkOptionalText('comment', input?.comment, 2_000) });
  }

  @Mutation(() => AccessRequestType, { description: 'Refuses a request: one refusal decides. For the data access committee.' })
  rejectAccessRequest(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which request.' }) requestId: string, @Arg('reason', () => String, { description: 'Why; the requester reads it.' }) reason: string): Promise<AccessRequestType> {
    return step(context, requestId, { kind: 'reject', text: checkText('reason', reason, 2_000) });
  }

  @Mutation(() => AccessRequestType, { description: 'Ends a grant at once, everywhere. For the data access committee, stewards of the owner and administrators.' })
  revokeAccess(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Which request.' }) requestId: string, @Arg('reason', () => String, { description: 'Why; the person reads it.' }) reason: string): Promise<AccessRequestType> {
    return step(context, requestId, { kind: 'revoke', text: checkText('reason', reason, 2_000) });
  }

  @Mutation(() => AccessRequestType, { description: 'Says something about a request. For its requester and the committee.' })
  commentAccessRequest(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Which request.' }) requestId: string,
    @Arg('text', () => String, { description: 'What.' }) text: string,
    @Arg('internal', () => Boolean, { defaultValue: false, description: 'Keep it from the requester.' }) internal: boolean,
  ): Promise<AccessRequestType> {
    return step(context, requestId, { kind: 'comment', text: checkText('text', text, 5_000), internal });
  }
}

async function step(context: RequestContext, requestId: string, what: Step): Promise<AccessRequestType> {
  const { dataset } = await requireRequest(context, requestId);
  requireScope(context.identity, 'rules');
  return typed(await stepped(context, dataset, (within) => context.services.requests.step(requestId, personOf(context), (held) => take(what, context.identity, dataset, held), within)));
}

function typed({ request, dataset }: Awaited<ReturnType<typeof stepped>>): AccessRequestType {
  return new AccessRequestType(request, dataset);
}

/** @throws DureError BAD_USER_INPUT with all mistakes, or where a grant could open nothing */
async function read(context: RequestContext, input: RequestAccessInput, dataset: Dataset): Promise<Wanted> {
  if (!opensByGrant(dataset)) throw new DureError('BAD_USER_INPUT', `No rule of ${datasetPath(dataset)} opens anything by a grant, so a request could give you nothing. ${howToAsk(dataset)}`, { argument: 'input.dataset', howToAsk: howToAsk(dataset) });
  const instant = (text: string | null | undefined): Date | undefined => (text ? new Date(text) : undefined);
  const { irb } = input;
  return readWanted({
    ...input, from: instant(input.from), until: instant(input.until), irb: irb && { number: irb.number, documentHash: irb.documentHash, expiresAt: new Date(irb.expiresAt) },
  }, dataset, settingsOf(dataset), await context.services.requests.now());
}

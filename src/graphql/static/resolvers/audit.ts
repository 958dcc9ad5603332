import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import { mayTellText } from '../auditedText.js';
import { AuditWhereInput, RecordAuditReviewInput } from '../auditInputs.js';
import { auditPage } from '../auditPage.js';
import { requireAdministrator, requireRole } from '../authority.js';
import { requireDataset } from '../lookups.js';
import { recordEvent } from '../recordChange.js';
import { checkOptionalText, checkText } from '../text.js';
import { AuditEntryConnection, AuditReviewDueType, AuditReviewType, RecordAuditReviewPayload } from '../types/auditType.js';

@Resolver()
export class AuditResolver {
  @Query(() => AuditEntryConnection, { description: 'Who used what, newest first: of a dataset for stewards of its organization, of all for administrators. That you looked is recorded too.' })
  async auditEntries(
    @Ctx() context: RequestContext,
    @Info() { schema }: GraphQLResolveInfo,
    @Arg('dataset', () => ID, { nullable: true, description: 'The dataset: its id or `organization/name`; all where absent.' }) id?: string,
    @Arg('where', () => AuditWhereInput, { nullable: true, description: 'Filters.' }) where?: AuditWhereInput,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): Promise<AuditEntryConnection> {
    const dataset = forAuditor(context, id);
    const { kind, decision, subject, from, to } = where ?? {};
    const page = await auditPage(context, {
      dataset: dataset?.id, kinds: kind ?? undefined, decisions: decision ?? undefined, subject: checkOptionalText('where.subject', subject, 1_000), from: instant(from), to: instant(to), after,
    }, first, mayTellText(context.identity, schema, context.services.catalog.snapshot));
    await recordEvent(context, { kind: 'AUDIT_READ', dataset, details: { entries: page.edges.length, kind: kind ?? undefined, decision: decision ?? undefined, subject: subject ?? undefined, from: from ?? undefined, to: to ?? undefined } });
    return page;
  }

  @Query(() => AuditReviewDueType, { description: 'When the audit is to be reviewed next: of a dataset for stewards of its organization, of all for administrators.' })
  async auditReviewDue(
    @Ctx() context: RequestContext,
    @Arg('dataset', () => ID, { nullable: true, description: 'The dataset: its id or `organization/name`; all where absent.' }) id?: string,
  ): Promise<AuditReviewDueType> {
    return new AuditReviewDueType(await context.services.auditReader.reviewDue(forAuditor(context, id)?.id));
  }

  @Mutation(() => RecordAuditReviewPayload, { description: 'Records that you have reviewed the audit of a period, and what you found. For stewards of the dataset, or administrators.' })
  async recordAuditReview(@Ctx() context: RequestContext, @Arg('input', () => RecordAuditReviewInput, { description: 'The review.' }) input: RecordAuditReviewInput): Promise<RecordAuditReviewPayload> {
    const dataset = forAuditor(context, input.dataset ?? undefined);
    const [from, to] = [new Date(input.from), new Date(input.to)];
    if (from >= to) throw new DureError('BAD_USER_INPUT', 'The period is empty: `to` must be after `from`.', { argument: 'to' });
    const finding = checkText('finding', input.finding, 10_000);
    await recordEvent(context, { kind: 'AUDIT_REVIEWED', dataset, details: { from: from.toISOString(), to: to.toISOString(), finding } });
    const due = await context.services.auditReader.reviewDue(dataset?.id);
    return { review: new AuditReviewType(due.last!), due: new AuditReviewDueType(due) };
  }
}

/** @throws DureError UNAUTHENTICATED, FORBIDDEN or NOT_FOUND */
function forAuditor(context: RequestContext, id: string | undefined): Dataset | undefined {
  if (id === undefined) {
    requireAdministrator(context.identity);
    return undefined;
  }
  const dataset = requireDataset(context, id);
  requireRole(context.identity, dataset.organization, 'steward', 'rules');
  return dataset;
}

function instant(text: string | null | undefined): Date | undefined {
  return text === null || text === undefined ? undefined : new Date(text);
}

import { Field, Int, ObjectType } from 'type-graphql';
import type { AccessDecision, AccessEvent, Actor, AuditEvent, ChangeEvent } from '../../../audit/event.js';
import type { AuditReview, ReadEntry, ReviewDue } from '../../../audit/reader.js';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { AccessDecisionEnum, AuditKindEnum } from '../auditEnums.js';
import { connectionOf } from './paging.js';

@ObjectType('AuditActor', { description: 'Who did it, as the token asserted it then.' })
export class AuditActorType {
  constructor(private readonly actor: Actor) {}

  @Field(() => String, { description: '`anonymous`, `person`, `token` or `system`.' })
  get kind(): string { return this.actor.kind; }

  @Field(() => String, { nullable: true, description: 'The subject as the issuer names it.' })
  get subject(): string | undefined { return this.actor.subject; }

  @Field(() => String, { nullable: true, description: 'Who vouched for the subject.' })
  get issuer(): string | undefined { return this.actor.issuer; }

  @Field(() => String, { nullable: true, description: 'The name.' })
  get name(): string | undefined { return this.actor.name; }

  @Field(() => [String], { description: 'Organizations that the actor was a member of, by slug.' })
  get organizations(): readonly string[] { return this.actor.organizations; }
}

@ObjectType('AuditEntry', { description: 'One entry of the audit. It is never changed.' })
export class AuditEntryType {
  private readonly access: Partial<AccessEvent>;
  private readonly change: Partial<ChangeEvent>;
  /** @param text of the operation, where it is known */
  constructor(readonly entry: ReadEntry, private readonly text: string | undefined) {
    const { event } = entry;
    this.access = event.kind === 'ACCESS' ? event : {};
    this.change = event.kind === 'ACCESS' ? {} : (event as ChangeEvent);
  }

  @Field(() => DateTimeScalar, { description: 'When.' })
  get at(): Date { return new Date(this.entry.event.at); }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Of a change: when it was made. `at` is when its entry joined the chain, which is later where a server died between.' })
  get changedAt(): Date | undefined { return this.change.change && new Date(this.change.change.at); }

  @Field(() => AuditKindEnum, { description: 'What happened.' })
  get kind(): AuditEvent['kind'] { return this.entry.event.kind; }

  @Field(() => AuditActorType, { description: 'Who did it.' })
  get actor(): AuditActorType { return new AuditActorType(this.entry.event.actor); }

  @Field(() => String, { nullable: true, description: 'The dataset as `organization/name`.' })
  get dataset(): string | undefined { return this.entry.event.dataset?.path; }

  @Field(() => String, { nullable: true, description: 'The version that was read.' })
  get version(): string | undefined { return this.access.version; }

  @Field(() => Int, { nullable: true, description: 'The revision of the rules that decided.' })
  get rulesRevision(): number | undefined { return this.access.rulesRevision; }

  @Field(() => AccessDecisionEnum, { nullable: true, description: 'What was decided of an access.' })
  get decision(): AccessDecision | undefined { return this.access.decision; }

  @Field(() => String, { nullable: true, description: 'Why, as a code.' })
  get reason(): string | undefined { return this.access.reason; }

  @Field(() => String, { nullable: true, description: 'The rule that decided.' })
  get rule(): string | undefined { return this.access.rule; }

  @Field(() => JSONScalar, { nullable: true, description: 'The columns that the operation named, by table.' })
  get tables(): unknown { return this.access.tables; }

  @Field(() => String, { nullable: true, description: 'The epsilon that figures with noise cost, where some were asked.' })
  get epsilon(): string | undefined { return this.access.epsilon; }

  @Field(() => [String], { nullable: true, description: 'Columns that were selected and withheld, as `table.column`.' })
  get withheld(): readonly string[] | undefined { return this.access.withheld; }

  @Field(() => Int, { nullable: true, description: 'Rows in the answer.' })
  get rows(): number | undefined { return this.access.rows; }

  @Field(() => String, { nullable: true, description: 'The text of the operation; for stewards null where it is not about their own organizations\' datasets alone, or names what is not in their schema (any more).' })
  get operation(): string | undefined { return this.text; }

  @Field(() => String, { nullable: true, description: 'SHA-256 of the operation\'s text, base64url.' })
  get operationDigest(): string | undefined { return this.access.operation?.document; }

  @Field(() => Boolean, { nullable: true, description: 'False where the text was not kept: the caller had sent more new texts that day than are kept of one (`DURE_AUDIT_TEXT_MIB`).' })
  get operationKept(): boolean | undefined { return this.access.operation && this.access.operation.text === undefined; }

  @Field(() => String, { nullable: true, description: 'A keyed hash of the variables: equal for equal variables. Nobody without the server\'s key can try what they may have been.' })
  get variablesDigest(): string | undefined { return this.access.operation?.variables; }

  @Field(() => String, { nullable: true, description: 'The declared purpose, a DUO code.' })
  get purpose(): string | undefined { return this.entry.event.purpose; }

  @Field(() => String, { nullable: true, description: 'How it was asked: query, subscription, job, export.' })
  get channel(): string | undefined { return this.entry.event.channel; }

  @Field(() => String, { nullable: true, description: 'The network address it came from.' })
  get address(): string | undefined { return this.entry.event.address; }

  @Field(() => String, { nullable: true, description: 'The id of the request.' })
  get requestId(): string | undefined { return this.entry.event.requestId; }

  @Field(() => JSONScalar, { nullable: true, description: 'Facts of what was done.' })
  get details(): unknown { return this.change.details; }

  @Field(() => String, { description: 'The entry\'s hash, by which it is found in an export or a bundle.' })
  get hash(): string { return this.entry.hash; }
}

@ObjectType('AuditEntryConnection', { description: 'Entries of the audit, newest first.' })
export class AuditEntryConnection extends connectionOf('AuditEntry', AuditEntryType) {}

@ObjectType('AuditReview', { description: 'That somebody looked through the audit of a period.' })
export class AuditReviewType {
  constructor(private readonly review: AuditReview) {}

  @Field(() => DateTimeScalar, { description: 'When it was recorded.' })
  get at(): Date { return new Date(this.review.at); }

  @Field(() => String, { description: 'Who reviewed.' })
  get by(): string { return this.review.by; }

  @Field(() => DateTimeScalar, { description: 'Where the period begins.' })
  get from(): Date { return new Date(this.review.from); }

  @Field(() => DateTimeScalar, { description: 'Before which instant it ends.' })
  get to(): Date { return new Date(this.review.to); }

  @Field(() => String, { description: 'What was found.' })
  get finding(): string { return this.review.finding; }

  @Field(() => String, { nullable: true, description: 'The dataset; absent where it was the whole audit.' })
  get dataset(): string | undefined { return this.review.dataset; }
}

@ObjectType('AuditReviewDue', { description: 'When the audit is to be reviewed next.' })
export class AuditReviewDueType {
  constructor(private readonly due: ReviewDue) {}

  @Field(() => AuditReviewType, { nullable: true, description: 'The last review.' })
  get last(): AuditReviewType | undefined { return this.due.last && new AuditReviewType(this.due.last); }

  @Field(() => DateTimeScalar, { nullable: true, description: 'By when; null while there is nothing to review.' })
  get dueAt(): Date | undefined { return this.due.dueAt; }

  @Field(() => Boolean, { description: 'Whether that is past.' })
  get overdue(): boolean { return this.due.overdue; }
}

@ObjectType('RecordAuditReviewPayload', { description: 'The review that was recorded.' })
export class RecordAuditReviewPayload {
  @Field(() => AuditReviewType, { description: 'The review.' })
  declare readonly review: AuditReviewType;

  @Field(() => AuditReviewDueType, { description: 'When the next is due.' })
  declare readonly due: AuditReviewDueType;
}

import { Arg, Ctx, Field, ID, Int, ObjectType } from 'type-graphql';
import { isSamePerson, type AccessRequest, type AccessRequestEvent, type Person } from '../../../access/request.js';
import { isOnCommittee, settingsOf } from '../../../access/settings.js';
import { requireVoter } from '../../../access/steps.js';
import { missingOf } from '../../../access/wanted.js';
import { datasetPath, type Dataset } from '../../../catalog/model.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { AccessGranularityEnum, AccessRequestEventKindEnum, AccessRequestStateEnum } from '../accessRequestInputs.js';
import { eventFor, watchesOver } from '../accessRequests.js';
import { maySeeDataset } from '../lookups.js';
import { DatasetType, datasetValue } from './datasetType.js';
import { connectionOf } from './paging.js';

@ObjectType('EthicsApproval', { description: 'An approval by an ethics committee (IRB).' })
export class EthicsApprovalType {
  @Field(() => String, { description: 'Its number.' })
  declare readonly number: string;

  @Field(() => DateTimeScalar, { description: 'When it ends, and with it what was granted by it.' })
  declare readonly expiresAt: Date;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the document, hexadecimal.' })
  declare readonly documentHash?: string;
}

@ObjectType('RequestedColumns', { description: 'Columns of a table that were asked for.' })
export class RequestedColumnsType {
  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => [String], { description: 'The columns\' names in the package.' })
  declare readonly columns: readonly string[];
}

@ObjectType('AccessRequester', { description: 'A person, as their issuer asserts them.' })
export class AccessRequesterType {
  @Field(() => String, { description: 'The subject.' })
  declare readonly subject: string;

  @Field(() => String, { nullable: true, description: 'Who vouches for them.' })
  declare readonly issuer?: string;

  @Field(() => String, { nullable: true, description: 'The name.' })
  declare readonly name?: string;
}

@ObjectType('AccessRequestEvent', { description: 'Something that happened to a request. Events are numbered without gaps; a requester does not see the committee\'s own remarks.' })
export class AccessRequestEventType {
  @Field(() => Int, { description: '1, 2, 3… within the request.' })
  declare readonly seq: number;

  @Field(() => DateTimeScalar, { description: 'When it happened, by the database\'s clock.' })
  declare readonly at: Date;

  @Field(() => AccessRequestEventKindEnum, { description: 'What happened.' })
  declare readonly kind: AccessRequestEvent['kind'];

  @Field(() => AccessRequestStateEnum, { description: 'Where the request stood then.' })
  declare readonly state: AccessRequest['state'];

  @Field(() => AccessRequesterType, { nullable: true, description: 'Who did it; null for what the clock did, and where requesters are not told who of the committee it was.' })
  declare readonly actor?: Person;

  @Field(() => Boolean, { description: 'Whether it is hidden from the requester.' })
  declare readonly internal: boolean;

  @Field(() => String, { nullable: true, description: 'In words.' })
  declare readonly text?: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Facts for programs.' })
  declare readonly details?: unknown;
}

@ObjectType('AccessRequest', { description: 'A request for access to a dataset, and the grant that it became.' })
export class AccessRequestType {
  constructor(private readonly request: AccessRequest, private readonly about: Dataset) {}

  @Field(() => ID, { description: 'Its id; the grant has the same.' })
  get id(): string { return this.request.id; }

  @Field(() => String, { description: 'The dataset as `organization/name`.' })
  get path(): string { return datasetPath(this.about); }

  @Field(() => DatasetType, { nullable: true, description: 'The dataset; null where you may decide of it but not see it.' })
  dataset(@Ctx() context: RequestContext): DatasetType | undefined {
    return maySeeDataset(context, this.about) ? datasetValue(this.about) : undefined;
  }

  @Field(() => AccessRequesterType, { description: 'Who asked.' })
  get requester(): Person { return this.request.by; }

  @Field(() => [String], { description: 'The requester\'s organizations when they asked.' })
  get organizations(): readonly string[] { return this.request.organizations; }

  @Field(() => AccessRequestStateEnum, { description: 'Where it stands.' })
  get state(): string { return this.request.state; }

  @Field(() => [String], { nullable: true, description: 'Tables that were asked for; null for all.' })
  get tables(): readonly string[] | undefined { return this.request.wanted.tables; }

  @Field(() => [RequestedColumnsType], { description: 'Columns that were asked for; of a table that is not here, all.' })
  get columns(): readonly RequestedColumnsType[] { return Object.entries(this.request.wanted.columns ?? {}).map(([table, columns]) => ({ table, columns })); }

  @Field(() => String, { description: 'What for: a DUO permission.' })
  get purpose(): string { return this.request.wanted.purpose; }

  @Field(() => String, { description: 'The project\'s title.' })
  get project(): string { return this.request.wanted.project; }

  @Field(() => String, { description: 'Why the data is needed.' })
  get reason(): string { return this.request.wanted.reason; }

  @Field(() => EthicsApprovalType, { nullable: true, description: 'The ethics approval.' })
  get irb(): EthicsApprovalType | undefined { return this.request.wanted.irb; }

  @Field(() => String, { nullable: true, description: 'Where the data will be used (ISO 3166-1).' })
  get country(): string | undefined { return this.request.wanted.country; }

  @Field(() => AccessGranularityEnum, { nullable: true, description: 'How fine answers will be at most.' })
  get granularity(): string | undefined { return this.request.wanted.granularity; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when on it was asked for.' })
  get from(): Date | undefined { return this.request.wanted.from; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when it was asked for.' })
  get until(): Date | undefined { return this.request.wanted.until; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the grant begins or began.' })
  get begins(): Date | undefined { return this.request.begins; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the grant ends by itself.' })
  get ends(): Date | undefined { return this.request.begins && this.request.ends; }

  @Field(() => [String], { description: 'What the person must keep to, once it is granted.' })
  conditions(@Ctx() context: RequestContext): readonly string[] {
    return this.request.begins || watchesOver(context, this.about) ? this.request.conditions : [];
  }

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  get createdAt(): Date { return this.request.createdAt; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was sent to the committee.' })
  get submittedAt(): Date | undefined { return this.request.submittedAt; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided.' })
  get decidedAt(): Date | undefined { return this.request.decidedAt; }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the grant, or the request without one, was ended.' })
  get endedAt(): Date | undefined { return this.request.endedAt; }

  @Field(() => String, { description: 'Who decides, as the dataset\'s rules name them: roles, and persons only to the committee itself.' })
  handler(@Ctx() context: RequestContext): string {
    const { committee } = settingsOf(this.about);
    const shown = watchesOver(context, this.about) ? committee : [...new Set(committee.map((entry) => (entry.startsWith('person:') ? `${this.about.organization.slug}: data access committee` : entry)))];
    return shown.join(', ');
  }

  @Field(() => Int, { description: 'How many more must approve.' })
  get remaining(): number {
    return this.request.state === 'SUBMITTED' || this.request.state === 'DRAFT' ? Math.max(1, settingsOf(this.about).approvals - this.request.approvals) : 0;
  }

  @Field(() => [String], { description: 'What was asked for and is no longer in the dataset.' })
  get missing(): readonly string[] { return missingOf(this.request.wanted, this.about); }

  @Field(() => Boolean, { description: 'Whether you may decide of it.' })
  mayDecide(@Ctx() { identity }: RequestContext): boolean {
    if (this.request.state !== 'SUBMITTED' || !isOnCommittee(identity, settingsOf(this.about)) || isSamePerson(this.request.by, identity)) return false;
    try {
      requireVoter(identity, this.about, this.request);
      return true;
    } catch {
      return false;
    }
  }

  @Field(() => [AccessRequestEventType], { description: 'What happened to it, in order.' })
  async events(
    @Ctx() context: RequestContext,
    @Arg('after', () => Int, { defaultValue: 0, description: 'Begin after the event of this number.' }) after: number,
  ): Promise<readonly AccessRequestEventType[]> {
    return (await context.services.requests.events(this.request.id, after)).flatMap((event) => eventFor(context, event, this.request, this.about) ?? []);
  }
}

@ObjectType('AccessRequestConnection', { description: 'A page of requests, newest first.' })
export class AccessRequestConnection extends connectionOf('AccessRequest', AccessRequestType) {}

@ObjectType('AccessRequestChange', { description: 'A request as it is now.' })
export class AccessRequestChangeType {
  @Field(() => AccessRequestType, { description: 'The request.' })
  declare readonly request: AccessRequestType;

  @Field(() => Boolean, { description: 'Whether it still matches what was asked for.' })
  declare readonly matches: boolean;
}

@ObjectType('Suspension', { description: 'A person who may not use this server.' })
export class SuspensionType {
  @Field(() => ID, { description: 'Its id.' })
  declare readonly id: string;

  @Field(() => String, { description: 'The person\'s subject.' })
  declare readonly subject: string;

  @Field(() => String, { nullable: true, description: 'The issuer that asserts the subject; any where null.' })
  declare readonly issuer?: string;

  @Field(() => String, { description: 'Why.' })
  declare readonly reason: string;

  @Field(() => String, { description: 'Who decided it.' })
  declare readonly createdBy: string;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  declare readonly createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was lifted.' })
  declare readonly liftedAt?: Date;
}

import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { requestEventKinds, requestStates, type RequestState } from '../../access/request.js';
import { granularities } from '../../policy/rule.js';
import { DateTimeScalar } from '../scalars.js';

const of = <T extends string>(values: readonly T[]): Readonly<Record<T, T>> => Object.freeze(Object.fromEntries(values.map((value) => [value, value]))) as Readonly<Record<T, T>>;

export const AccessRequestStateEnum = of(requestStates);
registerEnumType(AccessRequestStateEnum, {
  name: 'AccessRequestState',
  description: 'Where a request for access stands.',
  valuesConfig: {
    DRAFT: { description: 'Only its writer sees it.' },
    SUBMITTED: { description: 'Waits for the data access committee.' },
    APPROVED: { description: 'Granted: the access is there, or begins at `begins`.' },
    REJECTED: { description: 'Refused.' },
    REVOKED: { description: 'Granted once, and ended by the committee or the owner.' },
    EXPIRED: { description: 'Ended by the clock: the period, or the ethics approval.' },
    WITHDRAWN: { description: 'Taken back by who asked.' },
  },
});

export const AccessRequestEventKindEnum = of(requestEventKinds);
registerEnumType(AccessRequestEventKindEnum, {
  name: 'AccessRequestEventKind',
  description: 'What happened to a request.',
  valuesConfig: { VOTED: { description: 'Approved by one person; more are needed.' }, GIVEN_BACK: { description: 'The person ended a grant of theirs.' } },
});

export const AccessGranularityEnum = Object.freeze(Object.fromEntries(granularities.map((value) => [value.toUpperCase(), value])));
registerEnumType(AccessGranularityEnum, { name: 'AccessGranularity', description: 'How fine answers are at most: EXISTENCE, COUNT, AGGREGATE, ROW, EXPORT.' });

@InputType('EthicsApprovalInput', { description: 'An approval by an ethics committee (IRB). When it ends, so does what was granted by it.' })
export class EthicsApprovalInput {
  @Field(() => String, { description: 'Its number.' })
  number!: string;

  @Field(() => DateTimeScalar, { description: 'When it ends.' })
  expiresAt!: string;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the document, hexadecimal.' })
  documentHash?: string | null;
}

@InputType('RequestedColumnsInput', { description: 'Columns of a table that are asked for.' })
export class RequestedColumnsInput {
  @Field(() => String, { description: 'The table\'s name in the package.' })
  table!: string;

  @Field(() => [String], { description: 'The columns\' names in the package.' })
  columns!: string[];
}

@InputType('RequestAccessInput', { description: 'What is asked for, and why.' })
export class RequestAccessInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => [String], { nullable: true, description: 'Tables by their names in the package; all where absent.' })
  tables?: string[] | null;

  @Field(() => [RequestedColumnsInput], { nullable: true, description: 'Of these tables only these columns; of others all.' })
  columns?: RequestedColumnsInput[] | null;

  @Field(() => String, { description: 'What for, as a DUO permission, for example `DUO_0000006`. It must then be declared with each request that uses the grant.' })
  purpose!: string;

  @Field(() => String, { description: 'The project\'s title.' })
  project!: string;

  @Field(() => String, { description: 'Why the data is needed.' })
  reason!: string;

  @Field(() => EthicsApprovalInput, { nullable: true, description: 'The ethics approval. Some datasets ask for one.' })
  irb?: EthicsApprovalInput | null;

  @Field(() => String, { nullable: true, description: 'The country where the data will be used (ISO 3166-1): the grant is good for answers that go there, and for no others.' })
  country?: string | null;

  @Field(() => AccessGranularityEnum, { nullable: true, description: 'How fine answers must be; no finer ones will be granted.' })
  granularity?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when on; at once where absent.' })
  from?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when; as long as the dataset allows where absent.' })
  until?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Keep it as a draft that only you see.' })
  draft!: boolean;
}

@InputType('ApproveAccessRequestInput', { description: 'A vote for a request.' })
export class ApproveAccessRequestInput {
  @Field(() => [String], { nullable: true, description: 'What the person must keep to: told with every answer that rests on the grant.' })
  conditions?: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'An earlier end than was asked for.' })
  until?: string | null;

  @Field(() => String, { nullable: true, description: 'A remark.' })
  comment?: string | null;
}

@InputType('AccessRequestWhere', { description: 'Which requests are wanted, of those that you may see: all filters must hold, each by any of its values.' })
export class AccessRequestWhereInput {
  @Field(() => [AccessRequestStateEnum], { nullable: true, description: 'Where they stand.' })
  state?: RequestState[] | null;

  @Field(() => [ID], { nullable: true, description: 'For which datasets.' })
  dataset?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Only your own.' })
  mine?: boolean | null;
}

import { Field, ID, InputType } from 'type-graphql';
import type { AccessDecision, AuditEvent } from '../../audit/event.js';
import { DateTimeScalar } from '../scalars.js';
import { AccessDecisionEnum, AuditKindEnum } from './auditEnums.js';

@InputType('AuditWhere', { description: 'Which entries are wanted: all filters must hold.' })
export class AuditWhereInput {
  @Field(() => [AuditKindEnum], { nullable: true, description: 'What happened, any of these.' })
  kind?: AuditEvent['kind'][] | null;

  @Field(() => [AccessDecisionEnum], { nullable: true, description: 'What was decided of an access, any of these.' })
  decision?: AccessDecision[] | null;

  @Field(() => String, { nullable: true, description: 'Who: the subject as the issuer names it.' })
  subject?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From this instant on.' })
  from?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this instant.' })
  to?: string | null;
}

@InputType('RecordAuditReviewInput', { description: 'That somebody looked through the audit of a period.' })
export class RecordAuditReviewInput {
  @Field(() => ID, { nullable: true, description: 'The dataset whose entries were reviewed, as its steward: its id or `organization/name`. All where absent, as an administrator.' })
  dataset?: string | null;

  @Field(() => DateTimeScalar, { description: 'Where the period begins.' })
  from!: string;

  @Field(() => DateTimeScalar, { description: 'Before which instant it ends.' })
  to!: string;

  @Field(() => String, { description: 'What was found, and what was done about it.' })
  finding!: string;
}

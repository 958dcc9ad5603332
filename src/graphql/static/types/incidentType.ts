import { Field, ID, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../../scalars.js';

@ObjectType('Incident', { description: 'An incident for which a dataset was frozen. While it stands, nothing of the dataset is answered to anybody.' })
export class IncidentType {
  @Field(() => ID, { description: 'Its id.' })
  declare readonly id: string;

  @Field(() => String, { description: 'What happened, as whoever froze the dataset said it.' })
  declare readonly reason: string;

  @Field(() => String, { description: 'The subject of who froze the dataset.' })
  declare readonly createdBy: string;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  declare readonly createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it stands.' })
  declare readonly endedAt?: Date;

  @Field(() => String, { nullable: true, description: 'The subject of who ended it: another person.' })
  declare readonly endedBy?: string;

  @Field(() => String, { nullable: true, description: 'Why it was ended.' })
  declare readonly endReason?: string;
}

@ObjectType('IncidentPayload', { description: 'What a freeze, or its end, did.' })
export class IncidentPayload {
  @Field(() => IncidentType, { description: 'The incident.' })
  declare readonly incident: IncidentType;

  @Field(() => Boolean, { description: 'Whether every running server follows by now. If not, one of them does not answer: the others follow already, and that one refuses as soon as it reaches the database again.' })
  declare readonly everywhere: boolean;
}

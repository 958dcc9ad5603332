import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { JobEvent } from '../../../jobs/job.js';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { JobStateEnum } from '../enums.js';

@ObjectType('JobEvent', { description: 'Something that happened to a job. Events are numbered without gaps, so whoever remembers the last `seq` misses none.' })
export class JobEventType implements Partial<JobEvent> {
  @Field(() => Int, { description: '1, 2, 3… within the job.' })
  declare readonly seq: number;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  declare readonly at: Date;

  @Field(() => JobStateEnum, { description: 'Where the job stood then.' })
  declare readonly state: JobEvent['state'];

  @Field(() => String, { nullable: true, description: 'What the job did then.' })
  declare readonly phase?: string;

  @Field(() => Float, { nullable: true, description: 'How much of the phase was done.' })
  declare readonly done?: number;

  @Field(() => Float, { nullable: true, description: 'How much there was to do.' })
  declare readonly total?: number;

  @Field(() => String, { nullable: true, description: 'What is counted.' })
  declare readonly unit?: string;

  @Field(() => String, { nullable: true, description: 'In words.' })
  declare readonly message?: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Facts for programs, for example the wrong values of a package.' })
  declare readonly details?: unknown;
}

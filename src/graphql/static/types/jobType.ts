import { Arg, Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Job, JobError, JobEvent, Progress } from '../../../jobs/job.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { JobKindEnum, JobStateEnum } from '../enums.js';
import { globalId } from '../ids.js';
import { findDataset, organizationById } from '../lookups.js';
import { DatasetType, datasetValue } from './datasetType.js';
import { JobEventType } from './jobEventType.js';
import { Node } from './node.js';
import { OrganizationType } from './organizationType.js';
import { connectionOf, pageSize } from './paging.js';

@ObjectType('Progress', { description: 'How far a job is.' })
export class ProgressType implements Progress {
  @Field(() => String, { nullable: true, description: 'What it does now.' })
  declare readonly phase?: string;

  @Field(() => Float, { nullable: true, description: 'How much of this phase is done.' })
  declare readonly done?: number;

  @Field(() => Float, { nullable: true, description: 'How much there is to do; null where it is not known.' })
  declare readonly total?: number;

  @Field(() => String, { nullable: true, description: 'What is counted, for example `rows` or `bytes`.' })
  declare readonly unit?: string;

  @Field(() => String, { nullable: true, description: 'In words.' })
  declare readonly message?: string;
}

@ObjectType('JobError', { description: 'Why a job failed.' })
export class JobErrorType implements JobError {
  @Field(() => String, { description: 'One of the error codes.' })
  declare readonly code: string;

  @Field(() => String, { description: 'What went wrong, where, and what to do.' })
  declare readonly message: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Facts for programs, for example the wrong values of a package.' })
  declare readonly details?: unknown;
}

@ObjectType('JobCreator', { description: 'Who asked for a job.' })
export class JobCreatorType {
  @Field(() => String, { description: 'The subject, as its issuer names it.' })
  declare readonly subject: string;

  @Field(() => String, { nullable: true, description: 'The name that the issuer asserts.' })
  declare readonly name?: string;
}

@ObjectType('Job', { implements: Node, description: 'Work that takes time. Its events tell how it goes; `jobEvents` follows them live.' })
export class JobType implements Node {
  static readonly typeName = 'Job';
  constructor(private readonly job: Job) {}

  get id(): string {
    return globalId('Job', this.job.id);
  }

  @Field(() => JobKindEnum, { description: 'What it does.' })
  get kind(): string {
    return this.job.kind;
  }

  @Field(() => JobStateEnum, { description: 'Where it stands.' })
  get state(): string {
    return this.job.state;
  }

  @Field(() => OrganizationType, { nullable: true, description: 'For whom it is done.' })
  organization(@Ctx() context: RequestContext): OrganizationType | undefined {
    const { organizationId } = this.job;
    const organization = organizationId === undefined ? undefined : organizationById(context.services.catalog.snapshot, organizationId);
    return organization && new OrganizationType(organization);
  }

  @Field(() => DatasetType, { nullable: true, description: 'The dataset it is about; null before that is known, and where you may not see it.' })
  dataset(@Ctx() context: RequestContext): DatasetType | undefined {
    const dataset = this.job.datasetId === undefined ? undefined : findDataset(context, this.job.datasetId);
    return dataset && datasetValue(dataset);
  }

  @Field(() => JobCreatorType, { nullable: true, description: 'Who asked for it; null for the system\'s own.' })
  get createdBy(): JobCreatorType | undefined {
    return this.job.createdBy === undefined ? undefined : { subject: this.job.createdBy, name: this.job.identity.name };
  }

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  get createdAt(): Date {
    return this.job.createdAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When a worker first took it.' })
  get startedAt(): Date | undefined {
    return this.job.startedAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended.' })
  get finishedAt(): Date | undefined {
    return this.job.finishedAt;
  }

  @Field(() => Int, { description: 'How many times it was begun.' })
  get attempts(): number {
    return this.job.attempts;
  }

  @Field(() => ProgressType, { nullable: true, description: 'How far it is.' })
  get progress(): Progress | undefined {
    return this.job.progress;
  }

  @Field(() => JobErrorType, { nullable: true, description: 'Why it failed.' })
  get error(): JobError | undefined {
    return this.job.error;
  }

  @Field(() => JSONScalar, { nullable: true, description: 'What came of it.' })
  get result(): unknown {
    return this.job.result;
  }

  @Field(() => [JobEventType], { description: 'Its events, oldest first.' })
  async events(
    @Ctx() context: RequestContext,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The `seq` after which to begin.' }) after: number,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
  ): Promise<readonly JobEvent[]> {
    return context.services.jobs.events(this.job.id, after, pageSize(first));
  }
}

@ObjectType('JobConnection', { description: 'A page of jobs, newest first.' })
export class JobConnection extends connectionOf('Job', JobType) {}

@ObjectType('JobChange', { description: 'One message of a feed of jobs: put the job into your list by its id, or take it out.' })
export class JobChangeType {
  @Field(() => JobType, { description: 'The job as it is now.' })
  declare readonly job: JobType;

  @Field(() => Boolean, { description: 'Whether it is among those you asked for. A job that ceases to be is told once, with false.' })
  declare readonly matches: boolean;
}

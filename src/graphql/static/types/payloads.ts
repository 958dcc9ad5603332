import { Field, Int, ObjectType } from 'type-graphql';
import { JSONScalar } from '../../scalars.js';
import { DatasetType } from './datasetType.js';
import { JobType } from './jobType.js';
import { ApiTokenType } from './tokenType.js';

@ObjectType('PublishDatasetPayload', { description: 'The work that was begun.' })
export class PublishDatasetPayload {
  @Field(() => JobType, { description: 'The job that publishes. Follow it by `jobEvents`.' })
  declare readonly job: JobType;
}

@ObjectType('SyncSourcePayload', { description: 'The work that was begun.' })
export class SyncSourcePayload {
  @Field(() => JobType, { description: 'The job that mirrors. Follow it by `jobEvents`.' })
  declare readonly job: JobType;
}

@ObjectType('SetDatasetRulesPayload', { description: 'The rules that are now in force.' })
export class SetDatasetRulesPayload {
  @Field(() => DatasetType, { description: 'The dataset under them.' })
  declare readonly dataset: DatasetType;

  @Field(() => Int, { description: 'The revision that was made.' })
  declare readonly revision: number;

  @Field(() => JSONScalar, { description: 'The document.' })
  declare readonly document: unknown;
}

@ObjectType('SetDatasetAccessPayload', { description: 'What was changed.' })
export class SetDatasetAccessPayload {
  @Field(() => DatasetType, { description: 'The dataset as it now is.' })
  declare readonly dataset: DatasetType;
}

@ObjectType('CreateApiTokenPayload', { description: 'A new API token.' })
export class CreateApiTokenPayload {
  @Field(() => String, { description: 'The token itself. It is shown here and never again: keep it like a password.' })
  declare readonly token: string;

  @Field(() => ApiTokenType, { description: 'What is known of it.' })
  declare readonly apiToken: ApiTokenType;
}

@ObjectType('ExportDatasetPayload', { description: 'The work that was begun.' })
export class ExportDatasetPayload {
  @Field(() => JobType, { description: 'The job that writes the file. Follow it by `jobEvents`; its result says where the file is fetched.' })
  declare readonly job: JobType;
}

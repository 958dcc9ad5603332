import { Field, ObjectType } from 'type-graphql';
import { DatasetEventKindEnum } from '../enums.js';
import { DatasetType } from './datasetType.js';

@ObjectType('DatasetEvent', { description: 'Something that happened to a dataset.' })
export class DatasetEventType {
  @Field(() => DatasetEventKindEnum, { description: 'What happened.' })
  declare readonly kind: string;

  @Field(() => DatasetType, { description: 'The dataset as it now is.' })
  declare readonly dataset: DatasetType;
}

import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DatasetType } from './datasetType.js';

@ObjectType('Mention', { description: 'A table that holds an identifier, of those that you may read.' })
export class MentionType {
  constructor(values: Omit<MentionType, never>) {
    Object.assign(this, values);
  }
  @Field(() => DatasetType, { description: 'Its dataset.' })
  declare readonly dataset: DatasetType;
  @Field(() => String, { description: 'Its table, by its GraphQL field.' })
  declare readonly table: string;
  @Field(() => String, { description: 'The column that holds the identifier, by its GraphQL field.' })
  declare readonly column: string;
  @Field(() => String, { description: 'The field beside this one (`…Mentions`) that leads to the rows.' })
  declare readonly field: string;
  @Field(() => Int, { description: 'In how many rows that you may see.' })
  declare readonly count: number;
}

@ObjectType('Mapping', { description: 'Another identifier for the same thing, or for one that belongs to it, and who says so.' })
export class MappingType {
  constructor(values: Omit<MappingType, never>) {
    Object.assign(this, values);
  }
  @Field(() => ID, { description: 'For `entity(id:)`.' })
  declare readonly id: string;
  @Field(() => String, { description: 'The namespace of the other identifier.' })
  declare readonly namespace: string;
  @Field(() => String, { description: 'The other identifier.' })
  declare readonly identifier: string;
  @Field(() => String, { description: 'Where the two stand side by side.' })
  declare readonly evidence: string;
  @Field(() => DatasetType, { description: 'The dataset that says so.' })
  declare readonly dataset: DatasetType;
}

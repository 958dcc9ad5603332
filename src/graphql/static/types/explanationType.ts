import { Field, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../../scalars.js';
import { ColumnTreatmentEnum } from '../enums.js';
import { DatasetType } from './datasetType.js';

@ObjectType('ColumnExplanation', { description: 'A column that is not read as it is.' })
export class ColumnExplanationType {
  @Field(() => String, { description: 'The column\'s name in the package.' })
  declare readonly column: string;

  @Field(() => ColumnTreatmentEnum, { description: 'What is read instead.' })
  declare readonly treatment: string;

  @Field(() => String, { nullable: true, description: 'The rule; told to stewards.' })
  declare readonly rule?: string;

  @Field(() => String, { description: 'The rule\'s reason.' })
  declare readonly reason: string;
}

@ObjectType('RowsExplanation', { description: 'A rule that narrows which rows are there.' })
export class RowsExplanationType {
  @Field(() => String, { nullable: true, description: 'The rule; told to stewards.' })
  declare readonly rule?: string;

  @Field(() => String, { nullable: true, description: 'The rule\'s reason.' })
  declare readonly reason?: string;
}

@ObjectType('TableExplanation', { description: 'The decision about one table.' })
export class TableExplanationType {
  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => Boolean, { description: 'Whether rows can be read now.' })
  declare readonly readable: boolean;

  @Field(() => String, { description: 'The reason as a code.' })
  declare readonly code: string;

  @Field(() => String, { description: 'The reason in words.' })
  declare readonly reason: string;

  @Field(() => String, { nullable: true, description: 'The rule that decided; told to stewards.' })
  declare readonly rule?: string;

  @Field(() => String, { description: 'What can be got at most: existence, count, aggregate, row or export.' })
  declare readonly granularity: string;

  @Field(() => Int, { description: 'The fewest rows that a figure may be about.' })
  declare readonly minimumCell: number;

  @Field(() => [String], { description: 'What would be taken where the request is refused for its purpose or channel.' })
  declare readonly allowed: readonly string[];

  @Field(() => [String], { description: 'What else binds: times, budgets, obligations, a grant that ends; in words.' })
  declare readonly terms: readonly string[];

  @Field(() => [RowsExplanationType], { description: 'What narrows the rows; all hold together.' })
  declare readonly rows: readonly RowsExplanationType[];

  @Field(() => [ColumnExplanationType], { description: 'The columns that are not read as they are.' })
  declare readonly columns: readonly ColumnExplanationType[];
}

@ObjectType('AccessExplanation', { description: 'What somebody may see of a dataset, and why.' })
export class AccessExplanationType {
  @Field(() => DatasetType, { description: 'The dataset.' })
  declare readonly dataset: DatasetType;

  @Field(() => Boolean, { description: 'Whether rows of any table can be read now.' })
  declare readonly readable: boolean;

  @Field(() => String, { description: 'The reason as a code.' })
  declare readonly code: string;

  @Field(() => String, { description: 'The reason in words.' })
  declare readonly reason: string;

  @Field(() => String, { nullable: true, description: 'How to ask for access.' })
  declare readonly howToAsk?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when an embargo binds this caller.' })
  declare readonly embargoUntil?: Date;

  @Field(() => [TableExplanationType], { description: 'Table by table.' })
  declare readonly tables: readonly TableExplanationType[];
}

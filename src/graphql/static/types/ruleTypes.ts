import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { RuleChangeKindEnum } from '../enums.js';
import { ColumnExplanationType } from './explanationType.js';

@ObjectType('RuleChange', { description: 'What differs between two rule documents.' })
export class RuleChangeType {
  @Field(() => RuleChangeKindEnum, { description: 'How it differs.' })
  declare readonly kind: string;

  @Field(() => String, { description: 'The rule\'s id.' })
  declare readonly rule: string;

  @Field(() => String, { description: 'The rule, and which of its parts changed.' })
  declare readonly text: string;
}

@ObjectType('DatasetRules', { description: 'One revision of a dataset\'s rules. It is kept for ever.' })
export class DatasetRulesType {
  @Field(() => Int, { description: 'Its number; 0 where no rules were set yet.' })
  declare readonly revision: number;

  @Field(() => JSONScalar, { description: 'The document, as `setDatasetRules` takes it.' })
  declare readonly document: unknown;

  @Field(() => String, { description: 'SHA-256 of the document in canonical JSON, base64url.' })
  declare readonly digest: string;

  @Field(() => String, { nullable: true, description: 'What was said of it.' })
  declare readonly note?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was set.' })
  declare readonly createdAt?: Date;

  @Field(() => String, { nullable: true, description: 'Who set it.' })
  declare readonly createdBy?: string;

  @Field(() => Boolean, { description: 'Whether it is in force.' })
  declare readonly inForce: boolean;

  @Field(() => [RuleChangeType], { description: 'What it changed of the revision before.' })
  declare readonly changes: readonly RuleChangeType[];
}

@ObjectType('TriedAccess', { description: 'What somebody would read of a table.' })
export class TriedAccessType {
  @Field(() => Boolean, { description: 'Whether rows or figures of it can be read.' })
  declare readonly readable: boolean;

  @Field(() => String, { description: 'The reason as a code.' })
  declare readonly code: string;

  @Field(() => String, { description: 'What can be got at most: existence, count, aggregate, row or export.' })
  declare readonly granularity: string;

  @Field(() => Float, { nullable: true, description: 'The number of rows; null where it is not told (you read less of the dataset yourself, or only figures are told).' })
  declare readonly rows?: number;

  @Field(() => [ColumnExplanationType], { description: 'The columns that are not read as they are.' })
  declare readonly columns: readonly ColumnExplanationType[];
}

@ObjectType('TriedTable', { description: 'A table under the rules in force and under those that are tried.' })
export class TriedTableType {
  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => TriedAccessType, { description: 'Under the rules in force.' })
  declare readonly before: TriedAccessType;

  @Field(() => TriedAccessType, { description: 'Under the rules that are tried.' })
  declare readonly after: TriedAccessType;
}

@ObjectType('TriedCaller', { description: 'What the rules would change for one caller.' })
export class TriedCallerType {
  @Field(() => String, { nullable: true, description: 'The subject; null for an anonymous caller.' })
  declare readonly subject?: string;

  @Field(() => [String], { description: 'What they gain, in words.' })
  declare readonly gains: readonly string[];

  @Field(() => [String], { description: 'What they lose, in words.' })
  declare readonly loses: readonly string[];

  @Field(() => [TriedTableType], { description: 'Table by table.' })
  declare readonly tables: readonly TriedTableType[];
}

@ObjectType('RuleTrial', { description: 'What rules would change.' })
export class RuleTrialType {
  @Field(() => [RuleChangeType], { description: 'What differs from the rules in force.' })
  declare readonly changes: readonly RuleChangeType[];

  @Field(() => [TriedCallerType], { description: 'Caller by caller, in the order in which they were given.' })
  declare readonly callers: readonly TriedCallerType[];
}

@ObjectType('DatasetOverride', { description: 'An emergency override of a dataset\'s rules.' })
export class DatasetOverrideType {
  @Field(() => ID, { description: 'Its id.' })
  declare readonly id: string;

  @Field(() => String, { description: 'Who reads everything.' })
  declare readonly subject: string;

  @Field(() => String, { description: 'The issuer that asserts the subject.' })
  declare readonly issuer: string;

  @Field(() => String, { description: 'Why.' })
  declare readonly reason: string;

  @Field(() => String, { description: 'Who decided it.' })
  declare readonly by: string;

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  declare readonly from: Date;

  @Field(() => DateTimeScalar, { description: 'When it ends by itself.' })
  declare readonly until: Date;
}

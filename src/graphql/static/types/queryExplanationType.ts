import { Field, Float, Int, ObjectType } from 'type-graphql';
import { JSONScalar } from '../../scalars.js';
import type { IndexUse } from '../../explain/missingIndexes.js';
import { IndexUseEnum } from '../enums.js';

@ObjectType('QueryLevel', { description: 'One table\'s part of an operation.' })
export class QueryLevelType {
  @Field(() => [String], { description: 'Where it stands in the answer; places in lists are left out.' })
  declare readonly path: readonly string[];

  @Field(() => String, { description: 'The dataset: `organization/name`.' })
  declare readonly dataset: string;

  @Field(() => String, { description: 'The version that is read.' })
  declare readonly version: string;

  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => Int, { nullable: true, description: 'Rows of a page; absent where there is one row at most.' })
  declare readonly pageSize?: number;

  @Field(() => String, { nullable: true, description: 'The columns that tie it to the level above.' })
  declare readonly link?: string;

  @Field(() => String, { nullable: true, description: 'The shape of the condition.' })
  declare readonly where?: string;

  @Field(() => String, { nullable: true, description: 'The shape of what the rules add; absent where they let every row through.' })
  declare readonly rules?: string;

  @Field(() => [String], { description: 'The order.' })
  declare readonly orderBy: readonly string[];

  @Field(() => [String], { description: 'What is made of the rows: nodes, edges, totalCount, pageInfo, aggregate, groups; row.' })
  declare readonly parts: readonly string[];

  @Field(() => Boolean, { description: 'Whether the rules close it.' })
  declare readonly refused: boolean;
}

@ObjectType('QueryParameter', { description: 'A placeholder of the statement.' })
export class QueryParameterType {
  @Field(() => Int, { description: 'The number: `$1`, `$2`…' })
  declare readonly number: number;

  @Field(() => String, { nullable: true, description: 'The variable it comes from; absent for what rules and the server put there.' })
  declare readonly variable?: string;

  @Field(() => JSONScalar, { nullable: true, description: 'The value, where it is one of your own variables.' })
  declare readonly value?: unknown;
}

@ObjectType('QueryPlanNode', { description: 'A step of the database\'s plan, as it estimates it; nothing was run.' })
export class QueryPlanNodeType {
  @Field(() => Int, { description: 'How deep it stands: it feeds the nearest step above that is less deep.' })
  declare readonly depth: number;

  @Field(() => String, { description: 'The kind of step, for example `Index Scan`.' })
  declare readonly node: string;

  @Field(() => String, { nullable: true, description: 'The table that it reads: dataset and table.' })
  declare readonly table?: string;

  @Field(() => String, { nullable: true, description: 'The index that it uses.' })
  declare readonly index?: string;

  @Field(() => Float, { nullable: true, description: 'Estimated rows; null unless you may read all of every dataset that the query names.' })
  declare readonly rows?: number;

  @Field(() => Float, { nullable: true, description: 'Estimated cost in PostgreSQL\'s units, with all below; null as the rows are.' })
  declare readonly cost?: number;
}

@ObjectType('MissingIndex', { description: 'A column of a big table that is looked up, ordered or linked by, and has no index.' })
export class MissingIndexType {
  @Field(() => String, { description: 'The dataset: `organization/name`.' })
  declare readonly dataset: string;

  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => String, { description: 'The column\'s name in the package.' })
  declare readonly column: string;

  @Field(() => IndexUseEnum, { description: 'What needs it.' })
  declare readonly use: IndexUse;

  @Field(() => Int, { nullable: true, description: 'Rows of the table; null unless you may read all of every dataset that the query names.' })
  declare readonly rows?: number;

  @Field(() => String, { description: 'What to do.' })
  declare readonly advice: string;
}

@ObjectType('QueryExplanation', { description: 'How an operation would be answered. Nothing of it was run.' })
export class QueryExplanationType {
  @Field(() => Float, { description: 'What it may cost, from its page sizes.' })
  declare readonly cost: number;

  @Field(() => Float, { description: 'The greatest cost that is answered.' })
  declare readonly maxCost: number;

  @Field(() => [QueryLevelType], { description: 'The tables, parents before children.' })
  declare readonly levels: readonly QueryLevelType[];

  @Field(() => String, { nullable: true, description: 'The statement with the rules in it. Absent where nothing would be run, and where rows of several sources take part.' })
  declare readonly sql?: string;

  @Field(() => [QueryParameterType], { description: 'The statement\'s placeholders.' })
  declare readonly parameters: readonly QueryParameterType[];

  @Field(() => [QueryPlanNodeType], { description: 'PostgreSQL\'s plan, without the values in its conditions.' })
  declare readonly plan: readonly QueryPlanNodeType[];

  @Field(() => [MissingIndexType], { description: 'Indexes that would help.' })
  declare readonly missingIndexes: readonly MissingIndexType[];

  @Field(() => [String], { description: 'What would be refused before anything runs.' })
  declare readonly refusals: readonly string[];
}

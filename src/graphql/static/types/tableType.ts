import { Ctx, Field, Float, ObjectType } from 'type-graphql';
import type { Dataset, ForeignKey, Table } from '../../../catalog/model.js';
import type { RequestContext } from '../../context.js';
import { toldRowCount } from '../access.js';
import { ColumnType } from './columnType.js';

@ObjectType('ForeignKey', { description: 'Columns that name a row of another table (or of the same).' })
export class ForeignKeyType {
  constructor(private readonly key: ForeignKey) {}

  @Field(() => [String], { description: 'Columns of this table, by their names in the package.' })
  get columns(): readonly string[] {
    return this.key.columns;
  }

  @Field(() => String, { description: 'The table they lead to.' })
  get table(): string {
    return this.key.table;
  }

  @Field(() => [String], { description: 'The columns there, in the same order.' })
  get referenced(): readonly string[] {
    return this.key.referenced;
  }

  @Field(() => String, { description: 'The field of this table\'s rows that leads there.' })
  get field(): string {
    return this.key.field;
  }

  @Field(() => String, { description: 'The field of that table\'s rows that leads back.' })
  get backField(): string {
    return this.key.backField;
  }
}

@ObjectType('Table', { description: 'A table of a dataset: one resource of its package.' })
export class TableType {
  constructor(private readonly dataset: Dataset, private readonly table: Table) {}

  @Field(() => String, { description: 'The name in the package.' })
  get name(): string {
    return this.table.name;
  }

  @Field(() => String, { description: 'The field of the dataset\'s type.' })
  get field(): string {
    return this.table.field;
  }

  @Field(() => String, { nullable: true, description: 'The title for people.' })
  get title(): string | undefined {
    return this.table.title;
  }

  @Field(() => String, { nullable: true, description: 'What the rows are.' })
  get description(): string | undefined {
    return this.table.description;
  }

  @Field(() => Float, { nullable: true, description: 'The number of rows; null unless you may read all of them.' })
  rowCount(@Ctx() context: RequestContext): number | undefined {
    return toldRowCount(this.dataset, this.table, context);
  }

  @Field(() => [ColumnType], { description: 'Its columns in the package\'s order.' })
  get columns(): readonly ColumnType[] {
    return this.table.columns.map((column) => new ColumnType(column));
  }

  @Field(() => [String], { description: 'The columns that identify a row; empty where the package declares none.' })
  get primaryKey(): readonly string[] {
    return this.table.primaryKey;
  }

  @Field(() => [ForeignKeyType], { description: 'How its rows lead to other rows.' })
  get foreignKeys(): readonly ForeignKeyType[] {
    return this.table.foreignKeys.map((key) => new ForeignKeyType(key));
  }
}

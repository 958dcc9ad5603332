import { Field, ObjectType } from 'type-graphql';
import type { Column } from '../../../catalog/model.js';
import { ColumnTypeEnum } from '../enums.js';

@ObjectType('Column', { description: 'A column of a table, as its package describes it.' })
export class ColumnType {
  constructor(private readonly column: Column) {}

  @Field(() => String, { description: 'The name in the package.' })
  get name(): string {
    return this.column.name;
  }

  @Field(() => String, { description: 'The field of the row type.' })
  get field(): string {
    return this.column.field;
  }

  @Field(() => ColumnTypeEnum, { description: 'How its values are kept and compared.' })
  get type(): string {
    return this.column.kind;
  }

  @Field(() => ColumnTypeEnum, { nullable: true, description: 'The type of a list\'s items.' })
  get itemType(): string | undefined {
    return this.column.item;
  }

  @Field(() => String, { nullable: true, description: 'The title for people.' })
  get title(): string | undefined {
    return this.column.title;
  }

  @Field(() => String, { nullable: true, description: 'What the values mean.' })
  get description(): string | undefined {
    return this.column.description;
  }

  @Field(() => String, { nullable: true, description: 'The unit as a UCUM code, for example `K` or `GPa`.' })
  get unit(): string | undefined {
    return this.column.unit;
  }

  @Field(() => String, { nullable: true, description: 'The namespace of the identifiers in it: a Bioregistry prefix such as `uniprot`.' })
  get namespace(): string | undefined {
    return this.column.namespace;
  }

  @Field(() => Boolean, { description: 'Whether it is meant for filtering in user interfaces.' })
  get facet(): boolean {
    return this.column.facet;
  }

  @Field(() => Boolean, { description: 'Whether an index answers `matches`.' })
  get fullText(): boolean {
    return this.column.fullText ?? false;
  }

  @Field(() => Boolean, { description: 'Whether every row has a value. The field is nullable all the same: rules may withhold it.' })
  get required(): boolean {
    return this.column.required;
  }

  @Field(() => Boolean, { description: 'Whether no two rows have the same value.' })
  get unique(): boolean {
    return this.column.unique;
  }

  @Field(() => [String], { nullable: true, description: 'The values that are allowed, where they are listed.' })
  get enumValues(): readonly string[] | undefined {
    return this.column.values;
  }
}

/** Operations over whatever schema there is, from a seed: selections, filters, orders, pages, aggregates and groups of every kind. */
import {
  getNamedType, getNullableType, isEnumType, isInputObjectType, isListType, isObjectType, isRequiredInputField, isScalarType,
  type GraphQLField, type GraphQLInputType, type GraphQLObjectType, type GraphQLSchema,
} from 'graphql';
import { Random } from './random.js';

/** Values of each scalar, as GraphQL literals. Those of the data should be among them. */
export type ValuePool = Readonly<Record<string, readonly string[]>>;

/** @returns the text of a query over the dataset `organization { dataset { … } }` */
export function generateOperation(schema: GraphQLSchema, place: readonly [string, string], pool: ValuePool, seed: number): string {
  return new Generator(pool, seed).operation(schema, place);
}

/** @returns `(where: …)` of a table's connection, or nothing */
export function generateWhere(schema: GraphQLSchema, [organization, dataset]: readonly [string, string], table: string, pool: ValuePool, seed: number): string {
  return new Generator(pool, seed).where(schema, [organization, dataset], table);
}

/** Answered only under rules that offer them, by what is kept beside the rows. */
const governed: ReadonlySet<string> = new Set(['release', 'noisy']);

class Generator {
  private readonly random: Random;

  constructor(private readonly pool: ValuePool, seed: number) {
    this.random = new Random(seed);
  }

  operation(schema: GraphQLSchema, [organization, dataset]: readonly [string, string]): string {
    const outer = getNamedType(schema.getQueryType()!.getFields()[organization]!.type) as GraphQLObjectType;
    const type = getNamedType(outer.getFields()[dataset]!.type) as GraphQLObjectType;
    const tables = Object.values(type.getFields()).filter((field) => !field.name.startsWith('_'));
    return `{ ${organization} { ${dataset} { ${this.field(this.one(tables), 0)} } } }`;
  }

  where(schema: GraphQLSchema, [organization, dataset]: readonly [string, string], table: string): string {
    const outer = getNamedType(schema.getQueryType()!.getFields()[organization]!.type) as GraphQLObjectType;
    const type = getNamedType(outer.getFields()[dataset]!.type) as GraphQLObjectType;
    const where = type.getFields()[table]?.args.find((argument) => argument.name === 'where');
    return where && this.chance(0.8) ? `(where: ${this.input(where.type, 0, 'where')})` : '';
  }

  private chance(p: number): boolean {
    return this.random.chance(p);
  }

  private one<T>(items: readonly T[]): T {
    return this.random.one(items);
  }

  private field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const args = this.arguments(field);
    return `${field.name}${args}${isObjectType(type) ? ` { ${this.selection(type, depth + 1)} }` : ''}`;
  }

  private selection(type: GraphQLObjectType, depth: number): string {
    const all = Object.values(type.getFields()).filter((field) => !field.name.startsWith('_') && !governed.has(field.name));
    const nested = (field: GraphQLField<unknown, unknown>): boolean => isObjectType(getNamedType(field.type)) && getNamedType(field.type).name !== 'GeoPoint';
    const share = depth > 6 ? 0.15 : 0.4;
    const chosen = all.filter((field) => this.chance(nested(field) ? (depth > 8 ? 0 : depth > 4 ? 0.25 : 0.5) : share)).map((field) => this.field(field, depth));
    if (this.chance(0.15)) chosen.push('__typename');
    if (chosen.length > 0) return chosen.join(' ');
    const leaf = all.find((field) => !nested(field));
    return leaf ? this.field(leaf, depth) : '__typename';
  }

  private arguments(field: GraphQLField<unknown, unknown>): string {
    const given: string[] = [];
    const backward = this.chance(0.3) && field.args.some((a) => a.name === 'last');
    for (const argument of field.args) {
      switch (argument.name) {
        case 'first': if (!backward) given.push(`first: ${this.one([0, 1, 2, 3, 50])}`); break;
        case 'last': if (backward) given.push(`last: ${this.one([1, 2, 3, 50])}`); break;
        case 'after': case 'before': case 'version': case 'asOf': break;
        case 'p': given.push(`p: ${this.one(['0', '0.25', '0.5', '0.9', '1'])}`); break;
        case 'by': given.push(`by: ${this.groupKeys(argument.type)}`); break;
        default: if (this.chance(0.6) && (isInputObjectType(getNamedType(argument.type)))) given.push(`${argument.name}: ${this.input(argument.type, 0, argument.name)}`);
      }
    }
    return given.length > 0 ? `(${given.join(', ')})` : '';
  }

  private groupKeys(type: GraphQLInputType): string {
    const entry = getNamedType(type);
    if (!isInputObjectType(entry)) throw new Error('by takes objects');
    const columns = getNamedType(entry.getFields().column!.type);
    if (!isEnumType(columns)) throw new Error('column is an enum');
    const names = columns.getValues().map((value) => value.name);
    const chosen = [...new Set([this.one(names), ...(this.chance(0.3) ? [this.one(names)] : [])])];
    return `[${chosen.map((name) => `{ column: ${name}${this.chance(0.25) ? `, unit: ${this.one(['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR'])}` : this.chance(0.2) ? `, bin: ${this.one(['0.5', '2', '10'])}` : ''} }`).join(', ')}]`;
  }

  private input(outer: GraphQLInputType, depth: number, name: string): string {
    const type = getNullableType(outer);
    if (isListType(type)) return `[${Array.from({ length: this.one([0, 1, 1, 2, 3]) }, () => this.input(type.ofType, depth, name)).join(', ')}]`;
    if (isEnumType(type)) return this.one(type.getValues()).name;
    if (isScalarType(type)) return this.one(this.pool[type.name] ?? ['"x"']);
    if (!isInputObjectType(type)) throw new Error(`no input of ${String(type)}`);
    const fields = Object.values(type.getFields());
    const required = fields.filter(isRequiredInputField);
    const optional = fields.filter((field) => !isRequiredInputField(field) && (depth < 3 || !isInputObjectType(getNamedType(field.type)) || getNamedType(field.type).name.endsWith('Comparison')) && !(name === 'orderBy' && (field.name === 'avg' || field.name === 'stddev')));
    const count = required.length > 0 ? 0 : name === 'orderBy' ? 1 : this.one([1, 1, 1, 2]);
    const chosen = new Set([...required, ...Array.from({ length: optional.length > 0 ? count : 0 }, () => this.one(optional))]);
    return `{ ${[...chosen].map((field) => `${field.name}: ${this.input(field.type, depth + 1, name)}`).join(', ')} }`;
  }
}

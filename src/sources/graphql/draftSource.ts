/** A source file made from a GraphQL server's own schema: a beginning to be looked through, kept and changed like a file that was written by hand. */
import { getNamedType, isEnumType, isListType, isNonNullType, isObjectType, isScalarType, type GraphQLField, type GraphQLObjectType, type GraphQLOutputType, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { DureError } from '../../errors.js';
import { graphqlName, slugPattern } from '../../catalog/naming.js';
import { suggestion } from '../http/mistakes.js';

export const introspectedOptions = z.strictObject({
  id: z.string().regex(slugPattern, 'use a lower-case letter, then a-z, 0-9 and -'),
  title: z.string().min(1),
  dataset: z.string().regex(slugPattern, 'use a lower-case letter, then a-z, 0-9 and -'),
  country: z.string().optional(),
  tables: z.array(z.strictObject({
    name: z.string(), root: z.string(), argument: z.string().optional(), key: z.string(), batch: z.number().int().min(1).optional(),
    /** Bioregistry prefix of the key, and the field of other rows that leads here. */
    namespace: z.string().optional(), linkField: z.string().optional(),
  })).min(1),
});

export type IntrospectedOptions = z.infer<typeof introspectedOptions>;

const kinds: Readonly<Record<string, string>> = { String: 'String', ID: 'String', Int: 'Int', Float: 'Float', Boolean: 'Boolean', Date: 'Date', DateTime: 'DateTime', Long: 'Int64', BigInt: 'Int64', Int64: 'Int64', Decimal: 'Decimal', BigDecimal: 'Decimal' };

/** Objects within objects are looked into so deep. */
const deepest = 3;
const mostColumns = 100;

/** @throws DureError BAD_USER_INPUT with all that the schema does not have */
export function draftSource(schema: GraphQLSchema, url: string, options: IntrospectedOptions): string {
  const problems: string[] = [];
  const tables = options.tables.map((table) => {
    const roots = schema.getQueryType()?.getFields() ?? {};
    const root = roots[table.root];
    if (!root) {
      problems.push(`${table.name}: Query has no field ${table.root}.${suggestion(table.root, Object.keys(roots))}`);
      return '';
    }
    const type = getNamedType(root.type);
    const lists = root.args.filter((argument) => isListType(isNonNullType(argument.type) ? argument.type.ofType : argument.type));
    const argument = table.argument === undefined ? (lists.length === 1 ? lists[0] : undefined) : root.args.find(({ name }) => name === table.argument);
    if (!argument) problems.push(`${table.name}: ${table.root} has ${table.argument === undefined ? 'not exactly one argument that is a list: say which takes the keys' : `no argument ${table.argument}`}.`);
    if (!isObjectType(type)) problems.push(`${table.name}: ${table.root} gives no objects.`);
    const columns = isObjectType(type) ? columnsOf(type, [], false, new Set()) : [];
    const key = columns.find(({ path }) => path === table.key);
    if (isObjectType(type) && !key) problems.push(`${table.name}: there is no single value at ${table.key}.${suggestion(table.key, columns.map(({ path }) => path))}`);
    if (!argument || !key) return '';
    const ordered = [key, ...columns.filter((column) => column !== key).slice(0, mostColumns - 1)];
    const name = typeName(table.name);
    return [
      `type ${name} @table(name: ${text(table.name)}, key: ${text(key.name)})${table.namespace === undefined || table.linkField === undefined ? '' : ` @entity(namespace: ${text(table.namespace)}, linkField: ${text(table.linkField)})`}`,
      `  @root(field: ${text(table.root)}, argument: ${text(argument.name)}, type: ${text(String(argument.type))}, batch: ${table.batch ?? 100}) {`,
      ...ordered.map((column) => `  ${column.name}: ${column.type} @column(path: ${text(column.path)}${column === key && table.namespace !== undefined ? `, namespace: ${text(table.namespace)}` : ''})`),
      '}',
    ].join('\n');
  });
  if (problems.length > 0) throw new DureError('BAD_USER_INPUT', `The source's schema does not fit: ${problems.join(' ')}`, { problems });
  const head = [['id', options.id], ['title', options.title], ['dataset', options.dataset], ['url', url], ...(options.country === undefined ? [] : [['country', options.country]])] as const;
  return `extend schema @source(${head.map(([name, value]) => `${name}: ${text(value!)}`).join(', ')})\n\n${tables.join('\n\n')}\n`;
}

interface DraftColumn { readonly name: string; readonly type: string; readonly path: string }

function columnsOf(type: GraphQLObjectType, above: readonly string[], inList: boolean, names: Set<string>): readonly DraftColumn[] {
  return Object.values(type.getFields()).flatMap((field) => {
    // A field that needs an argument gives nothing by itself.
    if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)) return [];
    const path = [...above, field.name];
    const list = inList || isList(field.type);
    const named = getNamedType(field.type);
    if (isObjectType(named)) return path.length < deepest ? columnsOf(named, path, list, names) : [];
    if (!isScalarType(named) && !isEnumType(named)) return [];
    return [column(field, path, list, names)];
  });
}

function column(field: GraphQLField<unknown, unknown>, path: readonly string[], list: boolean, names: Set<string>): DraftColumn {
  const named = getNamedType(field.type);
  const item = isEnumType(named) ? 'String' : (kinds[named.name] ?? 'JSON');
  const wanted = graphqlName(path.join(' '));
  let name = wanted;
  for (let n = 2; names.has(name); n += 1) name = `${wanted}_${n}`;
  names.add(name);
  return { name, path: path.join('.'), type: list ? (item === 'JSON' ? 'JSON' : `[${item}!]`) : item };
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function typeName(table: string): string {
  const name = graphqlName(table);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** JSON's texts are GraphQL's, but for characters that JSON leaves as they are and GraphQL does too. */
function text(value: string): string {
  return JSON.stringify(value);
}

/** A field of a source file's type: a column, where its value stands, and which conditions on it the source can check. */
import { Kind, type EnumTypeDefinitionNode, type FieldDefinitionNode, type TypeNode } from 'graphql';
import type { Column } from '../../catalog/model.js';
import { isLegalEnumValue, reservedColumnFields } from '../../catalog/naming.js';
import { dayIn, formatProblem } from './dateText.js';
import { applied, argumentNode, type Applied } from './directives.js';
import { fieldPath } from './fieldPath.js';
import { suggestion, type Mistakes } from './mistakes.js';
import type { ColumnSpec, FilterSpec } from './spec.js';

const kinds: Readonly<Record<string, Column['kind']>> = {
  String: 'text', ID: 'text', Int: 'int32', Int64: 'int64', Float: 'float', Decimal: 'decimal', Boolean: 'boolean', Date: 'date', DateTime: 'datetime', JSON: 'json',
};

export const allowedColumns = Object.keys(kinds).join(', ');

type Typed = Pick<Column, 'kind' | 'item' | 'values' | 'required'>;

export function parseColumn(node: FieldDefinitionNode, enums: ReadonlyMap<string, EnumTypeDefinitionNode>, isKey: boolean, mistakes: Mistakes): ColumnSpec | undefined {
  const name = node.name.value;
  if (name.startsWith('_')) mistakes.at(node.name, `The column ${name} begins with an underscore: those names are Dure's own. Choose another.`);
  if ((node.arguments ?? []).length > 0) mistakes.at(node.arguments![0], `The column ${name} has arguments: leave them out, conditions are given by @filter.`);
  const typed = columnType(node.type, enums, mistakes);
  const written = (node.directives ?? []).some((directive) => directive.name.value === 'column');
  if (!written) mistakes.at(node, `The column ${name} does not say where its value stands: add @column(path: "…").`);
  const directive = applied(node.directives, 'column', mistakes)[0];
  if (!directive) return undefined;
  const { args } = directive;
  const path = fieldPath(args.path);
  if (!path || args.path === '') mistakes.at(argumentNode(directive.node, 'path'), `“${args.path}” is not a path: write names joined by dots, such as sequence.length or refs[database=PDB].id.`);
  if (!typed) return undefined;
  const dated = typed.kind === 'date' || typed.kind === 'datetime';
  if (args.format !== undefined) {
    const wrong = dated ? formatProblem(args.format) : `only a Date or DateTime has a format, and ${name} is none`;
    if (wrong !== undefined) mistakes.at(argumentNode(directive.node, 'format'), `“${args.format}”: ${wrong}.`);
  }
  if (args.namespace !== undefined && !/^[a-z][a-z0-9.]*$/.test(args.namespace)) mistakes.at(argumentNode(directive.node, 'namespace'), `“${args.namespace}” is not a Bioregistry prefix: use lower-case letters, digits and dots.`);
  const { latest } = args;
  if (latest && typed.kind !== 'date') mistakes.at(argumentNode(directive.node, 'latest'), `Only a Date has a newest day, and ${name} is none.`);
  else if (latest && dayIn(latest.zone, latest.days) === undefined) mistakes.at(argumentNode(directive.node, 'latest'), `“${latest.zone}” is not a time zone: write one such as "Asia/Seoul" or "UTC".`);
  const column: Column = Object.freeze({
    name, field: reservedColumnFields.has(name) ? `${name}_` : name, physical: name, ...typed, title: args.title, description: node.description?.value, unit: args.unit, namespace: args.namespace,
    facet: false, personKey: false, unique: isKey,
  });
  const filters = applied(node.directives, 'filter', mistakes).flatMap((filter) => parseFilter(filter, column, args.format, mistakes));
  if (!path) return undefined;
  return {
    column, path, filters, order: args.order, latest: latest && (() => dayIn(latest.zone, latest.days)!), select: args.select === '' ? undefined : (args.select ?? path.head),
    reading: { missing: args.missing, format: args.format, map: new Map(args.map.map(({ from, to }) => [from, to])) },
  };
}

function columnType(node: TypeNode, enums: ReadonlyMap<string, EnumTypeDefinitionNode>, mistakes: Mistakes): Typed | undefined {
  const required = node.kind === Kind.NON_NULL_TYPE;
  const type = node.kind === Kind.NON_NULL_TYPE ? node.type : node;
  if (type.kind === Kind.LIST_TYPE) {
    const inner = type.type.kind === Kind.NON_NULL_TYPE ? type.type.type : type.type;
    const item = inner.kind === Kind.NAMED_TYPE ? kinds[inner.name.value] : undefined;
    if (item === undefined || item === 'json') {
      mistakes.at(type, `A list column is a list of ${allowedColumns.replace(', JSON', '')}.`);
      return undefined;
    }
    return { kind: 'list', item: item as NonNullable<Column['item']>, required };
  }
  const name = type.name.value;
  const listed = enums.get(name);
  if (listed) {
    const values = (listed.values ?? []).map((value) => value.name.value);
    for (const value of listed.values ?? []) if (!isLegalEnumValue(value.name.value)) mistakes.at(value, `${value.name.value} cannot be a value of an enum.`);
    return { kind: 'enum', values, required };
  }
  const kind = kinds[name];
  // An unknown type is reported by the validation of the document; a table's type is known but no column.
  if (kind === undefined) mistakes.at(type, `${name} is no type of a column: a column is ${allowedColumns}, a list of one, or an enum of this file.${suggestion(name, Object.keys(kinds))}`);
  return kind === undefined ? undefined : { kind, required };
}

const placeholders = ['value', 'quoted', 'next', 'previous'];

function parseFilter({ node, args }: Applied<'filter'>, column: Column, format: string | undefined, mistakes: Mistakes): readonly FilterSpec[] {
  const wrong = (argument: string, message: string): void => mistakes.at(argumentNode(node, argument), message);
  if ((args.params === undefined) === (args.query === undefined)) mistakes.at(node, 'A filter is either asked by params or as a term of the query: give one of the two.');
  if (args.ops.length === 0) wrong('ops', 'A filter needs an operator.');
  if (args.params?.length === 0) wrong('params', 'Name the parameter.');
  if (column.kind === 'list' || column.kind === 'json') mistakes.at(node, `${column.name} is a list or JSON: a source cannot be asked for conditions on it. Leave the filter out.`);
  const text = column.kind === 'text' || column.kind === 'enum';
  const template = args.query ?? args.value;
  const used = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  for (const name of used) if (!placeholders.includes(name)) wrong(args.query === undefined ? 'value' : 'query', `“{${name}}” is not known here: use ${placeholders.map((one) => `{${one}}`).join(', ')}.`);
  if (args.query !== undefined && text && used.some((name) => name !== 'quoted')) wrong('query', 'A text must stand in quotes, or it could change the query: write {quoted}.');
  if (used.some((name) => name === 'next' || name === 'previous') && !['int32', 'int64', 'date'].includes(column.kind)) wrong(args.query === undefined ? 'value' : 'query', `${column.name} has no next value: {next} and {previous} are for whole numbers and days.`);
  for (const op of args.ops) {
    if ((op === 'startsWith' || op === 'endsWith' || op === 'contains') && column.kind !== 'text') wrong('ops', `${op} is for texts, and ${column.name} is none.`);
    if ((op === 'isNull' || op === 'isNotNull') && used.length > 0) wrong(args.query === undefined ? 'value' : 'query', `${op} has no value: write a fixed text such as value: "true".`);
    if (op === 'in' && args.query !== undefined && args.separator === undefined) mistakes.at(node, 'A query needs to know what stands between the terms of in: add separator: " OR ".');
  }
  if (args.format !== undefined) {
    const problem = column.kind === 'date' || column.kind === 'datetime' ? formatProblem(args.format) : `only a Date or DateTime has a format, and ${column.name} is none`;
    if (problem !== undefined) wrong('format', `“${args.format}”: ${problem}.`);
  }
  return args.ops.map((op) => ({ op, params: args.params, query: args.query, value: args.value, separator: args.separator ?? ',', format: args.format ?? format, exact: args.exact }));
}

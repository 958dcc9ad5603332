/** A type of a source file: a table, how its rows are had by key, and how they are searched. */
import { RE2JS } from 're2js';
import type { EnumTypeDefinitionNode, ObjectTypeDefinitionNode } from 'graphql';
import { graphqlName } from '../../catalog/naming.js';
import { knownNamespaces } from '../../catalog/namespaces.js';
import { applied, argumentNode, type Applied } from './directives.js';
import { fieldPath } from './fieldPath.js';
import type { Mistakes } from './mistakes.js';
import { parseColumn } from './parseColumn.js';
import { checkPlace, placeSpec } from './places.js';
import type { ColumnSpec, LookupSpec, SearchSpec, TableSpec } from './spec.js';

export function parseTable(type: ObjectTypeDefinitionNode, enums: ReadonlyMap<string, EnumTypeDefinitionNode>, mistakes: Mistakes): TableSpec | undefined {
  const written = (name: string): boolean => (type.directives ?? []).some((directive) => directive.name.value === name);
  if (!written('table')) mistakes.at(type.name, `${type.name.value} is no table: add @table(name: "…").`);
  for (const one of type.interfaces ?? []) mistakes.at(one, 'A table implements nothing: leave this out.');
  const table = applied(type.directives, 'table', mistakes)[0];
  const keyName = table?.args.key;
  const columns = new Map((type.fields ?? []).flatMap((field): [string, ColumnSpec][] => {
    const column = parseColumn(field, enums, field.name.value === keyName, mistakes);
    return column ? [[field.name.value, column]] : [];
  }));
  const lookup = applied(type.directives, 'lookup', mistakes)[0];
  const search = applied(type.directives, 'search', mistakes)[0];
  const select = applied(type.directives, 'select', mistakes)[0];
  const entity = applied(type.directives, 'entity', mistakes)[0];
  if (!written('lookup') && !written('search')) mistakes.at(type.name, `The rows of ${type.name.value} can neither be looked up nor searched: add @lookup or @search.`);
  if (!table) return undefined;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(table.args.name)) mistakes.at(argumentNode(table.node, 'name'), `name is “${table.args.name}”: use a lower-case letter, then a-z, 0-9 and _.`);

  const declared = (type.fields ?? []).some((field) => field.name.value === keyName);
  const key = keyName === undefined ? undefined : columns.get(keyName);
  if (keyName !== undefined && !declared) mistakes.at(argumentNode(table.node, 'key'), `There is no column ${keyName}: name one of ${(type.fields ?? []).map((field) => field.name.value).join(', ')}.`);
  if (key && !['text', 'int32', 'int64'].includes(key.column.kind)) mistakes.at(argumentNode(table.node, 'key'), `${keyName} cannot be the key: a key is a text or a whole number.`);
  if (lookup && keyName === undefined) mistakes.at(lookup.node, 'Rows are looked up by the key: name it in @table(key: "…").');
  if (entity) checkEntity(entity, key, keyName, mistakes);
  const paths = [lookup?.args.path, search?.args.path];
  if (paths.some((path) => path?.includes('{fields}')) && (!select || select.args.name !== undefined)) mistakes.at((lookup ?? search)!.node, 'The path has {fields}: add @select without a name.');
  if (select && select.args.name === undefined && !paths.some((path) => path?.includes('{fields}'))) mistakes.at(select.node, 'Say where the fields go: give @select a name, or write {fields} in a path.');

  const lookupSpec = lookup && parseLookup(lookup, key, mistakes);
  const searchSpec = search && parseSearch(search, [...columns.values()], mistakes);
  for (const [name, { filters, order }] of columns) {
    const field = type.fields!.find((candidate) => candidate.name.value === name);
    if (filters.length > 0 && !written('search')) mistakes.at(field, `Conditions on ${name} can only be asked in a search: add @search, or leave @filter out.`);
    if (search && search.args.query === undefined && filters.some((filter) => filter.query !== undefined)) mistakes.at(field, `A filter on ${name} is a term of a query: say in @search which parameter the query goes in, query: {name: "…", all: "…"}.`);
    if (order !== undefined && search && search.args.order === undefined) mistakes.at(field, `${name} can be ordered by: say in @search how, order: {name: "…"}.`);
  }
  return {
    definition: Object.freeze({
      name: table.args.name, field: graphqlName(table.args.name), linkField: entity?.args.linkField, authority: entity?.args.authority ?? false, key: keyName,
      columns: [...columns.values()].map(({ column }) => column), title: type.name.value, description: type.description?.value,
    }),
    key, columns, params: table.args.params, select: select?.args, lookup: lookupSpec, search: searchSpec,
  };
}

export function checkEntity({ node, args }: Applied<'entity'>, key: ColumnSpec | undefined, keyName: string | undefined, mistakes: Mistakes): void {
  if (keyName === undefined) mistakes.at(node, 'An entity needs a key: name it in @table(key: "…").');
  else if (key && key.column.namespace !== args.namespace) mistakes.at(argumentNode(node, 'namespace'), `The key ${keyName} is ${key.column.namespace === undefined ? 'in no namespace' : `in the namespace ${key.column.namespace}`}, the entity in ${args.namespace}: write the same in both.`);
  if (!/^[a-z][A-Za-z0-9]*$/.test(args.linkField)) mistakes.at(argumentNode(node, 'linkField'), `linkField is “${args.linkField}”: use camelCase, such as "protein".`);
}

function parseLookup({ node, args }: Applied<'lookup'>, key: ColumnSpec | undefined, mistakes: Mistakes): LookupSpec | undefined {
  const rows = rowsPath(node, args.rows, mistakes);
  const { keys } = args;
  const where = argumentNode(node, 'keys');
  if (keys.in === 'PATH' && !args.path.includes('{key}')) mistakes.at(argumentNode(node, 'path'), 'The key goes in the path: write {key} where.');
  if (keys.in === 'PATH' && args.batch !== 1) mistakes.at(argumentNode(node, 'batch'), 'A path has one key: leave batch out.');
  if (keys.in !== 'PATH' && args.path.includes('{key}')) mistakes.at(argumentNode(node, 'path'), 'The path has {key}: write keys: {in: PATH}.');
  if (keys.in !== 'PATH' && keys.name === undefined) mistakes.at(where, 'Name the parameter or field that gets the keys: {in: …, name: "…"}.');
  if (keys.in === 'FORM' && args.method !== 'POST') mistakes.at(where, 'A form is sent by POST: write method: POST.');
  if (args.batch < 1) mistakes.at(argumentNode(node, 'batch'), `batch is ${args.batch}: it must be 1 or more.`);
  checkPath(node, args.path, ['key', 'fields'], mistakes);
  const pattern = key?.column.namespace === undefined ? undefined : knownNamespaces.get(key.column.namespace)?.pattern;
  const isKey = keyTest(args.pattern, pattern, keys.in === 'PATH' ? undefined : keys.separator);
  if (!isKey) mistakes.at(argumentNode(node, 'pattern'), `“${args.pattern}” is not a regular expression of RE2.`);
  return rows && isKey ? { ...args, rows, isKey } : undefined;
}

/**
 * Case is settled before. A key that holds the separator would be two.
 * @param pattern of the file, by RE2: it may be anybody's
 * @param own the namespace's, ours, where the file has none
 */
function keyTest(pattern: string | undefined, own: string | undefined, separator: string | undefined): ((text: string) => boolean) | undefined {
  try {
    const expression = pattern === undefined ? undefined : RE2JS.compile(pattern);
    const usual = pattern === undefined && own !== undefined ? new RegExp(own) : undefined;
    return (text) => text !== '' && text !== '.' && text !== '..' && text.length <= 500 && !(separator !== undefined && separator !== '' && text.includes(separator)) && !/\p{Cc}/u.test(text) && (usual?.test(text) ?? expression?.matches(text) ?? true);
  } catch {
    return undefined;
  }
}

function parseSearch({ node, args }: Applied<'search'>, columns: readonly ColumnSpec[], mistakes: Mistakes): SearchSpec | undefined {
  const rows = rowsPath(node, args.rows, mistakes);
  const { page } = args;
  const where = argumentNode(node, 'page');
  const field = page.field === undefined ? undefined : fieldPath(page.field);
  if (page.next === 'BODY' && !field) mistakes.at(where, 'Say where in the body the next address stands: field: "…".');
  if ((page.next === 'OFFSET' || page.next === 'NUMBER') && page.at === undefined) mistakes.at(where, `Name the parameter of the ${page.next === 'OFFSET' ? 'offset' : "page's number"}: at: "…".`);
  if ((page.next === 'OFFSET' || page.next === 'NUMBER') && page.size === undefined) mistakes.at(where, 'Name the parameter of the size, or it is not known whether a page was the last: size: "…".');
  if (page.max < 1) mistakes.at(where, `max is ${page.max}: it must be 1 or more.`);
  if (args.method !== 'GET') mistakes.at(argumentNode(node, 'method'), 'A search is asked by GET.');
  if (args.total) checkPlace(args.total, argumentNode(node, 'total'), mistakes);
  checkPath(node, args.path, ['fields'], mistakes);
  const given = new Set(columns.flatMap(({ filters }) => filters.flatMap(({ params }) => params ?? [])));
  for (const name of args.required) if (!given.has(name)) mistakes.at(argumentNode(node, 'required'), `No condition gives the parameter ${name}: add a @filter with it, or leave it out of required.`);
  if (args.order && !columns.some(({ order }) => order !== undefined)) mistakes.at(argumentNode(node, 'order'), 'No column can be ordered by: add order: "…" to one.');
  return rows && { ...args, rows, page: { ...page, field }, total: args.total && placeSpec(args.total) };
}

function rowsPath(node: Applied<'lookup'>['node'], text: string, mistakes: Mistakes): ReturnType<typeof fieldPath> {
  const path = fieldPath(text);
  if (!path) mistakes.at(argumentNode(node, 'rows'), `“${text}” is not a path: write names joined by dots.`);
  return path;
}

function checkPath(node: Applied<'lookup'>['node'], path: string, known: readonly string[], mistakes: Mistakes): void {
  const where = argumentNode(node, 'path');
  if (!path.startsWith('/')) mistakes.at(where, `path is “${path}”: begin it with /.`);
  if (path.includes('?') || path.includes('#')) mistakes.at(where, 'A path has no query: write params: [{name: "…", value: "…"}].');
  for (const [found, name] of path.matchAll(/\{(\w+)\}/g)) if (!known.includes(name!)) mistakes.at(where, `“${found}” is not known here: use ${known.map((one) => `{${one}}`).join(', ')}.`);
}

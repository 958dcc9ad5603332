/** Reads the file of a GraphQL source: the directives of source files, with @root in the place of @lookup. Every mistake is told at once. */
import { Kind, parseType, Source, type EnumTypeDefinitionNode, type ObjectTypeDefinitionNode, type SchemaExtensionNode } from 'graphql';
import { RE2JS } from 're2js';
import { graphqlName } from '../../catalog/naming.js';
import { knownNamespaces } from '../../catalog/namespaces.js';
import { applied, argumentNode, defaultsOf, type Applied } from '../http/directives.js';
import { Mistakes } from '../http/mistakes.js';
import { parseColumn } from '../http/parseColumn.js';
import { checkLimits, checkNames, checkSource, parseDocument, validate } from '../http/parseSource.js';
import { checkEntity } from '../http/parseTable.js';
import type { ColumnSpec } from '../http/spec.js';
import { pathNames } from './selection.js';
import type { GraphqlSourceSpec, GraphqlTableSpec } from './spec.js';

/** Whether a source file is about a GraphQL source. A file that cannot be parsed is about none. */
export function isGraphqlSource(text: string): boolean {
  const document = parseDocument(new Source(text), new Mistakes(new Source(text)));
  return document?.definitions.some((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && (node.directives ?? []).some((directive) => directive.name.value === 'root')) ?? false;
}

/**
 * @param file its name, for mistakes
 * @throws DureError BAD_USER_INPUT with all mistakes, each with its line and column
 */
export function parseGraphqlSource(text: string, file: string): GraphqlSourceSpec {
  const source = new Source(text, file);
  const mistakes = new Mistakes(source);
  const document = parseDocument(source, mistakes);
  mistakes.throwIfAny();
  validate(document!, mistakes);

  const directives = document!.definitions.filter((node): node is SchemaExtensionNode => node.kind === Kind.SCHEMA_EXTENSION).flatMap((node) => node.directives ?? []);
  const head = applied(directives, 'source', mistakes)[0];
  if (!directives.some((node) => node.name.value === 'source')) mistakes.atPosition(0, 'There is no @source: begin with extend schema @source(id: "…", title: "…", dataset: "…", url: "https://…").');
  if (head) checkSource(head, mistakes);
  if (head?.args.hook !== undefined) mistakes.at(argumentNode(head.node, 'hook'), 'Hooks are for REST sources: leave this out.');
  const limits = applied(directives, 'limits', mistakes)[0];
  if (limits) checkLimits(limits, mistakes);
  const cache = applied(directives, 'cache', mistakes)[0];
  for (const node of directives) if (node.name.value === 'error') mistakes.at(node, 'Errors of a GraphQL source are told by GraphQL itself: leave @error out.');

  const enums = new Map(document!.definitions.filter((node): node is EnumTypeDefinitionNode => node.kind === Kind.ENUM_TYPE_DEFINITION).map((node) => [node.name.value, node]));
  const types = document!.definitions.filter((node): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION);
  const tables = types.map((type) => parseTable(type, enums, mistakes)).filter((table) => table !== undefined);
  if (types.length === 0) mistakes.atPosition(0, 'There is no table: write type Thing @table(name: "things", key: "id") @root(…) { … }.');
  checkNames(types, tables, mistakes);
  mistakes.throwIfAny();

  const { args } = head!;
  return Object.freeze({
    definition: Object.freeze({
      id: args.id, kind: 'graphql' as const, title: args.title, titleKo: args.titleKo, description: args.description, dataset: args.dataset, homepage: args.homepage, licenses: args.licenses,
      citation: args.citation, country: args.country, cache: cache?.args, tables: tables.map(({ definition }) => definition),
    }),
    url: args.url, credentials: args.credentials, limits: limits?.args ?? defaultsOf('limits'), cache: cache?.args, tables,
  });
}

function parseTable(type: ObjectTypeDefinitionNode, enums: ReadonlyMap<string, EnumTypeDefinitionNode>, mistakes: Mistakes): GraphqlTableSpec | undefined {
  const written = (name: string): boolean => (type.directives ?? []).some((directive) => directive.name.value === name);
  if (!written('table')) mistakes.at(type.name, `${type.name.value} is no table: add @table(name: "…", key: "…").`);
  if (!written('root')) mistakes.at(type.name, `It is not said how the rows of ${type.name.value} are had: add @root(field: "…", argument: "…").`);
  for (const node of type.directives ?? []) {
    if (['lookup', 'search', 'select'].includes(node.name.value)) mistakes.at(node, `@${node.name.value} is for REST sources; a GraphQL source has @root only: leave it out.`);
  }
  const table = applied(type.directives, 'table', mistakes)[0];
  const root = applied(type.directives, 'root', mistakes)[0];
  const entity = applied(type.directives, 'entity', mistakes)[0];
  const keyName = table?.args.key;
  const columns = new Map((type.fields ?? []).flatMap((field): [string, ColumnSpec][] => {
    const column = parseColumn(field, enums, field.name.value === keyName, mistakes);
    if (!column) return [];
    const node = field.directives!.find((directive) => directive.name.value === 'column')!;
    if (pathNames(column.path.text) === undefined) mistakes.at(argumentNode(node, 'path'), `“${column.path.text}” has a part that is no name in GraphQL: use letters, digits and _.`);
    for (const filter of (field.directives ?? []).filter((directive) => directive.name.value === 'filter')) mistakes.at(filter, 'Conditions are checked by Dure for a GraphQL source: leave @filter out.');
    return [[field.name.value, column]];
  }));
  if (root) checkRoot(root, mistakes);
  if (!table || !root) return undefined;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(table.args.name)) mistakes.at(argumentNode(table.node, 'name'), `name is “${table.args.name}”: use a lower-case letter, then a-z, 0-9 and _.`);
  if (table.args.params.length > 0) mistakes.at(argumentNode(table.node, 'params'), 'A GraphQL source has no parameters in its address: leave this out.');
  const key = keyName === undefined ? undefined : columns.get(keyName);
  if (keyName === undefined) mistakes.at(table.node, 'Rows are looked up by the key: name it in @table(key: "…").');
  else if (!(type.fields ?? []).some((field) => field.name.value === keyName)) mistakes.at(argumentNode(table.node, 'key'), `There is no column ${keyName}: name one of ${(type.fields ?? []).map((field) => field.name.value).join(', ')}.`);
  else if (key && !['text', 'int32', 'int64'].includes(key.column.kind)) mistakes.at(argumentNode(table.node, 'key'), `${keyName} cannot be the key: a key is a text or a whole number.`);
  if (entity) checkEntity(entity, key, keyName, mistakes);
  const isKey = keyTest(root, key, mistakes);
  if (!key) return undefined;
  return {
    definition: Object.freeze({
      name: table.args.name, field: graphqlName(table.args.name), linkField: entity?.args.linkField, authority: entity?.args.authority ?? false, key: keyName,
      columns: [...columns.values()].map(({ column }) => column), title: type.name.value, description: type.description?.value,
    }),
    key, columns, root: root.args, isKey,
  };
}

function checkRoot({ node, args }: Applied<'root'>, mistakes: Mistakes): void {
  for (const name of ['field', 'argument'] as const) if (!/^[_A-Za-z]\w*$/.test(args[name])) mistakes.at(argumentNode(node, name), `“${args[name]}” is no name in GraphQL.`);
  if (!(args.batch >= 1)) mistakes.at(argumentNode(node, 'batch'), `batch is ${args.batch}: at least one key goes in a request.`);
  try {
    const type = parseType(args.type);
    if ((type.kind === Kind.NON_NULL_TYPE ? type.type : type).kind !== Kind.LIST_TYPE) mistakes.at(argumentNode(node, 'type'), `“${args.type}” is no list: Dure asks for several keys at once.`);
  } catch {
    mistakes.at(argumentNode(node, 'type'), `“${args.type}” is no type: write one such as [String!]!.`);
  }
}

function keyTest({ node, args }: Applied<'root'>, key: ColumnSpec | undefined, mistakes: Mistakes): (text: string) => boolean {
  const pattern = args.pattern ?? knownNamespaces.get(key?.column.namespace ?? '')?.pattern;
  if (pattern === undefined) return (text) => text !== '' && text.length <= 1000;
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matches(text);
  } catch {
    mistakes.at(argumentNode(node, 'pattern'), `“${pattern}” is no regular expression: use the syntax of RE2.`);
    return () => false;
  }
}

/** Reads a source file. Every mistake in it is told at once, with its line and column and what to do. */
import { GraphQLError, Kind, parse, Source, type DocumentNode, type EnumTypeDefinitionNode, type ObjectTypeDefinitionNode, type SchemaExtensionNode } from 'graphql';
import { validateSDL } from 'graphql/validation/validate.js';
import { countryCode } from '../../identity/countries.js';
import { slugPattern } from '../../catalog/naming.js';
import { applied, argumentNode, defaultsOf, directivesSchema, type Applied } from './directives.js';
import { fieldPath } from './fieldPath.js';
import { hooks } from './hooks.js';
import { Mistakes } from './mistakes.js';
import { parseTable } from './parseTable.js';
import { checkPlace, placeSpec } from './places.js';
import type { ErrorRule, HttpSourceSpec, TableSpec } from './spec.js';

/**
 * @param file its name, for mistakes
 * @throws DureError BAD_USER_INPUT with all mistakes
 */
export function parseSource(text: string, file: string): HttpSourceSpec {
  const source = new Source(text, file);
  const mistakes = new Mistakes(source);
  const document = parseDocument(source, mistakes);
  mistakes.throwIfAny();
  validate(document!, mistakes);

  const schemas = document!.definitions.filter((node): node is SchemaExtensionNode => node.kind === Kind.SCHEMA_EXTENSION);
  const directives = schemas.flatMap((node) => node.directives ?? []);
  const sources = applied(directives, 'source', mistakes);
  if (!directives.some((node) => node.name.value === 'source')) mistakes.atPosition(0, 'There is no @source: begin with extend schema @source(id: "…", title: "…", dataset: "…", url: "https://…").');
  const limits = applied(directives, 'limits', mistakes)[0];
  const cache = applied(directives, 'cache', mistakes)[0];
  if (sources[0]) checkSource(sources[0], mistakes);
  if (limits) checkLimits(limits, mistakes);
  for (const [name, value] of Object.entries(cache?.args ?? {})) if (value < 0) mistakes.at(argumentNode(cache!.node, name), `${name} is ${value}: seconds are 0 or more.`);
  const errors = applied(directives, 'error', mistakes).map((rule) => errorRule(rule, mistakes));

  const enums = new Map(document!.definitions.filter((node): node is EnumTypeDefinitionNode => node.kind === Kind.ENUM_TYPE_DEFINITION).map((node) => [node.name.value, node]));
  const types = document!.definitions.filter((node): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION);
  const tables = types.map((type) => parseTable(type, enums, mistakes)).filter((table) => table !== undefined);
  if (types.length === 0) mistakes.atPosition(0, 'There is no table: write type Thing @table(name: "things", key: "id") @lookup(…) { … }.');
  checkNames(types, tables, mistakes);
  mistakes.throwIfAny();

  const { args } = sources[0]!;
  return Object.freeze({
    definition: Object.freeze({
      id: args.id, kind: 'http' as const, title: args.title, titleKo: args.titleKo, description: args.description, dataset: args.dataset, homepage: args.homepage,
      licenses: args.licenses, citation: args.citation, country: args.country, cache: cache?.args, tables: tables.map(({ definition }) => definition),
    }),
    url: args.url.replace(/\/$/, ''), credentials: args.credentials, release: args.release && placeSpec(args.release), limits: limits?.args ?? defaultsOf('limits'),
    errors, hook: args.hook === undefined ? undefined : hooks.get(args.hook), tables,
  });
}

export function parseDocument(source: Source, mistakes: Mistakes): DocumentNode | undefined {
  try {
    return parse(source);
  } catch (error) {
    if (error instanceof RangeError) {
      mistakes.atPosition(0, 'The file nests deeper than it can be read: values in a source file need a few levels.');
      return undefined;
    }
    if (!(error instanceof GraphQLError)) throw error;
    mistakes.atPosition(error.positions?.[0] ?? 0, error.message);
    return undefined;
  }
}

export function validate(document: DocumentNode, mistakes: Mistakes): void {
  for (const node of document.definitions) {
    if (node.kind !== Kind.SCHEMA_EXTENSION && node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.ENUM_TYPE_DEFINITION) {
      mistakes.at(node, 'A source file has extend schema, type and enum only: leave this out.');
    }
  }
  for (const error of validateSDL(document, directivesSchema)) {
    // Types of columns are judged with the column.
    if (!error.message.startsWith('Unknown type ')) mistakes.atPosition(error.positions?.[0] ?? 0, error.message);
  }
}

export function checkSource({ node, args }: Applied<'source'>, mistakes: Mistakes): void {
  for (const name of ['id', 'dataset'] as const) if (!slugPattern.test(args[name])) mistakes.at(argumentNode(node, name), `${name} is “${args[name]}”: use a lower-case letter, then a-z, 0-9 and -, at most 63.`);
  const url = URL.canParse(args.url) ? new URL(args.url) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') mistakes.at(argumentNode(node, 'url'), `url is “${args.url}”: write an http or https address without a query, a fragment or a user.`);
  if (args.country !== undefined && countryCode(args.country) !== args.country) mistakes.at(argumentNode(node, 'country'), `country is “${args.country}”: write an ISO 3166-1 alpha-2 code such as "KR".`);
  if (args.hook !== undefined && !hooks.has(args.hook)) mistakes.at(argumentNode(node, 'hook'), `There is no hook “${args.hook}”; there is ${[...hooks.keys()].join(', ')}.`);
  if (args.release) checkPlace(args.release, argumentNode(node, 'release'), mistakes);
}

export function checkLimits({ node, args }: Applied<'limits'>, mistakes: Mistakes): void {
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'number' && (name === 'retries' ? value < 0 : value <= 0)) mistakes.at(argumentNode(node, name), `${name} is ${value}: it must be ${name === 'retries' ? '0 or more' : 'more than 0'}.`);
  }
}

function errorRule({ node, args }: Applied<'error'>, mistakes: Mistakes): ErrorRule {
  const { field, ...rule } = args;
  const path = field === undefined ? undefined : fieldPath(field);
  if (field !== undefined && !path) mistakes.at(argumentNode(node, 'field'), `“${field}” is not a path: write names joined by dots.`);
  if (args.status === undefined && field === undefined) mistakes.at(node, 'Say when the rule holds: give a status, or a field with its values.');
  if (args.values !== undefined && field === undefined) mistakes.at(argumentNode(node, 'values'), 'Say of which field these are values: give a field.');
  return { ...rule, field: path };
}

export function checkNames(types: readonly ObjectTypeDefinitionNode[], tables: readonly Pick<TableSpec, 'definition'>[], mistakes: Mistakes): void {
  const seen = new Set<string>();
  for (const { definition } of tables) {
    if (seen.has(definition.field)) {
      const type = types.find((candidate) => applied(candidate.directives, 'table', mistakes)[0]?.args.name === definition.name);
      mistakes.at(type, `Two tables are called ${definition.name}: give one of them another name.`);
    }
    seen.add(definition.field);
  }
}

/** The directives of source files, as schema/source-directives.graphql defines them, and their arguments as plain values. */
import { readFileSync } from 'node:fs';
import {
  buildASTSchema, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType, isRequiredArgument, isScalarType, Kind, parse, print, valueFromAST,
  type ConstDirectiveNode, type GraphQLArgument, type GraphQLInputField, type GraphQLInputType, type GraphQLSchema, type ValueNode,
} from 'graphql';
import { suggestion, type Mistakes } from './mistakes.js';

export const directivesText = readFileSync(new URL('../../../../schema/source-directives.graphql', import.meta.url), 'utf8');

export const directivesSchema: GraphQLSchema = buildASTSchema(parse(directivesText), { assumeValid: true });

export type FilterOp = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'isNull' | 'isNotNull' | 'startsWith' | 'endsWith' | 'contains';
export interface Param { readonly name: string; readonly value: string }
export interface Place { readonly header?: string; readonly field?: string }

/** What each directive gives, with defaults filled in. Mirrors schema/source-directives.graphql. */
export interface DirectiveArguments {
  readonly source: {
    readonly id: string; readonly title: string; readonly titleKo?: string; readonly description?: string; readonly dataset: string; readonly url: string; readonly homepage?: string; readonly country?: string;
    readonly licenses: readonly { readonly name?: string; readonly path?: string; readonly title?: string }[]; readonly citation?: string; readonly release?: Place;
    readonly credentials: readonly { readonly in: 'QUERY' | 'HEADER'; readonly name: string; readonly secret: string; readonly prefix?: string }[]; readonly hook?: string;
  };
  readonly limits: {
    readonly requestsPerSecond?: number; readonly burst?: number; readonly concurrency: number; readonly timeoutMs: number; readonly retries: number; readonly retryBaseMs: number;
    readonly maxResponseBytes: number; readonly maxUrlLength: number;
  };
  readonly cache: { readonly seconds: number; readonly staleWhileRevalidate: number; readonly staleIfError: number };
  readonly error: {
    readonly status?: readonly number[]; readonly field?: string; readonly values?: readonly string[]; readonly is: 'EMPTY' | 'OK' | 'DOWN' | 'LIMITED' | 'INVALID' | 'TIMEOUT';
    readonly retry: boolean; readonly reason?: string;
  };
  readonly table: { readonly name: string; readonly key?: string; readonly params: readonly Param[] };
  readonly entity: { readonly namespace: string; readonly linkField: string; readonly authority: boolean };
  readonly lookup: {
    readonly path: string; readonly method: 'GET' | 'POST'; readonly keys: { readonly in: 'QUERY' | 'FORM' | 'PATH'; readonly name?: string; readonly separator: string }; readonly batch: number;
    readonly rows: string; readonly params: readonly Param[]; readonly pattern?: string; readonly case?: 'UPPER' | 'LOWER';
  };
  readonly root: { readonly field: string; readonly argument: string; readonly type: string; readonly batch: number; readonly pattern?: string; readonly case?: 'UPPER' | 'LOWER'; readonly prefix?: string };
  readonly search: {
    readonly path: string; readonly method: 'GET' | 'POST'; readonly rows: string; readonly params: readonly Param[];
    readonly page: { readonly next: 'NONE' | 'LINK' | 'BODY' | 'OFFSET' | 'NUMBER'; readonly size?: string; readonly max: number; readonly at?: string; readonly first: number; readonly field?: string };
    readonly total?: Place; readonly query?: { readonly name: string; readonly and: string; readonly or: string; readonly all: string }; readonly required: readonly string[];
    readonly order?: { readonly name: string; readonly ascending: string; readonly descending: string };
  };
  readonly select: { readonly name?: string; readonly separator: string; readonly always: readonly string[] };
  readonly column: {
    readonly path: string; readonly namespace?: string; readonly title?: string; readonly unit?: string; readonly select?: string; readonly missing: readonly string[]; readonly format?: string;
    readonly map: readonly { readonly from: string; readonly to: string }[]; readonly order?: string;
    readonly latest?: { readonly days: number; readonly zone: string };
  };
  readonly filter: {
    readonly ops: readonly FilterOp[]; readonly params?: readonly string[]; readonly query?: string; readonly value: string; readonly separator?: string; readonly format?: string; readonly exact: boolean;
  };
}

export type DirectiveName = keyof DirectiveArguments;

/** A directive where it stands, its arguments read. */
export interface Applied<Name extends DirectiveName> {
  readonly node: ConstDirectiveNode;
  readonly args: DirectiveArguments[Name];
}

/** All uses of a directive on a node. What cannot be read is reported, and the use is left out. */
export function applied<Name extends DirectiveName>(nodes: readonly ConstDirectiveNode[] | undefined, name: Name, mistakes: Mistakes): readonly Applied<Name>[] {
  return (nodes ?? []).filter((node) => node.name.value === name).flatMap((node) => {
    if (lacksArgument(node)) return [];
    const before = mistakes.count;
    const args = readArguments(node, mistakes);
    return mistakes.count === before ? [{ node, args: args as unknown as DirectiveArguments[Name] }] : [];
  });
}

/** The validation of the whole document tells it. */
function lacksArgument(node: ConstDirectiveNode): boolean {
  const given = new Set(node.arguments?.map(({ name }) => name.value));
  return directivesSchema.getDirective(node.name.value)!.args.some((argument) => isRequiredArgument(argument) && !given.has(argument.name));
}

/** The arguments of a directive that is not written, where all of them have defaults. */
export function defaultsOf<Name extends DirectiveName>(name: Name): DirectiveArguments[Name] {
  const values: Record<string, unknown> = {};
  for (const argument of directivesSchema.getDirective(name)!.args) if (argument.defaultValue !== undefined) values[argument.name] = argument.defaultValue;
  return values as unknown as DirectiveArguments[Name];
}

/** The node of an argument's value, for the place of a mistake in it. */
export function argumentNode(node: ConstDirectiveNode, name: string): ConstDirectiveNode | ValueNode {
  return node.arguments?.find((argument) => argument.name.value === name)?.value ?? node;
}

function readArguments(node: ConstDirectiveNode, mistakes: Mistakes): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  // Unknown and missing arguments are reported by the validation of the whole document.
  for (const argument of directivesSchema.getDirective(node.name.value)!.args) {
    const given = node.arguments?.find((candidate) => candidate.name.value === argument.name)?.value;
    readMember(argument, given, values, mistakes);
  }
  return values;
}

function readMember(member: GraphQLArgument | GraphQLInputField, given: ValueNode | undefined, values: Record<string, unknown>, mistakes: Mistakes): void {
  if (given === undefined) {
    if (member.defaultValue !== undefined) values[member.name] = member.defaultValue;
    return;
  }
  const value = readValue(given, member.type, member.name, mistakes);
  if (value !== undefined && value !== null) values[member.name] = value;
}

function readValue(node: ValueNode, type: GraphQLInputType, what: string, mistakes: Mistakes): unknown {
  if (isNonNullType(type)) {
    if (node.kind === Kind.NULL) {
      mistakes.at(node, `${what} must not be null.`);
      return undefined;
    }
    return readValue(node, type.ofType, what, mistakes);
  }
  if (node.kind === Kind.NULL) return null;
  if (isListType(type)) return (node.kind === Kind.LIST ? node.values : [node]).map((item) => readValue(item, type.ofType, what, mistakes));
  if (isInputObjectType(type)) {
    if (node.kind !== Kind.OBJECT) {
      mistakes.at(node, `${what} is ${print(node)}: write {${Object.keys(type.getFields()).join(', ')}}.`);
      return undefined;
    }
    const fields = type.getFields();
    for (const field of node.fields) {
      if (!fields[field.name.value]) mistakes.at(field, `${what} has no ${field.name.value}; it may have ${Object.keys(fields).join(', ')}.${suggestion(field.name.value, Object.keys(fields))}`);
    }
    const values: Record<string, unknown> = {};
    for (const field of Object.values(fields)) {
      const given = node.fields.find((candidate) => candidate.name.value === field.name)?.value;
      if (given === undefined && isNonNullType(field.type) && field.defaultValue === undefined) mistakes.at(node, `${what} needs ${field.name}.`);
      readMember(field, given, values, mistakes);
    }
    return values;
  }
  const value: unknown = valueFromAST(node, type);
  if (value === undefined) mistakes.at(node, `${what} is ${print(node)}: it must be ${expected(type)}.`);
  return value;
}

function expected(type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (isEnumType(named)) return `one of ${named.getValues().map(({ name }) => name).join(', ')}`;
  const words: Readonly<Record<string, string>> = { String: 'a text in double quotes', Int: 'a whole number', Float: 'a number', Boolean: 'true or false' };
  return isScalarType(named) ? (words[named.name] ?? named.name) : named.name;
}

/** Limits of a document's shape, judged before it is validated: validation itself costs time that grows faster than the document. */
import { GraphQLError, Kind, type ArgumentNode, type DocumentNode, type SelectionSetNode, type ValueNode } from 'graphql';
import { listTooLong } from './listLength.js';
import { deepestValue, tooDeep } from './nesting.js';

export interface DocumentLimits {
  /** Fields from the root to the deepest leaf. */
  readonly maxDepth: number;
  /** Fields of an operation, fragments expanded. */
  readonly maxFields: number;
  readonly maxAliases: number;
  /** Values of one list, in the document or in a variable. */
  readonly maxListLength: number;
}

interface Measure { readonly depth: number; readonly fields: number; readonly aliases: number; readonly introspected: number }

/** Each alias of introspection lists the whole schema once more; no tool writes any. */
const mostIntrospectionAliases = 10;

export interface CheckedDocument {
  readonly excess: readonly GraphQLError[];
  /** Of all its operations, fragments expanded. */
  readonly fields: number;
}

/** Depth, fields and aliases with every fragment expanded; each fragment is measured once, so nested spreads cost nothing. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): CheckedDocument {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  const measured = new Map<string, Measure>();
  let deepest = { depth: 0, place: '' };
  let longest: { readonly length: number; readonly place: string } = { length: 0, place: '' };
  const measure = (set: SelectionSetNode | undefined): Measure => {
    let introspected = 0;
    let depth = 0;
    let fields = 0;
    let aliases = 0;
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const inner = measure(selection.selectionSet);
        // Introspection nests deep by its nature; graphql-js bounds that, and how wide it is counts here.
        const introspection = selection.name.value.startsWith('__');
        depth = Math.max(depth, introspection ? 1 : inner.depth + 1);
        fields += inner.fields + 1;
        aliases += inner.aliases + (selection.alias ? 1 : 0);
        introspected += introspection ? inner.aliases + (selection.alias && selection.name.value !== '__typename' ? 1 : 0) : inner.introspected;
        for (const argument of selection.arguments ?? []) lists(argument);
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? measure(selection.selectionSet) : fragment(selection.name.value);
        depth = Math.max(depth, inner.depth);
        fields += inner.fields;
        aliases += inner.aliases;
        introspected += inner.introspected;
      }
    }
    return { depth, fields, aliases, introspected };
  };
  const fragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, { depth: 0, fields: 0, aliases: 0, introspected: 0 }); // a cycle is validation's to tell
    const result = measure(fragments.get(name));
    measured.set(name, result);
    return result;
  };
  const lists = ({ name, value }: ArgumentNode): void => {
    const visit = (node: ValueNode, place: string, depth: number): void => {
      if (depth > deepest.depth) deepest = { depth, place };
      if (depth > deepestValue) return;
      if (node.kind === Kind.LIST) {
        if (node.values.length > longest.length) longest = { length: node.values.length, place };
        for (const item of node.values) visit(item, place, depth + 1);
      } else if (node.kind === Kind.OBJECT) {
        for (const field of node.fields) visit(field.value, depth > 8 ? place : `${place}.${field.name.value}`, depth + 1);
      }
    };
    visit(value, name.value, 0);
  };
  let all = 0;
  const errors: GraphQLError[] = [];
  const judge = (actual: number, limit: number, message: string): void => {
    if (actual > limit) errors.push(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', limit, actual } }));
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, fields, aliases, introspected } = measure(definition.selectionSet);
    all += fields;
    judge(depth, limits.maxDepth, `The operation is ${depth} fields deep; ${limits.maxDepth} are allowed. Ask in several steps.`);
    judge(fields, limits.maxFields, `The operation has ${fields} fields with its fragments expanded; ${limits.maxFields} are allowed. Select fewer, or ask in several requests.`);
    judge(aliases, limits.maxAliases, `The operation has ${aliases} aliases; ${limits.maxAliases} are allowed. Use filters with in, or several requests.`);
    judge(introspected, mostIntrospectionAliases, `The introspection has ${introspected} aliases; ${mostIntrospectionAliases} are allowed. Ask for the schema once, without them.`);
  }
  if (deepest.depth > deepestValue) {
    const { message, details } = tooDeep(deepest.place);
    errors.push(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', ...details } }));
  }
  if (longest.length > limits.maxListLength) {
    const { message, details } = listTooLong(longest.length, limits.maxListLength, longest.place);
    errors.push(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', ...details } }));
  }
  return { excess: errors, fields: all };
}

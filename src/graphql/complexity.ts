/** Limits of a document's shape, judged before it is validated: validation itself costs time that grows faster than the document. */
import { GraphQLError, Kind, type ArgumentNode, type DocumentNode, type SelectionSetNode, type ValueNode } from 'graphql';
import { listTooLong } from './listLength.js';

export interface DocumentLimits {
  /** Fields from the root to the deepest leaf. */
  readonly maxDepth: number;
  /** Fields of an operation, fragments expanded. */
  readonly maxFields: number;
  readonly maxAliases: number;
  /** Values of one list, in the document or in a variable. */
  readonly maxListLength: number;
}

interface Measure { readonly depth: number; readonly fields: number; readonly aliases: number }

/** Depth, fields and aliases with every fragment expanded; each fragment is measured once, so nested spreads cost nothing. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): readonly GraphQLError[] {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  const measured = new Map<string, Measure>();
  let longest: { readonly length: number; readonly place: string } = { length: 0, place: '' };
  const measure = (set: SelectionSetNode | undefined): Measure => {
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
        aliases += (introspection ? 0 : inner.aliases) + (selection.alias ? 1 : 0);
        for (const argument of selection.arguments ?? []) lists(argument);
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? measure(selection.selectionSet) : fragment(selection.name.value);
        depth = Math.max(depth, inner.depth);
        fields += inner.fields;
        aliases += inner.aliases;
      }
    }
    return { depth, fields, aliases };
  };
  const fragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, { depth: 0, fields: 0, aliases: 0 }); // a cycle is validation's to tell
    const result = measure(fragments.get(name));
    measured.set(name, result);
    return result;
  };
  const lists = ({ name, value }: ArgumentNode): void => {
    const visit = (node: ValueNode, place: string): void => {
      if (node.kind === Kind.LIST) {
        if (node.values.length > longest.length) longest = { length: node.values.length, place };
        for (const item of node.values) visit(item, place);
      } else if (node.kind === Kind.OBJECT) {
        for (const field of node.fields) visit(field.value, `${place}.${field.name.value}`);
      }
    };
    visit(value, name.value);
  };
  const errors: GraphQLError[] = [];
  const judge = (actual: number, limit: number, message: string): void => {
    if (actual > limit) errors.push(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', limit, actual } }));
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, fields, aliases } = measure(definition.selectionSet);
    judge(depth, limits.maxDepth, `The operation is ${depth} fields deep; ${limits.maxDepth} are allowed. Ask in several steps.`);
    judge(fields, limits.maxFields, `The operation has ${fields} fields with its fragments expanded; ${limits.maxFields} are allowed. Select fewer, or ask in several requests.`);
    judge(aliases, limits.maxAliases, `The operation has ${aliases} aliases; ${limits.maxAliases} are allowed. Use filters with in, or several requests.`);
  }
  if (longest.length > limits.maxListLength) {
    const { message, details } = listTooLong(longest.length, limits.maxListLength, longest.place);
    errors.push(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', ...details } }));
  }
  return errors;
}

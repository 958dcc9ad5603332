/** Limits of a document's shape, judged before it is validated: validation itself costs time that grows faster than the document. */
import { GraphQLError, Kind, type DocumentNode, type SelectionSetNode } from 'graphql';

export interface DocumentLimits {
  readonly maxDepth: number;
  readonly maxAliases: number;
}

interface Measure { readonly depth: number; readonly aliases: number }

/** Depth and aliases with every fragment expanded; each fragment is measured once, so nested spreads cost nothing. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): readonly GraphQLError[] {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  const measured = new Map<string, Measure>();
  const measure = (set: SelectionSetNode | undefined): Measure => {
    let depth = 0;
    let aliases = 0;
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        // Introspection nests deep by its nature, and its answer is bounded by the schema.
        const inner = selection.name.value.startsWith('__') ? { depth: 0, aliases: 0 } : measure(selection.selectionSet);
        depth = Math.max(depth, inner.depth + 1);
        aliases += inner.aliases + (selection.alias ? 1 : 0);
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? measure(selection.selectionSet) : fragment(selection.name.value);
        depth = Math.max(depth, inner.depth);
        aliases += inner.aliases;
      }
    }
    return { depth, aliases };
  };
  const fragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, { depth: 0, aliases: 0 }); // a cycle is validation's to tell
    const result = measure(fragments.get(name));
    measured.set(name, result);
    return result;
  };
  const errors: GraphQLError[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases } = measure(definition.selectionSet);
    if (depth > limits.maxDepth) errors.push(tooMuch(`The operation is ${depth} fields deep; ${limits.maxDepth} are allowed. Ask in several steps.`, limits.maxDepth));
    if (aliases > limits.maxAliases) errors.push(tooMuch(`The operation has ${aliases} aliases; ${limits.maxAliases} are allowed. Use filters with in, or several requests.`, limits.maxAliases));
  }
  return errors;
}

function tooMuch(message: string, limit: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', limit } });
}

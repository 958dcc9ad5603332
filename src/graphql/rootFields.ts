import { Kind, type DocumentNode, type SelectionSetNode } from 'graphql';

/** The names of the fields at the root of a document, its fragments' too; those of several operations together. Fragments that it lacks are none. */
export function rootFields(document: DocumentNode): readonly string[] {
  const fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [])));
  const seen = new Set<string>();
  const names = (set: SelectionSetNode | undefined): readonly string[] => (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return names(selection.selectionSet);
    if (seen.has(selection.name.value)) return [];
    seen.add(selection.name.value);
    return names(fragments.get(selection.name.value));
  });
  return document.definitions.flatMap((definition) => (definition.kind === Kind.OPERATION_DEFINITION ? names(definition.selectionSet) : []));
}

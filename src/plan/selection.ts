/** Collecting fields (GraphQL specification, section 6.3.2): fragments expanded, @skip and @include obeyed, equal response keys merged. */
import {
  getDirectiveValues, GraphQLIncludeDirective, GraphQLSkipDirective, isAbstractType, isObjectType, Kind,
  type FieldNode, type FragmentDefinitionNode, type GraphQLObjectType, type GraphQLSchema, type SelectionNode, type SelectionSetNode,
} from 'graphql';

export interface SelectionScope {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type CollectedFields = ReadonlyMap<string, readonly FieldNode[]>;

export function collectFields(scope: SelectionScope, type: GraphQLObjectType, sets: readonly (SelectionSetNode | undefined)[]): CollectedFields {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  for (const set of sets) if (set) collect(scope, type, set.selections, fields, visited);
  return fields;
}

/** The merged sub-selection of fields that share a response key. */
export function subFields(scope: SelectionScope, type: GraphQLObjectType, nodes: readonly FieldNode[]): CollectedFields {
  return collectFields(scope, type, nodes.map((node) => node.selectionSet));
}

function collect(scope: SelectionScope, type: GraphQLObjectType, selections: readonly SelectionNode[], fields: Map<string, FieldNode[]>, visited: Set<string>): void {
  for (const selection of selections) {
    if (!included(scope, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const held = fields.get(key);
      if (held) held.push(selection);
      else fields.set(key, [selection]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (applies(scope, type, selection.typeCondition?.name.value)) collect(scope, type, selection.selectionSet.selections, fields, visited);
    } else {
      const name = selection.name.value;
      const fragment = scope.fragments[name];
      if (!fragment || visited.has(name)) continue;
      visited.add(name);
      if (applies(scope, type, fragment.typeCondition.name.value)) collect(scope, type, fragment.selectionSet.selections, fields, visited);
    }
  }
}

function included(scope: SelectionScope, node: SelectionNode): boolean {
  if (!node.directives || node.directives.length === 0) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, scope.variables)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, scope.variables)?.if !== false;
}

function applies(scope: SelectionScope, type: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true;
  const other = scope.schema.getType(condition);
  if (!other || isObjectType(other)) return false;
  return isAbstractType(other) && scope.schema.isSubType(other, type);
}

/** How long lists in variables may be: of values in `in`, of ids, of representations. Types tell where lists can be, so an operation without any pays nothing. */
import { isInputObjectType, isListType, isNonNullType, type GraphQLInputType, type GraphQLSchema, type OperationDefinitionNode, typeFromAST, isInputType, getNamedType } from 'graphql';
import { DureError } from '../errors.js';

export interface ListVariable {
  readonly name: string;
  readonly type: GraphQLInputType;
}

/** The operation's variables whose values may hold lists. Free JSON is bounded by the length of the body alone. */
export function listVariables(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly ListVariable[] {
  return (operation.variableDefinitions ?? []).flatMap(({ variable, type: node }) => {
    const type = typeFromAST(schema, node as Parameters<typeof typeFromAST>[1]);
    return isInputType(type) && mayHoldList(type) ? [{ name: variable.name.value, type }] : [];
  });
}

function mayHoldList(type: GraphQLInputType): boolean {
  const bare = isNonNullType(type) ? type.ofType : type;
  return isListType(bare) || isInputObjectType(getNamedType(bare));
}

/** @throws DureError LIMIT_EXCEEDED */
export function checkLists(lists: readonly ListVariable[], values: Readonly<Record<string, unknown>>, limit: number): void {
  for (const { name, type } of lists) check(type, values[name], `$${name}`, limit);
}

function check(outer: GraphQLInputType, value: unknown, place: string, limit: number): void {
  if (value === null || value === undefined) return;
  const type = isNonNullType(outer) ? outer.ofType : outer;
  if (isListType(type)) {
    const items = value as readonly unknown[];
    if (items.length > limit) throw listTooLong(items.length, limit, place);
    if (isListType(isNonNullType(type.ofType) ? type.ofType.ofType : type.ofType) || isInputObjectType(getNamedType(type.ofType))) for (const item of items) check(type.ofType, item, place, limit);
  } else if (isInputObjectType(type)) {
    const fields = type.getFields();
    for (const [name, entry] of Object.entries(value)) if (fields[name] && typeof entry === 'object') check(fields[name].type, entry, `${place}.${name}`, limit);
  }
}

export function listTooLong(actual: number, limit: number, place: string): DureError {
  return new DureError('LIMIT_EXCEEDED', `The list in ${place} has ${actual} values, ${limit} are allowed. Ask in several requests, or narrow by another condition.`, { limit, actual, place });
}

/** The types that a schema's roots lead to. */
import { getNamedType, isInputObjectType, isInterfaceType, isObjectType, isUnionType, type GraphQLDirective, type GraphQLNamedType } from 'graphql';

/** By name, in the order of their names, so that a type more or less moves nothing else. */
export function reachableTypes(roots: readonly GraphQLNamedType[], directives: readonly GraphQLDirective[]): Record<string, GraphQLNamedType> {
  const found = new Map<string, GraphQLNamedType>();
  const waiting = [...roots, ...directives.flatMap((directive) => directive.args.map((argument) => getNamedType(argument.type)))];
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    if (found.has(type.name)) continue;
    found.set(type.name, type);
    waiting.push(...namedBy(type));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namedBy(type: GraphQLNamedType): readonly GraphQLNamedType[] {
  if (isUnionType(type)) return type.getTypes();
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => getNamedType(field.type));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields()).flatMap((field) => [getNamedType(field.type), ...field.args.map((argument) => getNamedType(argument.type))]);
  return [...type.getInterfaces(), ...fields];
}

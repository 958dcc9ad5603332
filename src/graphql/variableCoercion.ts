/**
 * Variables as an operation takes them. What graphql-js works out anew each time (types by their names, messages for what might be wrong)
 * is worked out once here; whatever is unusual or wrong is left to graphql-js, so that values and messages are its own.
 */
import {
  getVariableValues, isInputType, isLeafType, isNonNullType, typeFromAST,
  type GraphQLError, type GraphQLLeafType, type GraphQLSchema, type OperationDefinitionNode,
} from 'graphql';

export type Coerced =
  | { readonly coerced: Readonly<Record<string, unknown>>; readonly errors?: undefined }
  | { readonly errors: readonly GraphQLError[]; readonly coerced?: undefined };

export type VariableCoercion = (variables: Readonly<Record<string, unknown>>) => Coerced;

interface LeafVariable {
  readonly name: string;
  readonly type: GraphQLLeafType;
}

const mostErrors = 20;

export function variableCoercion(schema: GraphQLSchema, operation: OperationDefinitionNode): VariableCoercion {
  const definitions = operation.variableDefinitions ?? [];
  const slow: VariableCoercion = (variables) => getVariableValues(schema, definitions, variables, { maxErrors: mostErrors }) as Coerced;
  const leaves = leafVariables(schema, definitions);
  if (!leaves) return slow;
  return (variables) => {
    const coerced = Object.create(null) as Record<string, unknown>;
    for (const { name, type } of leaves) {
      // Absent, null and what has a default are for graphql-js.
      if (!Object.hasOwn(variables, name)) return slow(variables);
      const value = variables[name];
      if (value === null || value === undefined) return slow(variables);
      try {
        const parsed: unknown = type.parseValue(value);
        if (parsed === undefined) return slow(variables);
        coerced[name] = parsed;
      } catch {
        return slow(variables);
      }
    }
    return { coerced };
  };
}

/** Undefined where a variable is no scalar or enumeration. */
function leafVariables(schema: GraphQLSchema, definitions: NonNullable<OperationDefinitionNode['variableDefinitions']>): readonly LeafVariable[] | undefined {
  const leaves: LeafVariable[] = [];
  for (const { variable, type: node } of definitions) {
    const type = typeFromAST(schema, node as Parameters<typeof typeFromAST>[1]);
    const bare = isNonNullType(type) ? type.ofType : type;
    if (!isInputType(bare) || !isLeafType(bare)) return undefined;
    leaves.push({ name: variable.name.value, type: bare });
  }
  return leaves;
}

/** The specification's validation rules, one of them replaced: graphql-js lists all type names for each document, which costs milliseconds with thousands of tables. */
import { GraphQLError, KnownTypeNamesRule, specifiedRules, type ValidationRule } from 'graphql';

/** "Fragment Spread Type Existence" and known types of variables (specification, sections 5.5.1.2 and 5.8.2), by look-up. */
const knownTypes: ValidationRule = (context) => ({
  NamedType(node) {
    const name = node.name.value;
    if (context.getSchema().getType(name) === undefined) context.reportError(new GraphQLError(`Unknown type "${name}".`, { nodes: node }));
  },
});

export const validationRules: readonly ValidationRule[] = specifiedRules.map((rule) => (rule === KnownTypeNamesRule ? knownTypes : rule));

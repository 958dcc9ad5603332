import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildSchema, getVariableValues, parse, type OperationDefinitionNode } from 'graphql';
import { variableCoercion } from '../../src/graphql/variableCoercion.js';

const schema = buildSchema('enum Side { LEFT RIGHT } input Point { x: Int! } scalar Any type Query { a: Int }');
const operations = [
  'query { a }',
  'query($a: Int!, $b: String) { a }',
  'query($a: Float, $b: ID!, $c: Boolean = true) { a }',
  'query($side: Side!, $any: Any) { a }',
  'query($constructor: Int, $__proto__: Int) { a }',
  'query($list: [Int!]!, $a: Int) { a }',
  'query($point: Point!) { a }',
].map((text) => parse(text).definitions[0] as OperationDefinitionNode);

/** Errors are compared by what is told of them. */
function plain({ coerced, errors }: ReturnType<typeof getVariableValues> | ReturnType<ReturnType<typeof variableCoercion>>): unknown {
  return { coerced: coerced && Object.entries(coerced), errors: errors?.map((error) => error.toJSON()) };
}

test('values and errors are those of graphql-js, whatever is sent', () => {
  const value = fc.oneof(fc.constantFrom('LEFT', 'UP', '7', '', 7, 7.5, 2 ** 40, true, null, undefined), fc.jsonValue());
  const names = ['a', 'b', 'c', 'side', 'any', 'list', 'point', 'constructor', '__proto__', 'other'];
  fc.assert(fc.property(fc.constantFrom(...operations), fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 }), (operation, pairs) => {
    const variables = Object.create({ inherited: 1 }) as Record<string, unknown>;
    for (const [name, given] of pairs) Object.defineProperty(variables, name, { value: given, enumerable: true, configurable: true });
    expect(plain(variableCoercion(schema, operation)(variables))).toEqual(plain(getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 20 })));
  }), { numRuns: 500 });
});

test('a variable that is not sent is none, also where every object has something of that name', () => {
  const { coerced } = variableCoercion(schema, operations[0]!)({});
  expect(coerced?.constructor).toBeUndefined();
  const taken = variableCoercion(schema, operations[3]!)({ side: 'LEFT', any: 1 });
  expect(taken.coerced?.constructor).toBeUndefined();
  expect({ ...taken.coerced }).toEqual({ side: 'LEFT', any: 1 });
});

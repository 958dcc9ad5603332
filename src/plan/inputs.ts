/** Arguments as trees whose leaves know how to read themselves from other variables of the same shape. */
import {
  getNullableType, isInputObjectType, isLeafType, isListType, Kind, valueFromAST,
  type FieldNode, type GraphQLField, type GraphQLInputType, type ValueNode,
} from 'graphql';
import type { Bindings } from './predicate.js';

type Read = (bindings: Bindings) => unknown;
type Variables = Readonly<Record<string, unknown>>;

export type Input =
  | { readonly kind: 'null' }
  /** A scalar, an enum or a list of these. `constant` where it stands in the document itself. */
  | { readonly kind: 'leaf'; readonly value: unknown; readonly read: Read; readonly constant: boolean }
  | { readonly kind: 'list'; readonly items: readonly Input[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Input> };

/** The argument as given, or its default; undefined where there is neither. Assumes a validated document and coerced variables. */
export function readArgument(field: GraphQLField<unknown, unknown>, node: FieldNode, name: string, variables: Variables): Input | undefined {
  const argument = field.args.find((a) => a.name === name);
  if (!argument) return undefined;
  const given = node.arguments?.find((a) => a.name.value === name)?.value;
  const input = given && fromNode(given, argument.type, variables);
  if (input) return input;
  return argument.defaultValue === undefined ? undefined : fromValue(argument.defaultValue, argument.type, () => argument.defaultValue, true);
}

function fromNode(node: ValueNode, outer: GraphQLInputType, variables: Variables): Input | undefined {
  const type = getNullableType(outer);
  if (node.kind === Kind.VARIABLE) {
    const name = node.name.value;
    if (!Object.hasOwn(variables, name)) return undefined;
    return fromValue(variables[name], type, (bindings) => bindings.variables[name], false);
  }
  if (node.kind === Kind.NULL) return { kind: 'null' };
  if (isListType(type)) {
    const items = (node.kind === Kind.LIST ? node.values : [node]).map((item): Input => fromNode(item, type.ofType, variables) ?? { kind: 'null' });
    if (!isLeafType(getNullableType(type.ofType))) return { kind: 'list', items };
    const reads = items.map((item): Read => (item.kind === 'leaf' ? item.read : () => null));
    return {
      kind: 'leaf',
      value: items.map((item) => (item.kind === 'leaf' ? item.value : null)),
      read: (bindings) => reads.map((read) => read(bindings)),
      constant: items.every((item) => item.kind !== 'leaf' || item.constant),
    };
  }
  if (isInputObjectType(type)) {
    const fields = new Map<string, Input>();
    const given = node.kind === Kind.OBJECT ? node.fields : [];
    for (const field of Object.values(type.getFields())) {
      const value = given.find((f) => f.name.value === field.name)?.value;
      const input = value && fromNode(value, field.type, variables);
      if (input) fields.set(field.name, input);
      else if (field.defaultValue !== undefined) fields.set(field.name, fromValue(field.defaultValue, field.type, () => field.defaultValue, true));
    }
    return { kind: 'object', fields };
  }
  const value: unknown = valueFromAST(node, type);
  return { kind: 'leaf', value, read: () => value, constant: true };
}

function fromValue(value: unknown, outer: GraphQLInputType, read: Read, constant: boolean): Input {
  const type = getNullableType(outer);
  if (value === null || value === undefined) return { kind: 'null' };
  if (isListType(type) && !isLeafType(getNullableType(type.ofType))) {
    const items = (value as readonly unknown[]).map((item, index) => fromValue(item, type.ofType, (b) => (read(b) as readonly unknown[])[index], constant));
    return { kind: 'list', items };
  }
  if (isInputObjectType(type)) {
    const fields = new Map<string, Input>();
    for (const [name, entry] of Object.entries(value as Record<string, unknown>)) {
      const field = type.getFields()[name];
      if (field && entry !== undefined) fields.set(name, fromValue(entry, field.type, (b) => (read(b) as Record<string, unknown>)[name], constant));
    }
    return { kind: 'object', fields };
  }
  return { kind: 'leaf', value, read, constant };
}

/** A scalar's value whose inside has no bearing on the shape of variables: what a plan depends on in it, the plan asks for (DependOn). */
export class Opaque {
  constructor(readonly value: unknown) {}
}

/**
 * The shape of variables: everything about them but the values of strings, numbers and lists of such. Equal shapes of one operation
 * make equal plans, apart from what QueryPlan.structure tells.
 */
export function variableShape(value: unknown): string {
  if (value === undefined) return '-';
  if (value === null) return '0';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (Array.isArray(value)) {
    if (!value.some((item) => typeof item === 'object' && item !== null && !(item instanceof Date) && !(item instanceof Opaque))) return 'l';
    return `[${value.map(variableShape).join(',')}]`;
  }
  if (typeof value === 'object' && !(value instanceof Date) && !(value instanceof Opaque)) {
    return `{${Object.entries(value).map(([key, entry]) => `${key}:${variableShape(entry)}`).join(',')}}`;
  }
  return 's';
}

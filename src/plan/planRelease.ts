/** `release` and `noisy` of a connection as parts of the plan. Both stand directly below a dataset: what differs from row to row would be more than they tell. */
import { getNamedType, type FieldNode, type GraphQLObjectType } from 'graphql';
import type { Column } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { readArgument } from './inputs.js';
import type { Link, TableAt } from './link.js';
import type { LevelScope } from './planLevel.js';
import { everything, visitPredicate, type Predicate } from './predicate.js';
import type { NoisyItem, ReleaseCellItem, ReleaseItem, ReleasePlan } from './release.js';
import { subFields } from './selection.js';

interface Place { readonly at: TableAt; readonly link?: Link; readonly where: Predicate }

export function planRelease(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], { at, link, where }: Place): ReleasePlan {
  if (link || where !== everything) throw new DureError('BAD_USER_INPUT', 'A release was made of the whole table: ask for it directly below the dataset, without where.');
  const type = innerType(parent, nodes);
  const id = text(scope, parent, nodes, 'id') ?? '';
  const items = [...subFields(scope, type, nodes)].map(([key, inner]): ReleaseItem => {
    const name = inner[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    if (name !== 'cells') return { kind: name as 'id', key };
    const by = list(scope, type, inner, 'by');
    return { kind: 'cells', key, ...(by ? { by: [...new Set(by.map((field) => columnOf(at, field)))] } : {}), items: cellItems(scope, innerType(type, inner), inner, at) };
  });
  return Object.freeze({ id, items });
}

function cellItems(scope: LevelScope, type: GraphQLObjectType, nodes: readonly FieldNode[], at: TableAt): readonly ReleaseCellItem[] {
  return [...subFields(scope, type, nodes)].map(([key, inner]): ReleaseCellItem => {
    const name = inner[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    if (name === 'sum' || name === 'mean') return { kind: name, key, column: columnOf(at, text(scope, type, inner, 'column') ?? '') };
    return { kind: name as 'count', key };
  });
}

export function planNoisy(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], { at, link, where }: Place): readonly NoisyItem[] {
  if (link) throw new DureError('BAD_USER_INPUT', 'Figures with noise are of a whole table: ask for noisy directly below the dataset.');
  // One row elsewhere could move many rows here in or out: more than the noise hides.
  visitPredicate(where, { related: () => { throw new DureError('BAD_USER_INPUT', 'Figures with noise are chosen by columns of their own table: where may not lead to other tables.'); } });
  const type = innerType(parent, nodes);
  return [...subFields(scope, type, nodes)].map(([key, inner]): NoisyItem => {
    const name = inner[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    return name === 'count' ? { kind: 'count', key } : { kind: 'sum', key, column: columnOf(at, text(scope, type, inner, 'column') ?? '') };
  });
}

function innerType(parent: GraphQLObjectType, nodes: readonly FieldNode[]): GraphQLObjectType {
  return getNamedType(parent.getFields()[nodes[0]!.name.value]!.type) as GraphQLObjectType;
}

function columnOf(at: TableAt, field: string): Column {
  const column = at.table.columns.find((c) => c.field === field);
  if (!column) throw new DureError('BAD_USER_INPUT', `${at.table.field} has no column ${JSON.stringify(field.slice(0, 100))}: columns go by their names in the schema.`);
  return column;
}

/** What is asked is part of the plan: it decides what the answer may hold. */
function text(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], name: string): string | undefined {
  const input = readArgument(parent.getFields()[nodes[0]!.name.value]!, nodes[0]!, name, scope.variables);
  if (!input || input.kind !== 'leaf') return undefined;
  return input.constant ? String(input.value) : scope.dependOn((bindings) => String(input.read(bindings)));
}

function list(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], name: string): readonly string[] | undefined {
  const input = readArgument(parent.getFields()[nodes[0]!.name.value]!, nodes[0]!, name, scope.variables);
  if (!input || input.kind !== 'leaf') return undefined;
  const entries = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);
  if (!input.constant) scope.dependOn((bindings) => JSON.stringify(entries(input.read(bindings))));
  return entries(input.value);
}

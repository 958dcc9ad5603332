/** `_entities`: one level for each group of representations, whatever their number. */
import type { FieldNode, GraphQLField } from 'graphql';
import { Opaque, readArgument } from './inputs.js';
import { columnOf } from './link.js';
import type { RowKeys, RowLevel, Skeleton } from './plan.js';
import { planRow, type LevelScope } from './planLevel.js';
import type { Bindings } from './predicate.js';
import { readRepresentations, type EntityTypes, type RepresentationGroup, type Representations } from './representations.js';
import { subFields } from './selection.js';

interface EntitiesField {
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly field: GraphQLField<unknown, unknown>;
  readonly types: EntityTypes;
}

/** @param add makes a root of a level */
export function planEntities(scope: LevelScope, { key, nodes, field, types }: EntitiesField, bindings: Bindings, add: (level: () => RowLevel) => Skeleton): Skeleton {
  const argument = readArgument(field, nodes[0]!, 'representations', scope.variables);
  const values = (given: Bindings): readonly unknown[] => (argument?.kind === 'leaf' ? (argument.read(given) as readonly unknown[]) : []);
  const read = once((given) => readRepresentations(values(given).map((value) => (value instanceof Opaque ? value.value : value)), types, scope.cursors.rowNumbers));
  // Which groups there are is part of the plan; how many each has is not, but for the power of ten that the cost goes by.
  scope.dependOn((given) => [...read(given).groups].map(([name, { places }]) => `${name} ${sizeClass(places.length)}`).sort().join(','));
  const roots = new Map<string, number>();
  for (const [name, group] of [...read(bindings).groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { type, at } = group.entity;
    const root = add(() => ({ ...planRow(scope, type, subFields(scope, type, nodes), { path: [key], at }), keys: keysOf(name, group, read) }));
    if (root.kind === 'root') roots.set(name, root.index);
  }
  return { kind: 'entities', path: [key], read, roots };
}

function keysOf(name: string, { entity: { at }, by, values, places }: RepresentationGroup, read: (bindings: Bindings) => Representations): RowKeys {
  const columns = by === 'key' ? at.table.primaryKey.map((column) => columnOf(at.table, column)) : [];
  return { most: sizeClass(places.length), parts: values.map((_, index) => ({ column: columns[index], read: (bindings) => read(bindings).groups.get(name)!.values[index]! })) };
}

function sizeClass(count: number): number {
  return 10 ** Math.ceil(Math.log10(count));
}

/** Once for each request: every key's column reads it. */
function once(read: (bindings: Bindings) => Representations): (bindings: Bindings) => Representations {
  const known = new WeakMap<Readonly<Record<string, unknown>>, Representations>();
  return (bindings) => {
    let found = known.get(bindings.variables);
    if (!found) known.set(bindings.variables, (found = read(bindings)));
    return found;
  };
}

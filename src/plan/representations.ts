/**
 * Representations: how other subgraphs refer to rows, by their ids or by the columns of their primary keys
 * (https://www.apollographql.com/docs/graphos/reference/federation/subgraph-spec). Rows of one table that are referred to in the same way
 * are one group, which becomes one level.
 */
import { getNullableType, isLeafType, type GraphQLObjectType } from 'graphql';
import { columnOf, type TableAt } from './link.js';
import { keyValues, numberedTable, parseRowId, rowIdPrefix } from './rowId.js';
import type { RowNumberCodec } from './rowNumber.js';

/** A row type that can be referred to. */
export interface EntityType {
  readonly type: GraphQLObjectType;
  readonly at: TableAt;
}
export type EntityTypes = ReadonlyMap<string, EntityType>;

export interface RepresentationGroup {
  readonly entity: EntityType;
  readonly by: 'number' | 'key';
  /** Places in the list of representations. */
  readonly places: readonly number[];
  /** One list for the row number, or one for each column of the key; each with a value for each place. */
  readonly values: readonly (readonly unknown[])[];
}

export interface Representations {
  readonly length: number;
  /** By a name that sorts. */
  readonly groups: ReadonlyMap<string, RepresentationGroup>;
  /** What is no representation, and why. */
  readonly faults: readonly { readonly place: number; readonly reason: string }[];
}

type Reference = { readonly by: 'number' | 'key'; readonly values: readonly unknown[] } | { readonly fault: string };

export function readRepresentations(list: readonly unknown[], types: EntityTypes, rowNumbers: RowNumberCodec): Representations {
  const groups = new Map<string, { entity: EntityType; by: 'number' | 'key'; places: number[]; values: unknown[][] }>();
  const faults: { place: number; reason: string }[] = [];
  list.forEach((value, place) => {
    const found = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
    const name = found?.__typename;
    const entity = typeof name === 'string' ? types.get(name) : undefined;
    if (!found || !entity) {
      faults.push({ place, reason: typeof name === 'string' ? `there is no entity type ${JSON.stringify(name.slice(0, 100))} here` : 'it must be an object with __typename' });
      return;
    }
    const reference = referenceOf(found, entity, rowNumbers);
    if ('fault' in reference) {
      faults.push({ place, reason: reference.fault });
      return;
    }
    const key = `${String(name)} ${reference.by}`;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { entity, by: reference.by, places: [], values: reference.values.map(() => []) }));
    group.places.push(place);
    reference.values.forEach((part, index) => group.values[index]!.push(part));
  });
  return { length: list.length, groups, faults };
}

function referenceOf(value: Readonly<Record<string, unknown>>, { type, at }: EntityType, rowNumbers: RowNumberCodec): Reference {
  const columns = at.table.primaryKey.map((name) => columnOf(at.table, name));
  if (Object.hasOwn(value, 'id')) return byId(value.id, type, at, rowNumbers);
  const missing = columns.filter((column) => !Object.hasOwn(value, column.field));
  if (missing.length > 0) return { fault: `it needs id, or ${columns.map((column) => column.field).join(' and ')}` };
  const values: unknown[] = [];
  for (const { field } of columns) {
    const leaf = getNullableType(type.getFields()[field]!.type);
    if (value[field] === null || !isLeafType(leaf)) return { fault: `${field} must be a value` };
    try {
      values.push(leaf.parseValue(value[field]));
    } catch {
      return { fault: `${field} is no ${leaf.name}` };
    }
  }
  return { by: 'key', values };
}

function byId(id: unknown, type: GraphQLObjectType, at: TableAt, rowNumbers: RowNumberCodec): Reference {
  const parsed = typeof id === 'string' ? parseRowId(id) : undefined;
  const fault = { fault: `id is not the id of a row of ${type.name}` };
  if (!parsed || rowIdPrefix(at) !== `${parsed.organization}/${parsed.dataset}/${parsed.table}/`) return fault;
  if (parsed.key.by === 'number') {
    const number = rowNumbers.decode(numberedTable(at), parsed.key.text);
    return number === undefined ? fault : { by: 'number', values: [number] };
  }
  const values = keyValues(parsed.key.text, at.table.primaryKey.length);
  return values ? { by: 'key', values } : fault;
}

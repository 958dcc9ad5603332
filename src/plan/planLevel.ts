/** A table's part of an operation: its rows or its connection, and the levels that hang below. */
import { getNamedType, type FieldNode, type GraphQLObjectType } from 'graphql';
import { bindingOf } from './binding.js';
import type { CursorCodec } from './cursor.js';
import { readArgument, type Input } from './inputs.js';
import type { Link, TableAt } from './link.js';
import type { LinkIndex, MentionLinks } from './linkIndex.js';
import type { ConnectionItem, ConnectionLevel, EdgeItem, PageInfoItem, RowItem, RowLevel } from './plan.js';
import { cursorContext, planCursor, planOrder, planPage, type DependOn, type PageLimits } from './planPage.js';
import { aggregateItems, planGroups } from './planAggregate.js';
import { planNoisy, planRelease } from './planRelease.js';
import { planWhere } from './planWhere.js';
import { all, everything, type Predicate } from './predicate.js';
import { subFields, type CollectedFields, type SelectionScope } from './selection.js';

export interface LevelScope extends SelectionScope {
  readonly cursors: CursorCodec;
  readonly limits: PageLimits;
  readonly dependOn: DependOn;
  readonly links: LinkIndex;
}

interface Place {
  readonly path: readonly string[];
  readonly at: TableAt;
  readonly link?: Link;
}

export function planConnection(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], place: Place, only: Predicate = everything): ConnectionLevel {
  const [node] = nodes;
  const field = parent.getFields()[node!.name.value]!;
  const type = getNamedType(field.type) as GraphQLObjectType;
  const argument = (name: string): Input | undefined => readArgument(field, node!, name, scope.variables);
  const where = all([only, planWhere(place.at, argument('where'), scope)]);
  const order = planOrder(place.at, argument('orderBy'), scope.dependOn);
  const context = cursorContext(place.at, order, where);
  const page = planPage(
    { first: argument('first'), last: argument('last'), after: argument('after'), before: argument('before') },
    scope.limits, scope.dependOn,
    // A remote source's cursor says where its page began and how far into it.
    (input) => planCursor(input, place.at, place.at.table.remote ? { length: 1 } : order, context, scope.cursors, scope.dependOn),
  );
  const items = connectionItems(scope, type, subFields(scope, type, nodes), place, where);
  return Object.freeze({ shape: 'connection', ...place, where, order, page, items, cursorContext: context });
}

export function planRow(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, place: Place, where: Predicate = everything): RowLevel {
  return Object.freeze({ shape: 'row', ...place, where, row: rowItems(scope, type, fields, place) });
}

function rowItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, place: Place): readonly RowItem[] {
  return [...fields].map(([key, nodes]): RowItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    const field = type.getFields()[name]!;
    const binding = bindingOf(field);
    if (binding?.kind === 'rowId') return { kind: 'id', key };
    if (binding?.kind === 'column') {
      const column = place.at.table.columns.find((c) => c.field === binding.field);
      return column ? { kind: 'column', key, column } : { kind: 'absent', key };
    }
    if (binding?.kind === 'link') {
      const link = scope.links.link(place.at, binding.name);
      if (!link) return { kind: 'absent', key };
      const below: Place = { path: [...place.path, key], at: link.target, link };
      if (!link.single) return { kind: 'level', key, level: planConnection(scope, type, nodes, below) };
      const target = getNamedType(field.type) as GraphQLObjectType;
      return { kind: 'level', key, level: planRow(scope, target, subFields(scope, target, nodes), below) };
    }
    if (binding?.kind === 'mentions') {
      const links = scope.links.from(place.at).find((l) => l.column.field === binding.column);
      const frame = getNamedType(field.type) as GraphQLObjectType;
      return links ? { kind: 'object', key, items: mentionItems(scope, frame, subFields(scope, frame, nodes), { ...place, path: [...place.path, key] }, links) } : { kind: 'absent', key };
    }
    throw new Error(`field ${type.name}.${name} has no binding`);
  });
}

function mentionItems(scope: LevelScope, frame: GraphQLObjectType, fields: CollectedFields, place: Place, { links }: MentionLinks): readonly RowItem[] {
  return [...fields].map(([key, nodes]): RowItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: frame.name };
    const binding = bindingOf(frame.getFields()[name]);
    const link = links.find((l) => binding?.kind === 'mention' && l.name === binding.field);
    if (!link) throw new Error(`field ${frame.name}.${name} has no binding`);
    return { kind: 'level', key, level: planConnection(scope, frame, nodes, { path: [...place.path, key], at: link.target, link }) };
  });
}

function connectionItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, place: Place, where: Predicate): readonly ConnectionItem[] {
  return [...fields].map(([key, nodes]): ConnectionItem => {
    const name = nodes[0]!.name.value;
    const inner = (): GraphQLObjectType => getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    const below = { ...place, path: [...place.path, key] };
    switch (name) {
      case '__typename': return { kind: 'typename', key, name: type.name };
      case 'totalCount': return { kind: 'totalCount', key };
      case 'nodes': return { kind: 'nodes', key, row: rowItems(scope, inner(), subFields(scope, inner(), nodes), below) };
      case 'edges': return { kind: 'edges', key, items: edgeItems(scope, inner(), subFields(scope, inner(), nodes), below) };
      case 'pageInfo': return { kind: 'pageInfo', key, items: pageInfoItems(inner(), subFields(scope, inner(), nodes)) };
      case 'aggregate': return { kind: 'aggregate', key, items: aggregateItems(scope, inner(), subFields(scope, inner(), nodes), place.at) };
      case 'groups': return { kind: 'groups', key, groups: planGroups(scope, type, nodes, place.at, where) };
      case 'release': return { kind: 'release', key, release: planRelease(scope, type, nodes, { ...place, where }) };
      case 'noisy': return { kind: 'noisy', key, items: planNoisy(scope, type, nodes, { ...place, where }) };
      default: throw new Error(`field ${type.name}.${name} is not planned`);
    }
  });
}

function edgeItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, place: Place): readonly EdgeItem[] {
  return [...fields].map(([key, nodes]): EdgeItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    if (name === 'cursor') return { kind: 'cursor', key };
    const row = getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    return { kind: 'node', key, row: rowItems(scope, row, subFields(scope, row, nodes), { ...place, path: [...place.path, key] }) };
  });
}

function pageInfoItems(type: GraphQLObjectType, fields: CollectedFields): readonly PageInfoItem[] {
  return [...fields].map(([key, nodes]): PageInfoItem => {
    const name = nodes[0]!.name.value;
    return { kind: name === '__typename' ? 'typename' : (name as 'endCursor'), key };
  });
}

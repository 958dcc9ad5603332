/** The types of one table: row, connection, edge, filter, order. Made when first asked for, shared by every schema of a snapshot. */
import {
  GraphQLID, GraphQLInputObjectType, GraphQLInt, GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString,
  type GraphQLEnumType, type GraphQLFieldConfigArgumentMap, type GraphQLFieldConfigMap, type GraphQLInputFieldConfigMap, type GraphQLNamedType,
} from 'graphql';
import type { Column, RemoteTableFacts } from '../../catalog/model.js';
import { bind } from '../../plan/binding.js';
import type { Link, TableAt } from '../../plan/link.js';
import type { LinkIndex } from '../../plan/linkIndex.js';
import type { MentionTypes } from './mentionTypes.js';
import { disclosureFields } from './disclosureTypes.js';
import { GroupTypes } from './groupTypes.js';
import { comparisonType, enumComparisonOf, enumTypeOf, isOrderable, outputType } from './columnTypes.js';

export interface StaticParts {
  readonly node: GraphQLInterfaceType;
  readonly pageInfo: GraphQLObjectType;
  readonly sortDirection: GraphQLEnumType;
  readonly figureOrder: GraphQLInputObjectType;
}

/** What a table's types refer to. */
export interface Surroundings {
  /** Another table of the same major. */
  readonly table: (name: string) => TableTypes;
  readonly index: LinkIndex;
  readonly at: (at: TableAt) => TableTypes;
  readonly mentions: (namespace: string) => MentionTypes;
}

export class TableTypes {
  readonly row: GraphQLObjectType;
  readonly connection: GraphQLObjectType;
  readonly edge: GraphQLObjectType;
  readonly where: GraphQLInputObjectType;
  readonly filter: GraphQLInputObjectType;
  readonly orderBy: GraphQLInputObjectType | undefined;
  readonly groups: GroupTypes;
  private readonly enums = new Map<string, { type: GraphQLEnumType; comparison: GraphQLInputObjectType }>();

  constructor(readonly name: string, readonly at: TableAt, private readonly parts: StaticParts, private readonly around: Surroundings, enumName: (column: Column) => string) {
    const { table } = at;
    const title = table.title ?? table.name;
    for (const column of table.columns) {
      if (column.kind !== 'enum') continue;
      const type = enumTypeOf(enumName(column), column);
      this.enums.set(column.name, { type, comparison: enumComparisonOf(`${type.name}Comparison`, type) });
    }
    this.groups = new GroupTypes(name, table, parts, (column) => outputType(column, this.enums.get(column.name)?.type));
    this.row = new GraphQLObjectType({ name, description: describe(`A row of ${title}.`, table.description), interfaces: [parts.node], fields: () => this.rowFields() });
    this.edge = new GraphQLObjectType({
      name: `${name}Edge`, description: 'A row and its place in the list.',
      fields: () => ({ cursor: { type: new GraphQLNonNull(GraphQLString), description: 'Where the row stands; for `after` and `before`.' }, node: { type: new GraphQLNonNull(this.row) } }),
    });
    this.connection = new GraphQLObjectType({
      name: `${name}Connection`, description: `A page of ${title}.`,
      fields: () => ({
        nodes: { type: list(this.row), description: 'The rows of the page.' },
        edges: { type: list(this.edge), description: 'The rows with their cursors.' },
        pageInfo: { type: new GraphQLNonNull(parts.pageInfo) },
        ...(table.remote ? remoteCount(table.remote) : { totalCount: { type: new GraphQLNonNull(GraphQLInt), description: 'How many rows there are on all pages. Counted only when asked for.' } }),
        ...(table.remote ? {} : { aggregate: { type: new GraphQLNonNull(this.groups.aggregate), description: 'Figures over all pages.' } }),
        ...(this.groups.connection && !table.remote ? { groups: { type: new GraphQLNonNull(this.groups.connection), args: this.groups.groupArguments(), description: 'The rows in groups, with figures of each.' } } : {}),
        ...(table.remote ? {} : disclosureFields()),
      }),
    });
    this.where = new GraphQLInputObjectType({ name: `${name}Where`, description: `A choice of rows of ${title}. All that is given must hold.`, fields: () => this.whereFields() });
    this.filter = new GraphQLInputObjectType({
      name: `${name}Filter`, description: `A condition on the related rows of ${title}.`,
      fields: () => ({
        some: { type: this.where, description: 'At least one related row satisfies this.' },
        none: { type: this.where, description: 'No related row satisfies this.' },
        every: { type: this.where, description: 'All related rows satisfy this; also where there is none.' },
      }),
    });
    const orderable = table.remote?.order === false ? [] : table.columns.filter(isOrderable);
    this.orderBy = orderable.length === 0 ? undefined : new GraphQLInputObjectType({
      name: `${name}OrderBy`, description: 'One column to order by. Missing values come last; ties keep a stable order.', isOneOf: true,
      fields: () => Object.fromEntries(orderable.map((column) => [column.field, { type: parts.sortDirection, description: column.title }])),
    });
  }

  /** All types that the table brings into a schema. */
  all(): readonly GraphQLNamedType[] {
    const enums = [...this.enums.values()].flatMap((e) => [e.type, e.comparison]);
    return [this.row, this.connection, this.edge, this.where, this.filter, ...(this.orderBy ? [this.orderBy] : []), ...(this.at.table.remote ? [] : this.groups.all()), ...enums];
  }

  connectionArguments(): GraphQLFieldConfigArgumentMap {
    return {
      where: { type: this.where, description: 'Which rows.' },
      ...(this.orderBy ? { orderBy: { type: new GraphQLList(new GraphQLNonNull(this.orderBy)), description: 'In which order; the first entry counts most. The order of the file where absent.' } } : {}),
      first: { type: GraphQLInt, description: 'The first so many rows (after `after`).' },
      after: { type: GraphQLString, description: 'Begin after this cursor.' },
      // A remote source is read from its beginning only.
      ...(this.at.table.remote ? {} : {
        last: { type: GraphQLInt, description: 'The last so many rows (before `before`).' },
        before: { type: GraphQLString, description: 'End before this cursor.' },
      }),
    };
  }

  private rowFields(): GraphQLFieldConfigMap<unknown, unknown> {
    const fields: GraphQLFieldConfigMap<unknown, unknown> = {
      id: { type: new GraphQLNonNull(GraphQLID), description: 'The row\'s global id, for `node(id:)`.', extensions: bind({ kind: 'rowId' }) },
    };
    for (const column of this.at.table.columns) {
      fields[column.field] = { type: outputType(column, this.enums.get(column.name)?.type), description: describeColumn(column), extensions: bind({ kind: 'column', field: column.field }) };
    }
    for (const link of this.around.index.links(this.at)) {
      const target = this.typesOf(link.target);
      fields[link.name] = link.single
        ? { type: target.row, description: describeLink(link), extensions: bind({ kind: 'link', name: link.name }) }
        : { type: target.connection, args: target.connectionArguments(), description: describeLink(link), extensions: bind({ kind: 'link', name: link.name }) };
    }
    for (const { field, column, namespace } of this.around.index.from(this.at)) {
      fields[field] = { type: new GraphQLNonNull(this.around.mentions(namespace).links), description: `Rows of all datasets that hold the same identifier as ${column.name} (namespace ${namespace}).`, extensions: bind({ kind: 'mentions', column: column.field }) };
    }
    return fields;
  }

  private typesOf(target: TableAt): TableTypes {
    return target.version === this.at.version ? this.around.table(target.table.name) : this.around.at(target);
  }

  private whereFields(): GraphQLInputFieldConfigMap {
    const fields: GraphQLInputFieldConfigMap = {
      and: { type: new GraphQLList(new GraphQLNonNull(this.where)), description: 'All of these hold.' },
      or: { type: new GraphQLList(new GraphQLNonNull(this.where)), description: 'At least one of these holds.' },
      not: { type: this.where, description: 'This does not hold.' },
    };
    for (const column of this.at.table.columns) {
      const type = comparisonType(column, this.enums.get(column.name)?.comparison);
      if (type) fields[column.field] = { type, description: column.title };
    }
    if (this.at.table.remote) return fields;
    for (const link of this.around.index.links(this.at)) {
      const target = this.typesOf(link.target);
      fields[link.name] = { type: link.single ? target.where : target.filter, description: describeLink(link) };
    }
    for (const { field, column, namespace } of this.around.index.from(this.at)) {
      fields[field] = { type: this.around.mentions(namespace).where, description: `Conditions on the rows that hold the same identifier as ${column.name} (namespace ${namespace}).` };
    }
    return fields;
  }
}

function remoteCount({ counts }: RemoteTableFacts): GraphQLFieldConfigMap<unknown, unknown> {
  return counts ? { totalCount: { type: GraphQLInt, description: 'How many rows the source says there are; null where conditions were checked here, after the source.' } } : {};
}

export function enumTypeName(table: string, column: Column): string {
  return `${table}${column.field[0]!.toUpperCase()}${column.field.slice(1)}Enum`;
}

function list(type: GraphQLObjectType): GraphQLNonNull<GraphQLList<GraphQLNonNull<GraphQLObjectType>>> {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
}

function describe(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

function describeColumn(column: Column): string {
  const head = [column.title, column.unit === undefined ? undefined : `[${column.unit}]`].filter((part) => part !== undefined).join(' ');
  const origin = column.name === column.field ? undefined : `Called “${column.name}” in the package.`;
  const namespace = column.namespace === undefined ? undefined : `Identifiers of the namespace ${column.namespace}.`;
  return describe(head, column.description, origin, namespace);
}

function describeLink(link: Link): string {
  const columns = link.on.map((pair) => pair.here.name).join(', ');
  const title = link.target.table.title ?? link.target.table.name;
  return link.single ? `The row of ${title} that ${columns} names.` : `The rows of ${title} that refer to this one.`;
}


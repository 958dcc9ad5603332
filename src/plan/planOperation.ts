/** From a validated operation to its plan: what goes to the sources, what graphql-js resolves itself, and how the two make one answer. */
import {
  getNamedType, isObjectType, Kind, OperationTypeNode,
  type FieldNode, type GraphQLObjectType, type GraphQLSchema, type OperationDefinitionNode, type FragmentDefinitionNode,
} from 'graphql';
import { normaliseIdentifier, parseEntityId, type EntityId } from '../catalog/identifiers.js';
import { versionName, type CatalogSnapshot, type Column, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { bindingOf } from './binding.js';
import type { CursorCodec } from './cursor.js';
import { readArgument } from './inputs.js';
import { columnOf, type TableAt } from './link.js';
import type { LinkIndex } from './linkIndex.js';
import type { PlannedRoot, QueryPlan, Skeleton } from './plan.js';
import { planEntities } from './planEntities.js';
import { planConnection, planRow, type LevelScope } from './planLevel.js';
import type { PageLimits } from './planPage.js';
import { all, type Bindings, type Predicate } from './predicate.js';
import { keyValues, numberedTable, parseRowId } from './rowId.js';
import { collectFields, subFields, type CollectedFields } from './selection.js';
import { chooseVersion, majorField } from './version.js';

export interface PlanInput {
  readonly schema: GraphQLSchema;
  readonly snapshot: CatalogSnapshot;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly bindings: Bindings;
  readonly cursors: CursorCodec;
  readonly limits: PageLimits;
  /** The links that this schema shows. */
  readonly links: LinkIndex;
  /** The row type of a table in this schema; undefined where the caller does not see the dataset. */
  readonly rowType: (dataset: Dataset, major: number, table: string) => GraphQLObjectType | undefined;
}

export interface PlannedOperation {
  readonly plan: QueryPlan;
  /** The root fields that graphql-js resolves; absent where there are none. */
  readonly resolved?: OperationDefinitionNode;
}

export function planOperation(input: PlanInput): PlannedOperation {
  const structure: ((bindings: Bindings) => string)[] = [];
  const scope: LevelScope = {
    schema: input.schema, fragments: input.fragments, variables: input.bindings.variables, cursors: input.cursors, limits: input.limits, links: input.links,
    dependOn: (read) => {
      structure.push(read);
      return read(input.bindings);
    },
  };
  const planner = new RootPlanner(input, scope);
  const skeleton = planner.root();
  return {
    plan: Object.freeze({ roots: planner.roots, skeleton, structure }),
    resolved: planner.resolved.length === 0 ? undefined : { ...input.operation, selectionSet: { kind: Kind.SELECTION_SET, selections: planner.resolved } },
  };
}

class RootPlanner {
  readonly roots: PlannedRoot[] = [];
  readonly resolved: FieldNode[] = [];

  constructor(private readonly input: PlanInput, private readonly scope: LevelScope) {}

  root(): Skeleton {
    const { schema, operation } = this.input;
    const type = schema.getRootType(operation.operation)!;
    const fields = collectFields(this.scope, type, [operation.selectionSet]);
    if (operation.operation !== OperationTypeNode.QUERY) {
      this.resolved.push(...[...fields.values()].flat());
      return { kind: 'object', fields: [...fields.keys()].map((key) => ({ key, value: { kind: 'static', path: [key] } })) };
    }
    return object(fields, (key, nodes) => {
      const name = nodes[0]!.name.value;
      const binding = bindingOf(type.getFields()[name]);
      if (binding?.kind === 'organization') return this.organization(key, nodes, namedType(type, name));
      if (binding?.kind === 'entity') return this.entity(key, nodes, type);
      if (binding?.kind === 'node') return this.node(key, nodes, type);
      if (binding?.kind === 'entities') return planEntities(this.scope, { key, nodes, field: type.getFields()[name]!, types: binding.types }, this.input.bindings, (level) => this.level([key], level));
      this.resolved.push(...nodes);
      return { kind: 'static', path: [key] };
    });
  }

  private organization(key: string, nodes: readonly FieldNode[], type: GraphQLObjectType): Skeleton {
    const inner: FieldNode[] = [];
    const skeleton = object(subFields(this.scope, type, nodes), (datasetKey, datasetNodes) => {
      const name = datasetNodes[0]!.name.value;
      if (name === '__typename') return text(type.name);
      const binding = bindingOf(type.getFields()[name]);
      if (binding?.kind !== 'dataset') throw new Error(`field ${type.name}.${name} has no binding`);
      return this.dataset([key, datasetKey], datasetNodes, type, binding.dataset, binding.major, inner);
    });
    if (inner.length > 0) this.resolved.push(selecting(nodes[0]!, inner));
    return skeleton;
  }

  private dataset(path: readonly string[], nodes: readonly FieldNode[], parent: GraphQLObjectType, dataset: Dataset, major: number, inner: FieldNode[]): Skeleton {
    const node = nodes[0]!;
    const type = namedType(parent, node.name.value);
    const fields = subFields(this.scope, type, nodes);
    const chosen = this.attempt(path, () => chooseVersion(dataset, major, this.choice(parent, node)));
    if ('root' in chosen) return chosen.root;
    const version = chosen.value;
    const about: FieldNode[] = [];
    const skeleton = object(fields, (key, tableNodes) => {
      const name = tableNodes[0]!.name.value;
      if (name === '__typename') return text(type.name);
      const binding = bindingOf(type.getFields()[name]);
      if (binding?.kind !== 'table') {
        about.push(...tableNodes);
        return { kind: 'static', path: [...path, key] };
      }
      const table = version.tables.find((t) => t.field === binding.field);
      if (!table) return this.fail([...path, key], new DureError('BAD_USER_INPUT', `Version ${version.major}.${version.minor} has no table ${binding.field} yet.`));
      const place = { path: [...path, key], at: { dataset, version, table } };
      return this.level(place.path, () => planConnection(this.scope, type, tableNodes, place));
    });
    if (about.length > 0) inner.push(selecting(node, about));
    return skeleton;
  }

  private choice(parent: GraphQLObjectType, node: FieldNode): { version?: unknown; asOf?: unknown } {
    const field = parent.getFields()[node.name.value]!;
    const read = (name: string): unknown => {
      const argument = readArgument(field, node, name, this.scope.variables);
      if (!argument || argument.kind !== 'leaf') return undefined;
      if (argument.constant) return argument.value;
      this.scope.dependOn((bindings) => String(argument.read(bindings)));
      return argument.value;
    };
    return { version: read('version'), asOf: read('asOf') };
  }

  /** A row by its global id, or a static object with one. Which of the two is part of the plan, so the id's table must be. */
  private node(key: string, nodes: readonly FieldNode[], query: GraphQLObjectType): Skeleton {
    const argument = readArgument(query.getFields().node!, nodes[0]!, 'id', this.scope.variables);
    const read = (bindings: Bindings): string => (argument?.kind === 'leaf' ? String(argument.read(bindings)) : '');
    const rowOf = (bindings: Bindings): FoundRow | undefined => this.row(read(bindings));
    const { at, by } = rowOf(this.input.bindings) ?? {};
    this.scope.dependOn((bindings) => {
      const id = parseRowId(read(bindings));
      const version = id && rowOf(bindings)?.at?.version;
      return id ? `${id.organization}/${id.dataset}/${id.table}/${id.key.by} ${version ? versionName(version) : ''}` : '';
    });
    if (by === undefined) {
      this.resolved.push(...nodes);
      return { kind: 'static', path: [key] };
    }
    const type = at && this.input.rowType(at.dataset, at.version.major, at.table.name);
    if (!at || !type) return { kind: 'text', json: 'null' };
    const where = rowPredicate(at, by, (bindings) => rowOf(bindings)?.key);
    if (!where) return { kind: 'text', json: 'null' };
    return this.level([key], () => planRow(this.scope, type, subFields(this.scope, type, nodes), { path: [key], at }, where));
  }

  /** Undefined where the id is not one of a row. By number: in the version that the number was given for. */
  private row(id: string): FoundRow | undefined {
    const { organization, dataset: field, table, key } = parseRowId(id) ?? {};
    if (!key) return undefined;
    const places = this.tablesOf(organization!, field!, table!);
    if (key.by === 'key') return { by: 'key', at: places[0], key: key.text };
    for (const at of places) {
      const number = this.input.cursors.rowNumbers.decode(numberedTable(at), key.text);
      if (number !== undefined) return { by: 'number', at, key: number };
    }
    return { by: 'number', at: undefined, key: '' };
  }

  /** Records and mentions are roots of their own; what is left is resolved beside them. An id that is none is left to be told there. */
  private entity(key: string, nodes: readonly FieldNode[], query: GraphQLObjectType): Skeleton {
    const argument = readArgument(query.getFields().entity!, nodes[0]!, 'id', this.scope.variables);
    const read = (bindings: Bindings): EntityId | undefined => {
      const id = argument?.kind === 'leaf' ? parseEntityId(String(argument.read(bindings))) : undefined;
      const identifier = id && this.input.links.knows(id.namespace) ? normaliseIdentifier(id.namespace, id.identifier) : undefined;
      return identifier === undefined ? undefined : { namespace: id!.namespace, identifier };
    };
    const namespace = this.scope.dependOn((bindings) => read(bindings)?.namespace ?? '');
    if (namespace === '') {
      this.resolved.push(...nodes);
      return { kind: 'static', path: [key] };
    }
    const type = namedType(query, 'entity');
    const inner: FieldNode[] = [];
    const skeleton = object(subFields(this.scope, type, nodes), (fieldKey, fieldNodes) => {
      const name = fieldNodes[0]!.name.value;
      const binding = bindingOf(type.getFields()[name]);
      const path = [key, fieldKey];
      if (binding?.kind === 'entityRecord') {
        const record = binding.namespace === namespace ? this.input.links.recordTables(namespace).find(({ at }) => at.dataset.id === binding.dataset && at.table.name === binding.table) : undefined;
        const row = namedType(type, name);
        return record ? this.level(path, () => planRow(this.scope, row, subFields(this.scope, row, fieldNodes), { path, at: record.at }, identified(record.column, read))) : nothingHere;
      }
      if (binding?.kind === 'entityMentions') {
        if (binding.namespace !== namespace) return nothingHere;
        const frame = namedType(type, name);
        return object(subFields(this.scope, frame, fieldNodes), (placeKey, placeNodes) => {
          const place = this.input.links.mentions(namespace).find(({ field }) => field === placeNodes[0]!.name.value);
          if (!place) return text(frame.name);
          const placePath = [...path, placeKey];
          return this.level(placePath, () => planConnection(this.scope, frame, placeNodes, { path: placePath, at: place.at }, identified(place.column, read)));
        });
      }
      inner.push(...fieldNodes);
      return { kind: 'static', path };
    });
    if (inner.length > 0) this.resolved.push(selecting(nodes[0]!, inner));
    return skeleton;
  }

  /** In each version of the major that has the table, newest first. */
  private tablesOf(organization: string, field: string, table: string): readonly TableAt[] {
    return [...this.input.snapshot.datasets.values()].filter((dataset) => dataset.organization.slug === organization).flatMap((dataset) => dataset.versions
      .filter((version) => majorField(dataset, version.major) === field)
      .flatMap((version) => version.tables.filter((t) => t.field === table).map((found) => ({ dataset, version, table: found }))));
  }

  private level(path: readonly string[], plan: () => Extract<PlannedRoot, { kind: 'level' }>['level']): Skeleton {
    const attempt = this.attempt(path, plan);
    return 'root' in attempt ? attempt.root : this.add({ kind: 'level', level: attempt.value });
  }

  private attempt<T>(path: readonly string[], work: () => T): { readonly value: T } | { readonly root: Skeleton } {
    try {
      return { value: work() };
    } catch (error) {
      if (!(error instanceof DureError)) throw error;
      return { root: this.fail(path, error) };
    }
  }

  private fail(path: readonly string[], error: DureError): Skeleton {
    return this.add({ kind: 'failed', path, error });
  }

  private add(root: PlannedRoot): Skeleton {
    this.roots.push(root);
    return { kind: 'root', index: this.roots.length - 1 };
  }
}

interface FoundRow {
  readonly by: 'number' | 'key';
  /** Undefined where no version has it. */
  readonly at: TableAt | undefined;
  readonly key: string;
}

function rowPredicate(at: TableAt, by: FoundRow['by'], read: (bindings: Bindings) => string | undefined): Predicate | undefined {
  if (by === 'number') return { op: 'rowNumber', value: { read: (bindings) => read(bindings) ?? null } };
  const columns = at.table.primaryKey.map((name) => columnOf(at.table, name));
  if (columns.length === 0) return undefined;
  return all(columns.map((column, index): Predicate => ({
    op: 'compare', column, comparison: 'eq', value: { read: (bindings) => keyValues(read(bindings) ?? '', columns.length)?.[index] ?? null },
  })));
}

function object(fields: CollectedFields, each: (key: string, nodes: readonly FieldNode[]) => Skeleton): Skeleton {
  return { kind: 'object', fields: [...fields].map(([key, nodes]) => ({ key, value: each(key, nodes) })) };
}

/** The rows that hold the identifier; of a list column, among others. */
function identified(column: Column, read: (bindings: Bindings) => EntityId | undefined): Predicate {
  if (column.kind === 'list') return { op: 'structured', column, test: 'containsAll', value: { read: (bindings) => [read(bindings)?.identifier ?? null] } };
  return { op: 'compare', column, comparison: 'eq', value: { read: (bindings) => read(bindings)?.identifier ?? null } };
}

const nothingHere: Skeleton = { kind: 'text', json: 'null' };

function text(value: string): Skeleton {
  return { kind: 'text', json: JSON.stringify(value) };
}

function selecting(node: FieldNode, selections: readonly FieldNode[]): FieldNode {
  return { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

function namedType(parent: GraphQLObjectType, field: string): GraphQLObjectType {
  const type = getNamedType(parent.getFields()[field]!.type);
  if (!isObjectType(type)) throw new Error(`field ${parent.name}.${field} is no object`);
  return type;
}

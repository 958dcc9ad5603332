/** A schema for each visible set of the present catalog; callers with the same set share it. */
import { GraphQLEnumType, GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, type FragmentDefinitionNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { AuditedDocument } from '../audit/writer.js';
import type { CatalogSnapshot, Dataset } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import { Lru } from '../lru.js';
import type { Grant, GrantSource } from '../policy/grant.js';
import { visibleSet, type VisibleSet } from '../policy/visible.js';
import { figureOrderType } from './dynamic/aggregateTypes.js';
import { wholeServer, type Edition } from './dynamic/edition.js';
import { LiveSchema } from './dynamic/liveSchema.js';
import type { StaticParts } from './dynamic/tableTypes.js';
import { TypeRegistry, type DatasetAt } from './dynamic/typeRegistry.js';
import type { PreparedOperation, VisibleSchema } from './engine.js';
import type { ListVariable } from './listLength.js';
import type { VariableCoercion } from './variableCoercion.js';
import type { PlanCache } from './planCache.js';
import type { CompiledOperation } from './compiledOperation.js';


/** An operation as the engine keeps it. */
export interface KnownOperation extends PreparedOperation {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly plans: PlanCache<CompiledOperation>;
  /** Variables whose values may hold lists. */
  readonly lists: readonly ListVariable[];
  readonly coerce: VariableCoercion;
  /** Under which it is kept. */
  readonly key: string;
  /** How many it selects, fragments expanded. */
  readonly fields: number;
  /** Its text, as the audit keeps it. */
  readonly text: AuditedDocument;
}

/** A schema with what belongs to it: the catalog it shows, and the operations that were prepared for it. */
export interface SchemaOfSet extends VisibleSchema {
  /** The row type of a table, if its dataset is in the set. */
  readonly rowType: (dataset: Dataset, major: number, table: string) => GraphQLObjectType | undefined;
  /** What the schema shows. */
  readonly datasets: ReadonlySet<Dataset>;
  readonly registry: TypeRegistry;
  readonly operations: Lru<string, KnownOperation>;
}

const setsKept = 200;
const operationsKept = 2000;
/**
 * Anybody can send ever new documents, so what is kept of them is bounded by its size too: characters of text and fields, once for the
 * document and once for each of its plans. A unit was measured to take 35 to 40 bytes; a usual operation weighs some thousand.
 */
const heaviestOperations = { weight: 8_000_000, weigh: ({ text, fields, plans }: KnownOperation): number => (text.text.length + 64 * fields) * (1 + plans.size) };
const registriesKept = 20;

export class VisibleSchemas {
  private readonly registries = new Lru<string, TypeRegistry>(registriesKept);
  private readonly schemas = new Lru<string, SchemaOfSet>(setsKept);
  private readonly sets = new WeakMap<Identity, { readonly snapshot: CatalogSnapshot; readonly grants: readonly Grant[]; readonly set: VisibleSet }>();
  private readonly parts: StaticParts;

  constructor(private readonly base: GraphQLSchema, private readonly snapshot: () => CatalogSnapshot, private readonly aboutValue: (at: DatasetAt) => unknown, private readonly grants: GrantSource, private readonly now: () => number, private readonly edition: Edition = wholeServer, private readonly keyPrefix = '') {
    const sortDirection = typed(base, 'SortDirection', GraphQLEnumType);
    this.parts = {
      node: typed(base, 'Node', GraphQLInterfaceType),
      pageInfo: typed(base, 'PageInfo', GraphQLObjectType),
      sortDirection,
      figureOrder: figureOrderType(sortDirection),
    };
  }

  for(identity: Identity): SchemaOfSet {
    const snapshot = this.snapshot();
    const set = this.setOf(identity, snapshot);
    const key = this.keyPrefix + set.key;
    const known = this.schemas.get(key);
    if (known) return known;
    const datasets = new Set([...snapshot.datasets.values()].filter((dataset) => dataset.listed || set.unlisted.has(dataset.id)));
    const registry = this.registryOf(snapshot, datasets);
    const made: SchemaOfSet = { key, datasets, schema: new LiveSchema(this.base, registry, datasets, this.edition), rowType: (dataset, major, table) => (datasets.has(dataset) ? registry.rowType(dataset, major, table) : undefined), registry, operations: new Lru(operationsKept, heaviestOperations) };
    this.schemas.set(key, made);
    return made;
  }

  private setOf(identity: Identity, snapshot: CatalogSnapshot): VisibleSet {
    const known = this.sets.get(identity);
    const grants = this.grants.of(identity);
    if (known?.snapshot === snapshot && known.grants === grants && known.set.validUntil > this.now()) return known.set;
    const set = visibleSet(snapshot, identity, grants, this.now());
    this.sets.set(identity, { snapshot, grants, set });
    return set;
  }

  /**
   * Links lead to LISTED datasets, so one registry serves all. Who sees UNLISTED datasets that share a namespace gets links to these too,
   * and types of their own: shared ones would show names that others may not know.
   */
  private registryOf(snapshot: CatalogSnapshot, datasets: ReadonlySet<Dataset>): TypeRegistry {
    const unlisted = [...datasets].filter((dataset) => !dataset.listed && hasNamespace(dataset));
    const key = `${snapshot.revision}:${unlisted.map((dataset) => dataset.id).sort().join(',')}`;
    const known = this.registries.get(key);
    if (known?.snapshot === snapshot) return known;
    const about = new GraphQLNonNull(typed(this.base, 'Dataset', GraphQLObjectType));
    const linked = new Set(unlisted);
    const made = new TypeRegistry(snapshot, this.parts, about, this.aboutValue, this.base, (dataset) => dataset.listed || linked.has(dataset));
    this.registries.set(key, made);
    return made;
  }
}

function hasNamespace(dataset: Dataset): boolean {
  return dataset.versions[0]!.tables.some((table) => table.columns.some((column) => column.namespace !== undefined));
}

export function typed<T>(schema: GraphQLSchema, name: string, kind: abstract new (...args: never[]) => T): T {
  const type = schema.getType(name);
  if (!(type instanceof kind)) throw new Error(`the static schema has no ${kind.name} ${name}`);
  return type;
}

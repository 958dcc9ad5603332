/**
 * A schema that looks types up instead of walking them: made in microseconds however many tables there are. graphql-js reads a schema
 * only through the methods overridden here (a test holds that for the installed version); the whole type map is put together when
 * introspection or a printer asks for it.
 */
import {
  GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, isInterfaceType, isObjectType, isUnionType,
  type GraphQLAbstractType, type GraphQLInterfaceType, type GraphQLNamedType,
} from 'graphql';
import type { Dataset, Organization } from '../../catalog/model.js';
import { bind } from '../../plan/binding.js';
import { sharedAggregateTypes } from './aggregateTypes.js';
import { sharedTypes } from './columnTypes.js';
import { wholeServer, type Edition } from './edition.js';
import { reachableTypes } from './reachable.js';
import type { TypeRegistry } from './typeRegistry.js';

type TypeMap = Record<string, GraphQLNamedType>;
type Implementations = ReturnType<GraphQLSchema['getImplementations']>;

export class LiveSchema extends GraphQLSchema {
  private readonly organizations = new Map<string, GraphQLObjectType>();
  private readonly query: GraphQLObjectType;
  private whole: TypeMap | undefined;
  private readonly shared: ReadonlyMap<string, GraphQLNamedType>;

  constructor(private readonly base: GraphQLSchema, private readonly registry: TypeRegistry, private readonly datasets: ReadonlySet<Dataset>, private readonly edition: Edition = wholeServer) {
    super({ assumeValid: true, directives: base.getDirectives(), description: edition.description });
    const further = edition.further?.(registry, datasets, base) ?? { fields: {}, types: [] };
    this.shared = new Map([...sharedTypes, ...sharedAggregateTypes, registry.parts.figureOrder, ...further.types].map((type) => [type.name, type]));
    const grouped = new Map<Organization, Dataset[]>();
    for (const dataset of datasets) {
      const held = grouped.get(dataset.organization);
      if (held) held.push(dataset);
      else grouped.set(dataset.organization, [dataset]);
    }
    const types = [...grouped].map(([organization, own]) => [organization, registry.organizationType(organization, own)] as const);
    for (const [, type] of types) this.organizations.set(type.name, type);
    const config = base.getQueryType()!.toConfig();
    this.query = new GraphQLObjectType({
      ...config,
      fields: {
        ...config.fields,
        node: {
          type: base.getType('Node') as GraphQLInterfaceType,
          ...edition.node,
          args: { id: { type: new GraphQLNonNull(GraphQLID) } },
          extensions: bind({ kind: 'node' }),
        },
        ...Object.fromEntries(types.map(([organization, type]) => [organization.field, {
          type,
          description: organization.titleKo === undefined ? organization.title : `${organization.title} (${organization.titleKo})`,
          extensions: bind({ kind: 'organization', organization }),
          resolve: () => organization,
        }])),
        ...further.fields,
      },
    });
  }

  override getQueryType(): GraphQLObjectType { return this.query; }
  // The constructor of the parent class asks before `base` is set; it then has no root type, and need not.
  override getMutationType(): GraphQLObjectType | null | undefined { return this.base?.getMutationType(); }
  override getSubscriptionType(): GraphQLObjectType | null | undefined { return this.base?.getSubscriptionType(); }

  override getType(name: string): GraphQLNamedType | undefined {
    if (name === this.query.name) return this.query;
    return this.base.getType(name) ?? this.organizations.get(name) ?? this.registry.type(name, (dataset) => this.datasets.has(dataset)) ?? this.shared.get(name) ?? super.getType(name);
  }

  override getTypeMap(): TypeMap {
    if (!this.base) return super.getTypeMap();
    if (!this.whole && this.edition.small) this.whole = reachableTypes([...Object.values(super.getTypeMap()), this.query], this.getDirectives());
    if (!this.whole) {
      const types: TypeMap = { ...super.getTypeMap(), ...this.base.getTypeMap(), [this.query.name]: this.query };
      for (const type of [...this.shared.values(), ...this.organizations.values()]) types[type.name] = type;
      for (const type of this.registry.mentionTypes()) types[type.name] = type;
      for (const dataset of this.datasets) for (const type of this.registry.typesOf(dataset)) types[type.name] = type;
      this.whole = types;
    }
    return this.whole;
  }

  override getPossibleTypes(abstract: GraphQLAbstractType): readonly GraphQLObjectType[] {
    return isUnionType(abstract) ? abstract.getTypes() : this.getImplementations(abstract).objects;
  }

  override getImplementations(type: GraphQLInterfaceType): Implementations {
    const all = Object.values(this.getTypeMap());
    return {
      objects: all.filter((candidate) => isObjectType(candidate) && candidate.getInterfaces().includes(type)) as GraphQLObjectType[],
      interfaces: all.filter((candidate) => isInterfaceType(candidate) && candidate.getInterfaces().includes(type)) as GraphQLInterfaceType[],
    };
  }

  override isSubType(abstract: GraphQLAbstractType, maybe: GraphQLObjectType | GraphQLInterfaceType): boolean {
    return isUnionType(abstract) ? abstract.getTypes().includes(maybe as GraphQLObjectType) : maybe.getInterfaces().includes(abstract);
  }
}

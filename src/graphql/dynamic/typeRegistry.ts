/** All dynamic types of one catalog snapshot. Names are given to everything at once, types are made when somebody asks. */
import { GraphQLObjectType, GraphQLString, type GraphQLNamedType, type GraphQLOutputType, type GraphQLSchema } from 'graphql';
import type { CatalogSnapshot, Dataset, Organization, Version } from '../../catalog/model.js';
import { majorName, typeName, upperFirst } from '../../catalog/naming.js';
import { bind } from '../../plan/binding.js';
import type { TableAt } from '../../plan/link.js';
import { LinkIndex, namespaceTypeName } from '../../plan/linkIndex.js';
import { chooseVersion, majorField } from '../../plan/version.js';
import { DateTimeScalar } from '../scalars.js';
import { sharedAggregateTypes } from './aggregateTypes.js';
import { sharedTypes } from './columnTypes.js';
import { groupSuffixes } from './groupTypes.js';
import { MentionTypes } from './mentionTypes.js';
import { enumTypeName, TableTypes, type StaticParts } from './tableTypes.js';

/** One major of a dataset: the types of its tables are those of the major's newest version. */
export interface DatasetMajor {
  readonly dataset: Dataset;
  readonly version: Version;
  readonly name: string;
  /** Its field on the organization's type. */
  readonly field: string;
}

/** What the resolvers of a dataset's static fields are given. */
export interface DatasetAt {
  readonly dataset: Dataset;
  readonly version: Version;
}

const suffixes = ['Connection', 'Edge', 'Where', 'Filter', 'OrderBy', '', ...groupSuffixes] as const;

const sharedNames: ReadonlySet<string> = new Set([...sharedTypes, ...sharedAggregateTypes].map((type) => type.name).concat('FigureOrderBy', 'Entity'));

export class TypeRegistry {
  readonly majors: readonly DatasetMajor[];
  readonly links: LinkIndex;
  private readonly mentions = new Map<string, MentionTypes>();
  private readonly byName = new Map<string, { readonly major: DatasetMajor; readonly table?: string }>();
  private readonly organizationNames = new Set<string>();
  private readonly organizationTypeNames = new Map<string, string>();
  private readonly objects = new Map<DatasetMajor, GraphQLObjectType>();
  private readonly tables = new Map<string, TableTypes>();
  private readonly byDataset = new Map<string, readonly DatasetMajor[]>();
  private readonly tableNames = new Map<string, string>();
  private readonly enumNames = new Map<string, string>();
  private readonly mentionNames = new Map<string, string>();

  /**
   * @param about the type of `_about`
   * @param taken names of the static part, which no dynamic type may have
   * @param linked the datasets that links may lead to: those that everybody sees who is shown a schema of this registry
   */
  constructor(readonly snapshot: CatalogSnapshot, readonly parts: StaticParts, private readonly about: GraphQLOutputType, private readonly aboutValue: (at: DatasetAt) => unknown, taken: Pick<GraphQLSchema, 'getType'>, linked: (dataset: Dataset) => boolean) {
    const isTaken = (name: string): boolean => taken.getType(name) !== undefined || sharedNames.has(name) || this.byName.has(name) || this.organizationNames.has(name);
    for (const organization of snapshot.organizations.values()) {
      const name = unique(typeName(organization.field), isTaken);
      this.organizationNames.add(name);
      this.organizationTypeNames.set(organization.slug, name);
    }
    const oldestFirst = [...snapshot.datasets.values()].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));
    const majors: DatasetMajor[] = [];
    for (const dataset of oldestFirst) {
      const seen = new Set<number>();
      const own: DatasetMajor[] = [];
      for (const version of dataset.versions) {
        if (seen.has(version.major)) continue;
        seen.add(version.major);
        const plain = typeName(dataset.organization.field, dataset.field);
        const name = unique(version.major === dataset.versions[0]!.major ? plain : majorName(plain, version.major), isTaken);
        const major: DatasetMajor = { dataset, version, name, field: majorField(dataset, version.major) };
        own.push(major);
        this.byName.set(name, { major });
        for (const table of version.tables) {
          const tableName = unique(`${name}${upperFirst(table.field)}`, (candidate) => suffixes.some((suffix) => isTaken(candidate + suffix)));
          for (const suffix of suffixes) this.byName.set(tableName + suffix, { major, table: table.name });
          for (const column of table.columns) {
            if (column.kind !== 'enum') continue;
            const enumName = unique(enumTypeName(tableName, column), (candidate) => isTaken(candidate) || isTaken(`${candidate}Comparison`));
            for (const suffix of ['', 'Comparison']) this.byName.set(enumName + suffix, { major, table: table.name });
            this.enumNames.set(`${keyOf(major, table.name)}/${column.name}`, enumName);
          }
          this.tableNames.set(keyOf(major, table.name), tableName);
        }
      }
      this.byDataset.set(dataset.id, own);
      majors.push(...own);
    }
    this.majors = majors;
    this.links = new LinkIndex(oldestFirst.filter(linked));
    for (const namespace of this.links.namespaces()) {
      const name = unique(`${namespaceTypeName(namespace)}Mentions`, (candidate) => isTaken(candidate) || isTaken(`${candidate}Where`) || this.mentionNames.has(candidate));
      for (const suffix of ['', 'Where']) this.mentionNames.set(name + suffix, namespace);
      this.mentions.set(namespace, new MentionTypes(name, namespace, this.links.mentions(namespace), (at) => this.typesAt(at)));
    }
  }

  majorsOf(dataset: Dataset): readonly DatasetMajor[] {
    return this.byDataset.get(dataset.id) ?? [];
  }

  /** The dynamic type of this name, if the caller sees its dataset. */
  type(name: string, sees: (dataset: Dataset) => boolean): GraphQLNamedType | undefined {
    const namespace = this.mentionNames.get(name);
    if (namespace !== undefined) return this.mentions.get(namespace)!.all().find((type) => type.name === name);
    const found = this.byName.get(name);
    if (!found || !sees(found.major.dataset)) return undefined;
    if (found.table === undefined) return this.object(found.major);
    return this.tableTypes(found.major, found.table).all().find((type) => type.name === name);
  }

  /** The type of a dataset: `_about` and a connection for each table. */
  object(major: DatasetMajor): GraphQLObjectType {
    let type = this.objects.get(major);
    if (!type) this.objects.set(major, (type = this.makeObject(major)));
    return type;
  }

  tableTypes(major: DatasetMajor, table: string): TableTypes {
    const key = keyOf(major, table);
    let types = this.tables.get(key);
    if (!types) {
      const { dataset, version } = major;
      const found = version.tables.find((t) => t.name === table);
      if (!found) throw new Error(`no table ${table} in ${major.name}`);
      types = new TableTypes(this.tableNames.get(key)!, { dataset, version, table: found }, this.parts, { table: (other) => this.tableTypes(major, other), index: this.links, at: (at) => this.typesAt(at), mentions: (namespace) => this.mentions.get(namespace)! }, (column) => this.enumNames.get(`${key}/${column.name}`)!);
      this.tables.set(key, types);
    }
    return types;
  }

  /** The types by which links of a namespace are followed and asked of. */
  mentionTypes(): readonly GraphQLNamedType[] {
    return [...this.mentions.values()].flatMap((types) => types.all());
  }

  mentionFrames(): Iterable<MentionTypes> {
    return this.mentions.values();
  }

  /** The field of a table's dataset on its organization. */
  fieldOf({ dataset, version }: TableAt): string {
    return this.majorsOf(dataset).find((major) => major.version === version)!.field;
  }

  typesAt({ dataset, version, table }: TableAt): TableTypes {
    return this.tableTypes(this.majorsOf(dataset).find((major) => major.version === version)!, table.name);
  }

  rowType(dataset: Dataset, majorNumber: number, table: string): GraphQLObjectType | undefined {
    const major = this.majorsOf(dataset).find((m) => m.version.major === majorNumber);
    return major?.version.tables.some((t) => t.name === table) ? this.tableTypes(major, table).row : undefined;
  }

  /** All types that a visible dataset brings into a schema. */
  typesOf(dataset: Dataset): readonly GraphQLNamedType[] {
    return this.majorsOf(dataset).flatMap((major) => [this.object(major), ...major.version.tables.flatMap((table) => this.tableTypes(major, table.name).all())]);
  }

  /** An organization's type in a schema that shows these datasets of it. */
  organizationType(organization: Organization, datasets: readonly Dataset[]): GraphQLObjectType {
    return new GraphQLObjectType({
      name: this.organizationTypeNames.get(organization.slug)!,
      description: `Datasets of ${organization.title}${organization.titleKo === undefined ? '' : ` (${organization.titleKo})`}.`,
      fields: () => Object.fromEntries(datasets.flatMap((dataset) => this.majorsOf(dataset)).map((major) => [major.field, {
        type: this.object(major),
        description: [major.version.metadata.title, major.version.metadata.description].filter(Boolean).join('\n\n'),
        args: {
          version: { type: GraphQLString, description: `Which version, e.g. "${major.version.major}.${major.version.minor}"; the newest where absent.` },
          asOf: { type: DateTimeScalar, description: 'The version that was the newest at this instant.' },
        },
        extensions: bind({ kind: 'dataset', dataset: major.dataset, major: major.version.major }),
        resolve: (_source: unknown, args: { version?: string; asOf?: string }): DatasetAt => ({ dataset: major.dataset, version: chooseVersion(major.dataset, major.version.major, args) }),
      }])),
    });
  }

  private makeObject(major: DatasetMajor): GraphQLObjectType {
    return new GraphQLObjectType<DatasetAt>({
      name: major.name,
      description: major.version.metadata.title,
      fields: () => ({
        _about: { type: this.about, description: 'What the dataset says of itself.', resolve: (at) => this.aboutValue(at) },
        ...Object.fromEntries(major.version.tables.map((table) => {
          const types = this.tableTypes(major, table.name);
          return [table.field, { type: types.connection, args: types.connectionArguments(), description: [table.title, table.description].filter(Boolean).join('\n\n'), extensions: bind({ kind: 'table', field: table.field }) }];
        })),
      }),
    });
  }
}

function keyOf(major: DatasetMajor, table: string): string {
  return `${major.version.id}/${table}`;
}

function unique(wanted: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!isTaken(`${wanted}_${number}`)) return `${wanted}_${number}`;
}

import { Arg, Ctx, Field, Int, ObjectType } from 'type-graphql';
import { citationOf } from '../../../catalog/erased.js';
import { type Dataset, datasetPath, type Version, type VersionMetadata, versionName, type Visibility } from '../../../catalog/model.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar } from '../../scalars.js';
import { LanguageEnum, VisibilityEnum } from '../enums.js';
import { globalId } from '../ids.js';
import { inLanguage, type Language, languageArgument } from '../language.js';
import { DatasetAccessType } from './datasetAccessType.js';
import { ContributorType, DataOriginType, LicenseType } from './metadataType.js';
import { Node } from './node.js';
import { OrganizationType } from './organizationType.js';
import { connectionOf } from './paging.js';
import { TableType } from './tableType.js';
import { VersionType } from './versionType.js';

@ObjectType('Dataset', { implements: Node, description: 'A dataset at one of its versions: what its package says of it, and what you may see of it.' })
export class DatasetType implements Node {
  static readonly typeName = 'Dataset';
  private readonly metadata: VersionMetadata;
  constructor(private readonly dataset: Dataset, private readonly at: Version) {
    this.metadata = at.metadata;
  }

  get id(): string {
    return globalId('Dataset', this.dataset.id);
  }

  @Field(() => String, { description: 'Its name within its organization.' })
  get name(): string {
    return this.dataset.name;
  }

  @Field(() => String, { description: 'Its name everywhere: `organization/name`.' })
  get path(): string {
    return datasetPath(this.dataset);
  }

  @Field(() => String, { description: 'The field of its organization\'s type below which its tables lie.' })
  get field(): string {
    return this.dataset.field;
  }

  @Field(() => String, { description: 'Its title in the language of the request, if it has one there.' })
  title(@Ctx() context: RequestContext, @Arg('language', () => LanguageEnum, languageArgument) language?: Language): string {
    return inLanguage(language ?? context.language, this.metadata.title, this.metadata.titleKo);
  }

  @Field(() => String, { nullable: true, description: 'Its Korean title.' })
  get titleKo(): string | undefined {
    return this.metadata.titleKo;
  }

  @Field(() => String, { nullable: true, description: 'What it is, in the language of the request if it is described there (Markdown).' })
  description(@Ctx() context: RequestContext, @Arg('language', () => LanguageEnum, languageArgument) language?: Language): string | undefined {
    return inLanguage(language ?? context.language, this.metadata.description, this.metadata.descriptionKo);
  }

  @Field(() => OrganizationType, { description: 'Who owns it.' })
  get organization(): OrganizationType {
    return new OrganizationType(this.dataset.organization);
  }

  @Field(() => [String], { description: 'Words to find it by.' })
  get keywords(): readonly string[] {
    return this.metadata.keywords;
  }

  @Field(() => String, { nullable: true, description: 'Its field of science, for example `materials`.' })
  get domain(): string | undefined {
    return this.metadata.domain;
  }

  @Field(() => [LicenseType], { description: 'The licences that it is given under.' })
  get licenses(): readonly LicenseType[] {
    return this.metadata.licenses.map((license) => new LicenseType(license));
  }

  @Field(() => LicenseType, { nullable: true, description: 'The first of its licences.' })
  get license(): LicenseType | undefined {
    return this.licenses[0];
  }

  @Field(() => [ContributorType], { description: 'Who made it.' })
  get contributors(): readonly ContributorType[] {
    return this.metadata.contributors.map((contributor) => new ContributorType(contributor));
  }

  @Field(() => [DataOriginType], { description: 'Where its data comes from.' })
  get sources(): readonly DataOriginType[] {
    return this.metadata.sources.map((source) => new DataOriginType(source));
  }

  @Field(() => String, { nullable: true, description: 'How to cite it.' })
  get citation(): string | undefined {
    return citationOf(this.at);
  }

  @Field(() => String, { nullable: true, description: 'Its web page.' })
  get homepage(): string | undefined {
    return this.metadata.homepage;
  }

  @Field(() => VisibilityEnum, { description: 'Whom it is open to before its rules narrow that.' })
  get visibility(): Visibility {
    return this.dataset.visibility;
  }

  @Field(() => Boolean, { description: 'Whether its metadata is public. One that is not listed does not exist for those who may not read it.' })
  get listed(): boolean {
    return this.dataset.listed;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when only the organization\'s members read rows.' })
  get embargoUntil(): Date | undefined {
    return this.dataset.embargoUntil;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it is frozen because of an incident; null where it is not. While it is, nothing of it is answered to anybody.' })
  get frozenSince(): Date | undefined {
    return this.dataset.freeze?.since;
  }

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.dataset.createdAt;
  }

  @Field(() => String, { description: 'The version that these facts are from.' })
  get version(): string {
    return versionName(this.at);
  }

  @Field(() => VersionType, { description: 'The newest version.' })
  get currentVersion(): VersionType {
    return new VersionType(this.dataset, this.dataset.versions[0]!);
  }

  @Field(() => [VersionType], { description: 'All versions, newest first.' })
  get versions(): readonly VersionType[] {
    return this.dataset.versions.map((version) => new VersionType(this.dataset, version));
  }

  @Field(() => [TableType], { description: 'The tables of this version.' })
  get tables(): readonly TableType[] {
    return this.at.tables.map((table) => new TableType(this.dataset, table));
  }

  @Field(() => DatasetAccessType, { description: 'What you may see of it, and why.' })
  access(@Ctx() context: RequestContext): DatasetAccessType {
    return new DatasetAccessType(this.dataset, context);
  }
}

/** The value of the GraphQL type `Dataset`: the dataset as it is at a version, the newest where absent. */
export function datasetValue(dataset: Dataset, version: Version = dataset.versions[0]!): DatasetType {
  return new DatasetType(dataset, version);
}

@ObjectType('DatasetConnection', { description: 'A page of datasets.' })
export class DatasetConnection extends connectionOf('Dataset', DatasetType) {
  @Field(() => Int, { description: 'How many there are on all pages together.' })
  totalCount!: number;
}

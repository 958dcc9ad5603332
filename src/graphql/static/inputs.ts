import { Field, ID, InputType, Int } from 'type-graphql';
import type { Visibility } from '../../catalog/model.js';
import type { Scope } from '../../identity/identity.js';
import type { Channel } from '../../policy/rule.js';
import type { JobKindName, JobState } from '../../jobs/job.js';
import { DateTimeScalar, JSONScalar } from '../scalars.js';
import { AuditModeEnum } from './auditEnums.js';
import { AccessChannelEnum, JobKindEnum, JobStateEnum, PublishModeEnum, ScopeEnum, SortDirectionEnum, VisibilityEnum, type publishModes } from './enums.js';

type Direction = 'ASC' | 'DESC';

@InputType('DatasetWhere', { description: 'Which datasets are wanted: all filters must hold, each by any of its values.' })
export class DatasetWhereInput {
  @Field(() => [String], { nullable: true, description: 'Licences by their short names, for example `CC-BY-4.0`.' })
  license?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Fields of science, for example `materials`.' })
  domain?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Namespaces that a column is in, for example `uniprot`.' })
  namespace?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Organizations by slug.' })
  organization?: string[] | null;

  @Field(() => [VisibilityEnum], { nullable: true, description: 'Whom the datasets are open to.' })
  visibility?: Visibility[] | null;
}

@InputType('DatasetOrderBy', { description: 'One order; exactly one of the fields.' })
export class DatasetOrderByInput {
  @Field(() => SortDirectionEnum, { nullable: true, description: 'How well the search matches; what is found in a title before what is found in a description.' })
  relevance?: Direction | null;

  @Field(() => SortDirectionEnum, { nullable: true, description: 'The title.' })
  title?: Direction | null;

  @Field(() => SortDirectionEnum, { nullable: true, description: '`organization/name`.' })
  path?: Direction | null;

  @Field(() => SortDirectionEnum, { nullable: true, description: 'When the dataset was made.' })
  createdAt?: Direction | null;

  @Field(() => SortDirectionEnum, { nullable: true, description: 'When its newest version was published.' })
  updatedAt?: Direction | null;
}

@InputType('JobWhere', { description: 'Which jobs are wanted, of those that you may see: all filters must hold, each by any of its values.' })
export class JobWhereInput {
  @Field(() => [JobStateEnum], { nullable: true, description: 'Where they stand.' })
  state?: JobState[] | null;

  @Field(() => [JobKindEnum], { nullable: true, description: 'What they do.' })
  kind?: JobKindName[] | null;

  @Field(() => [String], { nullable: true, description: 'For which organizations, by slug.' })
  organization?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'About which datasets.' })
  dataset?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Only those that you asked for.' })
  mine?: boolean | null;
}

@InputType('CreateOrganizationInput', { description: 'A new organization.' })
export class CreateOrganizationInput {
  @Field(() => String, { description: 'Its name in addresses and in the schema, for ever: a lower-case letter, then a-z, 0-9 and single dashes.' })
  slug!: string;

  @Field(() => String, { description: 'Its title.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'Its Korean title.' })
  titleKo?: string | null;

  @Field(() => String, { nullable: true, description: 'Its web page.' })
  homepage?: string | null;
}

@InputType('PublishDatasetInput', { description: 'A data package to publish.' })
export class PublishDatasetInput {
  @Field(() => String, { description: 'The slug of the organization that will own it.' })
  organization!: string;

  @Field(() => ID, { description: 'The id that `POST /uploads` answered.' })
  upload!: string;

  @Field(() => PublishModeEnum, { description: 'How its rows relate to those of the version before.' })
  mode: (typeof publishModes)[number] = 'REPLACE';

  @Field(() => Boolean, { description: 'Allow a new major version, which incompatible columns need.' })
  allowMajor: boolean = false;

  @Field(() => String, { nullable: true, description: 'What to say of this version.' })
  note?: string | null;

  @Field(() => String, { nullable: true, description: 'Any text of yours: the same key gives the same job, however often it is sent.' })
  idempotencyKey?: string | null;
}

@InputType('SyncSourceInput', { description: 'A selection of an external source to mirror.' })
export class SyncSourceInput {
  @Field(() => String, { description: 'The source: its id, or its dataset as `organization/name`.' })
  source!: string;

  @Field(() => String, { description: 'One of its tables.' })
  table!: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Which rows, as the `where` of a query on the table; all where absent.' })
  where?: unknown;

  @Field(() => [String], { nullable: true, description: 'Which columns, by name or field; all that you may read where absent.' })
  columns?: string[] | null;

  @Field(() => String, { description: 'The slug of the organization that will own the mirror.' })
  organization!: string;

  @Field(() => String, { description: 'The name of the dataset that holds it; it gets a new version only where something has changed.' })
  dataset!: string;

  @Field(() => Boolean, { description: 'Allow a new major version, which incompatible columns need.' })
  allowMajor: boolean = false;

  @Field(() => String, { nullable: true, description: 'What to say of this version.' })
  note?: string | null;

  @Field(() => String, { nullable: true, description: 'Any text of yours: the same key gives the same job, however often it is sent.' })
  idempotencyKey?: string | null;
}

@InputType('SetDatasetRulesInput', { description: 'A new rule document for a dataset.' })
export class SetDatasetRulesInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => JSONScalar, { description: 'The whole document: `{"rules": […], "contact": "…"}`.' })
  document!: unknown;

  @Field(() => String, { nullable: true, description: 'Why, for those who come after.' })
  note?: string | null;

  @Field(() => Int, { nullable: true, description: 'The revision you began from: if it is no longer in force, nothing is changed.' })
  expectedRevision?: number | null;
}

@InputType('RollbackDatasetRulesInput', { description: 'Which earlier rules shall hold again.' })
export class RollbackDatasetRulesInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => Int, { description: 'The revision to go back to; 0 for no rules.' })
  revision!: number;

  @Field(() => String, { nullable: true, description: 'Why.' })
  note?: string | null;
}

@InputType('SetDatasetAccessInput', { description: 'What to change of a dataset\'s access; what is absent stays.' })
export class SetDatasetAccessInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => VisibilityEnum, { nullable: true, description: 'Whom it is open to.' })
  visibility?: Visibility | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether its metadata is public.' })
  listed?: boolean | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when only members read rows; null ends the embargo.' })
  embargoUntil?: string | null;

  @Field(() => AuditModeEnum, { nullable: true, description: 'Whether answers wait until their access is recorded; null: as the server is configured.' })
  auditMode?: 'wait' | 'async' | null;

  @Field(() => Int, { nullable: true, description: 'For how many years entries of its access log are kept at least: 1, 2 or 3; null: 2 where it has keys of persons, else 1.' })
  auditRetentionYears?: number | null;
}

@InputType('CreateApiTokenInput', { description: 'A new API token. It can do at most what you can.' })
export class CreateApiTokenInput {
  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => [ScopeEnum], { description: 'What it may be used for.' })
  scopes!: Scope[];

  @Field(() => [String], { nullable: true, description: 'Where it acts: `kist` with your role there, or `kist:publisher`; everywhere you may where absent.' })
  organizations?: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends: 90 days from now where absent, a year at most.' })
  expiresAt?: string | null;
}

@InputType('VisaInput', { description: 'A GA4GH visa, taken as verified.' })
export class VisaInput {
  @Field(() => String, { description: 'Its type, for example `ControlledAccessGrants`.' })
  type!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;

  @Field(() => String, { description: 'The organization that asserts it.' })
  source!: string;

  @Field(() => String, { nullable: true, description: 'Who there asserts it, for example `dac`.' })
  by?: string | null;
}

@InputType('IdentityInput', { description: 'A caller to imagine.' })
export class IdentityInput {
  @Field(() => String, { nullable: true, description: 'The subject; anonymous where absent.' })
  subject?: string | null;

  @Field(() => String, { nullable: true, description: 'Who asserts the subject; the provider that this server believes, where there is one only. Grants and overrides are of a subject and its issuer.' })
  issuer?: string | null;

  @Field(() => [String], { description: 'Memberships, for example `kist:publisher`.' })
  organizations: string[] = [];

  @Field(() => String, { nullable: true, description: 'The country (ISO 3166).' })
  country?: string | null;

  @Field(() => [String], { description: 'Affiliations, for example `faculty@kist.re.kr`.' })
  affiliations: string[] = [];

  @Field(() => JSONScalar, { nullable: true, description: 'Further claims by name.' })
  claims?: unknown;

  @Field(() => [VisaInput], { description: 'GA4GH visas.' })
  visas: VisaInput[] = [];

  @Field(() => String, { nullable: true, description: 'The declared purpose, as in the header dure-purpose.' })
  purpose?: string | null;

  @Field(() => AccessChannelEnum, { description: 'How they ask.' })
  channel: Channel = 'query';

  @Field(() => String, { nullable: true, description: 'The country that the answer goes to, if not theirs.' })
  destination?: string | null;
}

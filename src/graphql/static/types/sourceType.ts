import { Ctx, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { datasetPath, type Dataset } from '../../../catalog/model.js';
import type { SourceState } from '../../../federation/sourceRegistry.js';
import { sourceKinds } from '../../../sources/remote/definition.js';
import { isAdministrator } from '../../../identity/identity.js';
import type { SourceHealth } from '../../../sources/remote/remoteSource.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar, JSONScalar } from '../../scalars.js';
import { DatasetType, datasetValue } from './datasetType.js';

const enumOf = <T extends string>(...values: readonly T[]): Readonly<Record<T, T>> => Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;

export const SourceKindEnum = Object.freeze(Object.fromEntries(sourceKinds.map((kind) => [kind.toUpperCase(), kind])));
registerEnumType(SourceKindEnum, {
  name: 'SourceKind', description: 'How a source is spoken to.',
  valuesConfig: {
    HTTP: { description: 'REST and JSON, as an SDL file declares.' }, GRAPHQL: { description: 'A GraphQL server.' }, OPTIMADE: { description: 'A provider of the OPTIMADE specification.' },
    POSTGRES: { description: 'A PostgreSQL database, attached in place.' }, FILE: { description: 'CSV or Parquet files, read in place.' }, DURE: { description: 'Another Dure, which is told who asks.' },
  },
});
const HealthStateEnum = enumOf('UNKNOWN', 'UP', 'DEGRADED', 'DOWN');
registerEnumType(HealthStateEnum, {
  name: 'SourceHealthState', description: 'How a source has answered lately, as this server process saw it.',
  valuesConfig: { UNKNOWN: { description: 'Not asked yet.' }, UP: { description: 'Answers.' }, DEGRADED: { description: 'Some requests failed.' }, DOWN: { description: 'Does not answer, or is not ready on this server.' } },
});
const BreakerEnum = enumOf('CLOSED', 'OPEN', 'HALF_OPEN');
registerEnumType(BreakerEnum, {
  name: 'SourceBreaker', description: 'The circuit breaker of a source.',
  valuesConfig: { CLOSED: { description: 'Requests go out.' }, OPEN: { description: 'After many failures none go out for a while.' }, HALF_OPEN: { description: 'One request is let through to see.' } },
});

@ObjectType('SourceHealth', { description: 'How a source has answered, as this server process saw it.' })
export class SourceHealthType {
  constructor(private readonly health: SourceHealth) {}
  @Field(() => HealthStateEnum, { description: 'In one word.' })
  get state(): SourceHealth['state'] { return this.health.state; }
  @Field(() => BreakerEnum, { description: 'Whether requests go out.' })
  get breaker(): SourceHealth['breaker'] { return this.health.breaker; }
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it last answered.' })
  get lastSuccessAt(): Date | undefined { return this.health.lastSuccessAt; }
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it last failed.' })
  get lastFailureAt(): Date | undefined { return this.health.lastFailureAt; }
  @Field(() => String, { nullable: true, description: 'The code of the last failure.' })
  get lastError(): string | undefined { return this.health.lastError; }
  // Read before and after a question it would tell how many pages of the source hidden rows fill, and what others ask.
  @Field(() => Int, { nullable: true, description: 'Requests that went out since this process knows the source; for administrators.' })
  requests(@Ctx() { identity }: RequestContext): number | undefined { return isAdministrator(identity) ? this.health.requests : undefined; }
  @Field(() => Int, { nullable: true, description: 'How many of them failed; for administrators.' })
  failures(@Ctx() { identity }: RequestContext): number | undefined { return isAdministrator(identity) ? this.health.failures : undefined; }
}

@ObjectType('Source', { description: 'A database or server elsewhere, whose records stand in the schema beside those of laboratories.' })
export class SourceType {
  constructor(private readonly state: SourceState, private readonly shown: Dataset | undefined) {}
  @Field(() => ID, { description: 'Its name here, and the slug of its organization.' })
  get id(): string { return this.state.record.id; }
  @Field(() => SourceKindEnum, { description: 'How it is spoken to.' })
  get kind(): string { return this.state.record.kind; }
  @Field(() => String, { description: 'What it is called.' })
  get title(): string { return this.shown?.versions[0]!.metadata.title ?? this.state.record.id; }
  @Field(() => DatasetType, { nullable: true, description: 'The dataset that holds its tables; its licence and rules stand there.' })
  get dataset(): DatasetType | undefined { return this.shown && datasetValue(this.shown); }
  @Field(() => String, { nullable: true, description: 'The country that it stands in (ISO 3166-1): identifiers that are asked for leave for there.' })
  get country(): string | undefined { return this.shown?.source?.country; }
  @Field(() => [String], { description: 'The namespaces whose identifiers it answers.' })
  get namespaces(): string[] {
    const tables = this.shown?.versions[0]!.tables ?? [];
    return [...new Set(tables.flatMap((table) => table.columns.filter((column) => column.name === table.remote?.key).flatMap((column) => column.namespace ?? [])))];
  }
  @Field(() => SourceHealthType, { description: 'How it has answered lately.' })
  get health(): SourceHealthType { return new SourceHealthType(this.state.health); }
  @Field(() => String, { description: 'As `organization/dataset`.' })
  get path(): string { return this.shown ? datasetPath(this.shown) : this.state.record.id; }
}

@InputType('SourceSecret', { description: 'A credential. It is kept encrypted and never told.' })
export class SourceSecretInput {
  @Field(() => String, { description: 'The name by which the declaration calls it.' })
  name!: string;
  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

@InputType('RegisterSourceInput', { description: 'A source to register, or a registered one to change.' })
export class RegisterSourceInput {
  @Field(() => SourceKindEnum, { description: 'How it is spoken to.' })
  kind!: (typeof sourceKinds)[number];
  @Field(() => String, { nullable: true, description: 'SDL with directives, for the kinds HTTP and GRAPHQL.' })
  sdl?: string | null;
  @Field(() => String, { nullable: true, description: 'Where it is; may be left out where the SDL says it.' })
  url?: string | null;
  @Field(() => JSONScalar, { nullable: true, description: 'What the kind needs beside these, as the guide for sources says.' })
  options?: unknown;
  @Field(() => [SourceSecretInput], { nullable: true, description: 'Credentials. Those that are not named stay as they are.' })
  secrets?: SourceSecretInput[] | null;
}

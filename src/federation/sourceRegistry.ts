/** The sources of this process: what is registered in the database, made ready; follows changes that any process makes. */
import { basename } from 'node:path';
import { canonicalJson } from '../canonicalJson.js';
import type { Catalog } from '../catalog/catalog.js';
import type { RemoteTableFacts, TableDefinition, VersionMetadata } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { OpenedSource, SourceBuilders, SourceDeclaration } from '../sources/remote/builder.js';
import type { SourceDefinition, SourceTableDefinition } from '../sources/remote/definition.js';
import { noSecrets, type SecretStore } from '../sources/remote/client/secrets.js';
import { SourceError, type RemoteTable, type SourceHealth } from '../sources/remote/remoteSource.js';
import type { ChangedSource, SourceRecord, SourceStore } from '../storage/sourceStore.js';
import type { Within } from '../transaction.js';
import type { Homes } from './homes.js';
import { readDeclaration } from './sourceFiles.js';

export interface SourceState {
  readonly record: SourceRecord;
  /** Absent where it could not be made ready. */
  readonly opened?: OpenedSource;
  readonly health: SourceHealth;
}

export interface SourceRegistryOptions {
  readonly catalog: Catalog;
  readonly store: SourceStore;
  readonly builders: SourceBuilders;
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface Registration {
  readonly declaration: SourceDeclaration;
  readonly origin: SourceRecord['origin'];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly by?: string;
}

const unknownHealth: SourceHealth = Object.freeze({ state: 'UNKNOWN', breaker: 'CLOSED', requests: 0, failures: 0 });
const notReady: SourceHealth = Object.freeze({ state: 'DOWN', breaker: 'OPEN', lastError: 'SOURCE_INVALID', requests: 0, failures: 0 });

interface Held extends SourceState {
  /** What it was made of; another is made when this changes. */
  readonly digest: string;
  readonly stop: () => void;
  /** Could not be made ready because it did not answer: worth another try. */
  readonly again?: true;
}

export class SourceRegistry implements Homes {
  private readonly held = new Map<string, Held>();
  private readonly listeners = new Set<(state: SourceState) => void>();
  private working: Promise<void> = Promise.resolve();
  private closed = false;
  private retry: NodeJS.Timeout | undefined;
  /** Tries in a row after which a source was still not ready. */
  private tries = 0;
  private readonly stopFollowing: () => void;

  constructor(private readonly options: SourceRegistryOptions) {
    this.stopFollowing = options.catalog.onChange((next, previous) => {
      const external = (snapshot: typeof next): boolean => [...snapshot.datasets.values()].some((dataset) => dataset.source);
      if (external(next) || external(previous)) void this.follow();
    });
  }

  readonly sql: Homes['sql'] = (id) => this.held.get(id)?.opened?.sql;
  readonly remote: Homes['remote'] = (id) => this.held.get(id)?.opened?.remote;

  states(): readonly SourceState[] {
    return [...this.held.values()].map(({ record, opened, health }) => ({ record, opened, health: watched(opened)?.health() ?? health })).toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1));
  }

  /** Told of each change of a source's health; returns how to stop. */
  onHealth(listener: (state: SourceState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads what is registered and makes ready what is new or changed. One after the other, so that the newest wins. */
  follow(again = false): Promise<void> {
    this.working = this.working.then(() => this.read(again)).catch((error: unknown) => this.options.log('the sources could not be read', { reason: error instanceof Error ? error.message : String(error) }));
    return this.working;
  }

  /**
   * Checks a declaration by making it ready, registers it, and makes it ready here.
   * @throws DureError with every mistake of the declaration
   */
  async register({ declaration, origin, secrets, by }: Registration, within?: Within<ChangedSource>): Promise<SourceState> {
    const opened = await this.openNow(declaration, new Map([...(await this.knownSecrets(declaration)), ...Object.entries(secrets ?? {})]));
    try {
      const { definition } = opened;
      await this.options.store.save({
        id: definition.id, kind: definition.kind, origin, declaration: plain(declaration), dataset: definition.dataset, metadata: metadataOf(definition), tables: tablesOf(opened),
        ...(definition.country === undefined ? {} : { country: definition.country }), ...(secrets === undefined ? {} : { secrets }), ...(by === undefined ? {} : { by }),
      }, within);
      await this.options.catalog.refresh();
      await this.follow();
      const state = this.states().find(({ record }) => record.id === definition.id);
      if (!state) throw new DureError('CONFLICT', `The source ${definition.id} was removed at the same time.`);
      return state;
    } finally {
      await opened.close();
    }
  }

  /** What was given before and is not given again, as the mutation says. */
  private async knownSecrets({ options }: SourceDeclaration): Promise<ReadonlyMap<string, string>> {
    const id = options?.['id'];
    return typeof id === 'string' ? this.options.store.secrets(id) : new Map();
  }

  /**
   * Registers what files declare. One that is wrong is told and left out: the others must not wait for it.
   * @param secrets by the file's name without its ending, a point, and the secret's name
   */
  async registerFiles(paths: readonly string[], urls: ReadonlyMap<string, string>, secrets: SecretStore = noSecrets): Promise<readonly string[]> {
    const registered: string[] = [];
    for (const path of paths) {
      try {
        const name = basename(path);
        const stem = name.replace(/\.[a-z]+$/, '');
        const url = urls.get(stem);
        const given = Object.fromEntries(secrets.names().filter((one) => one.startsWith(`${stem}.`)).map((one) => [one.slice(stem.length + 1), secrets.get(one)!]));
        const declaration: SourceDeclaration = { ...readDeclaration(path), name, ...(url === undefined ? {} : { url }) };
        // A source that describes itself is asked once: while it is away its tables must not change.
        const known = declaration.text === undefined ? this.states().find(({ record }) => record.origin === 'FILE' && canonicalJson(record.declaration) === canonicalJson(declaration)) : undefined;
        const keptSecrets = known && (await this.options.store.secrets(known.record.id));
        const same = known && Object.entries(given).every(([one, value]) => keptSecrets!.get(one) === value);
        registered.push((same ? known : await this.register({ declaration, origin: 'FILE', ...(Object.keys(given).length === 0 ? {} : { secrets: given }) })).record.id);
      } catch (error) {
        this.options.log(`the source that ${path} declares was left out`, { reason: error instanceof Error ? error.message : String(error) });
      }
    }
    return registered;
  }

  /** @throws DureError NOT_FOUND */
  async remove(id: string, within?: Within<ChangedSource>): Promise<void> {
    if (!(await this.options.store.disable(id, within))) throw new DureError('NOT_FOUND', `There is no source ${id}.`, { source: id });
    await this.options.catalog.refresh();
    await this.follow();
  }

  /** Seals every credential with the newest key; returns how many were sealed with an older one. */
  rotateKeys(): Promise<number> {
    return this.options.store.rotateKeys();
  }

  async close(): Promise<void> {
    this.stopFollowing();
    this.closed = true;
    clearTimeout(this.retry);
    await this.working;
    for (const id of [...this.held.keys()]) await this.drop(id);
  }

  private async read(again: boolean): Promise<void> {
    const records = (await this.options.store.list()).filter((record) => record.enabled);
    for (const id of [...this.held.keys()]) if (!records.some((record) => record.id === id)) await this.drop(id);
    await Promise.all(records.map(async (record) => {
      const digest = JSON.stringify([record.declaration, record.updatedAt]);
      const held = this.held.get(record.id);
      if (held?.digest === digest && !(again && held.again)) return;
      await this.drop(record.id);
      this.held.set(record.id, await this.hold(record, digest));
    }));
    this.tryAgainLater();
  }

  /** A source that tells its own types cannot be made ready while it is away; it is when it is back. */
  private tryAgainLater(): void {
    clearTimeout(this.retry);
    this.tries = [...this.held.values()].some((held) => held.again) ? this.tries + 1 : 0;
    if (this.tries === 0 || this.closed) return;
    this.retry = setTimeout(() => void this.follow(true), Math.min(1_000 * 2 ** (this.tries - 1), 60_000));
    this.retry.unref();
  }

  private async hold(record: SourceRecord, digest: string): Promise<Held> {
    try {
      const opened = await this.open(record.declaration as unknown as SourceDeclaration, await this.options.store.secrets(record.id));
      const stop = watched(opened)?.onHealth((health) => this.tell({ record, opened, health })) ?? ((): void => undefined);
      return { record, opened, health: watched(opened)?.health() ?? unknownHealth, digest, stop };
    } catch (error) {
      this.options.log(`the source ${record.id} is not ready`, { reason: error instanceof Error ? error.message : String(error) });
      return { record, health: notReady, digest, stop: () => undefined, ...(isAway(error) ? { again: true as const } : {}) };
    }
  }

  private async drop(id: string): Promise<void> {
    const held = this.held.get(id);
    this.held.delete(id);
    held?.stop();
    await held?.opened?.close();
  }

  /** Whoever registers a source is told why it could not be asked. */
  private async openNow(declaration: SourceDeclaration, secrets: ReadonlyMap<string, string>): Promise<OpenedSource> {
    try {
      return await this.open(declaration, secrets);
    } catch (error) {
      throw error instanceof SourceError ? new DureError(error.code, error.message, { source: error.details.source }, { cause: error }) : error;
    }
  }

  private open(declaration: SourceDeclaration, secrets: ReadonlyMap<string, string>): Promise<OpenedSource> {
    const builder = this.options.builders[declaration.kind];
    if (!builder) throw new DureError('BAD_USER_INPUT', `Sources of the kind ${declaration.kind} are not available on this server.`);
    return builder.open(declaration, { secret: (name) => secrets.get(name), log: this.options.log });
  }

  private tell(state: SourceState): void {
    for (const listener of this.listeners) listener(state);
  }
}

function watched(opened: OpenedSource | undefined): OpenedSource['watch'] {
  return opened?.remote ?? opened?.watch;
}

function isAway(error: unknown): boolean {
  return error instanceof SourceError && (error.code === 'SOURCE_DOWN' || error.code === 'SOURCE_TIMEOUT' || error.code === 'SOURCE_LIMITED');
}

function plain(declaration: SourceDeclaration): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(declaration)) as Record<string, unknown>;
}

function metadataOf({ title, titleKo, description, homepage, licenses, citation }: SourceDefinition): VersionMetadata {
  return {
    title, keywords: [], licenses, contributors: [], sources: homepage === undefined ? [] : [{ title, path: homepage }],
    ...(titleKo === undefined ? {} : { titleKo }), ...(description === undefined ? {} : { description }), ...(homepage === undefined ? {} : { homepage }), ...(citation === undefined ? {} : { citation }),
  };
}

/** The tables of a source as the catalog holds them. */
export function tablesOf({ definition, remote }: OpenedSource): readonly TableDefinition[] {
  return definition.tables.map((table): TableDefinition => {
    const live = remote?.tables.get(table.name);
    return {
      name: table.name, field: table.field, columns: table.columns, primaryKey: table.primaryKey ?? (table.key === undefined ? [] : [table.key]), uniqueKeys: [], foreignKeys: table.foreignKeys ?? [],
      ...(table.title === undefined ? {} : { title: table.title }), ...(table.description === undefined ? {} : { description: table.description }),
      ...(live ? { remote: factsOf(table, live) } : {}),
    };
  });
}

function factsOf(table: SourceTableDefinition, { capabilities }: RemoteTable): RemoteTableFacts {
  return {
    authority: table.authority, search: capabilities.search, counts: capabilities.counts,
    order: capabilities.search && table.columns.some((column) => capabilities.order([{ column, direction: 'ASC' }])),
    ...(capabilities.key === undefined ? {} : { key: capabilities.key }), ...(table.linkField === undefined ? {} : { linkField: table.linkField }),
  };
}

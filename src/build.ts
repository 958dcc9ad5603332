/** The only place where instances are wired. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import { RequestCloser } from './access/closing.js';
import { factsOf } from './access/facts.js';
import { Standing } from './access/standing.js';
import { ChangeLog } from './audit/changeLog.js';
import { auditedDataset, systemActor, type ChangeEvent } from './audit/event.js';
import { HeadFiles } from './audit/headFile.js';
import { AuditReader } from './audit/reader.js';
import { holdingWriterLock } from './audit/pending.js';
import { loadSigningKey } from './audit/signingKey.js';
import { TextBudget } from './audit/textBudget.js';
import { AuditWriter } from './audit/writer.js';
import { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import { DureError } from './errors.js';
import type { Services } from './graphql/context.js';
import { Admission } from './graphql/admission.js';
import { createEngine, type EngineOptions } from './graphql/createEngine.js';
import { Exporter } from './graphql/exporter.js';
import { Simulator } from './graphql/simulator.js';
import { buildStaticSchema } from './graphql/static/staticSchema.js';
import { datasetValue } from './graphql/static/types/datasetType.js';
import { believedIssuers, buildIdentifier } from './identity/buildIdentifier.js';
import { demoSecret, writeDemoTokens, type DemoTokens } from './identity/demoTokens.js';
import type { Identifier } from './identity/identifier.js';
import { loadSecretKeys, type SecretKeys } from './identity/secretKeys.js';
import { JobEvents } from './jobs/jobEvents.js';
import { JobStore } from './jobs/jobStore.js';
import { createErasePersonKind } from './jobs/kinds/erasePerson.js';
import { createExportKind } from './jobs/kinds/exportDataset.js';
import { createPrepareColumnsKind } from './jobs/kinds/prepareColumns.js';
import { createMakeReleasesKind } from './jobs/kinds/makeReleases.js';
import { createPublishKind } from './jobs/kinds/publish.js';
import { createSyncKind } from './jobs/kinds/sync.js';
import { mirroredSource } from './graphql/mirroredSource.js';
import type { Engine } from './graphql/engine.js';
import { Listener } from './jobs/listener.js';
import { Notifier } from './jobs/notifier.js';
import { ProcessRegistry } from './jobs/processes.js';
import { Worker } from './jobs/worker.js';
import { frozenError } from './policy/closed.js';
import { FederatedSource } from './federation/federatedSource.js';
import { sourceFiles } from './federation/sourceFiles.js';
import { SourceRegistry } from './federation/sourceRegistry.js';
import { CursorCodec } from './plan/cursor.js';
import { publishSamples, type PublishedSample } from './samples.js';
import { createMetrics } from './server/metrics.js';
import { startServer, type DureServer } from './server/server.js';
import { TrustedDocuments } from './server/trustedDocuments.js';
import { attachedBuilder } from './sources/attached/attachedSource.js';
import { httpBuilder } from './sources/http/builder.js';
import { fileBuilder } from './sources/file/fileSource.js';
import { PostgresSource } from './sources/postgres/postgresSource.js';
import { FileBlobStore, type BlobStore } from './storage/blobs.js';
import { catalogChannel } from './storage/catalogRevision.js';
import { CatalogStore } from './storage/catalogStore.js';
import { CollectionStore } from './storage/collectionStore.js';
import { SiteSigner } from './identity/sites.js';
import type { Bindings } from './plan/predicate.js';
import { dureBuilder } from './sources/dure/dureBuilder.js';
import { graphqlBuilder } from './sources/graphql/graphqlSource.js';
import { optimadeBuilder } from './sources/optimade/optimadeBuilder.js';
import { clientOpener } from './sources/remote/openClient.js';
import type { SourceBuilder, SourceBuilders } from './sources/remote/builder.js';
import { cachedBuilder } from './sources/remote/cache/cachedSource.js';
import { secretsFromFile } from './sources/remote/client/secrets.js';
import { addressPolicy } from './sources/remote/client/addressPolicy.js';
import { createDataSource } from './storage/dataSource.js';
import { prepareDatabase, type DatabaseUrls } from './storage/prepare.js';
import { asRole, ensureEmbeddedRoles } from './storage/roles.js';
import { startEmbedded, type EmbeddedDatabase } from './storage/embedded.js';
import { ApiTokenRow } from './storage/entities/apiToken.js';
import { DatasetRow, OrganizationRow, RuleDocumentRow } from './storage/entities/catalog.js';
import { OrganizationStore } from './storage/organizationStore.js';
import { BudgetStore } from './storage/budgetStore.js';
import { NoiseStore } from './storage/noiseStore.js';
import { OverrideStore } from './storage/overrideStore.js';
import { RuleStore } from './storage/ruleStore.js';
import { SourceStore } from './storage/sourceStore.js';
import { RequestStore, type Stepped } from './storage/requestStore.js';
import { standingChannel } from './storage/standingRevision.js';
import { ErasureStore } from './storage/erasureStore.js';
import { ExportStore } from './storage/exportStore.js';
import { IncidentStore } from './storage/incidentStore.js';
import { StandingStore } from './storage/standingStore.js';
import { TokenStore } from './storage/tokenStore.js';
import { UploadStore } from './storage/uploadStore.js';

/** What a start tells: each step as it is done. */
export interface Progress {
  readonly step: (message: string) => void;
  readonly sample: (sample: PublishedSample) => void;
}

export interface Dure {
  /** Absent for a worker. */
  readonly url?: string;
  readonly databaseUrl: string;
  readonly demo?: { readonly path: string; readonly tokens: DemoTokens };
  stop(): Promise<void>;
}

export interface BuildOptions {
  readonly progress: Progress;
  readonly log?: Logger;
  /** Where the sample packages lie that an empty embedded database is filled with; none for false. */
  readonly samples?: string | false;
}

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const settleMs = 15_000;
const incidentMs = 3_000;
const exportPageRows = 1_000;
const exportSweepMs = 60_000;
/** How long a question waits for a connection before it is told that the database cannot be reached. */
const connectMs = 10_000;

export async function buildDure(config: Config, { progress, log = pino({ level: config.logLevel }, pino.destination(2)), samples }: BuildOptions): Promise<Dure> {
  const ends: (() => unknown)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        log.error({ err: error }, 'a part did not stop cleanly');
      }
    }
  };
  try {
    return await wire(config, ends, stopAll, progress, log, samples);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function wire(config: Config, ends: (() => unknown)[], stop: () => Promise<void>, progress: Progress, log: Logger, samples: string | false | undefined): Promise<Dure> {
  mkdirSync(config.dataDirectory, { recursive: true });
  const urls = await openDatabase(config, ends, progress, log);
  const jobLog = (message: string, details?: Readonly<Record<string, unknown>>): void => log.warn(details ?? {}, message);

  const ran = await prepareDatabase(urls);
  const dataSource = await createDataSource(urls.server, [ApiTokenRow, OrganizationRow, DatasetRow, RuleDocumentRow]).initialize();
  ends.push(() => dataSource.destroy());
  progress.step(ran.length > 0 ? `migrations run: ${ran.join(', ')}` : 'the database is up to date');

  const keys = loadSecretKeys(config.secretKeys, config.dataDirectory);
  const blobs = openBlobs(config);
  // Rows are read under a time limit; the work of jobs takes as long as it takes.
  const readers = openPool(urls.server, config.databasePoolSize, log, ends, { statement_timeout: config.limits.statementTimeoutMs, connectionTimeoutMillis: connectMs });
  const system = openPool(urls.server, Math.max(8, config.workerConcurrency * 4), log, ends);
  const loaders = urls.loader === urls.server ? system : openPool(urls.loader, Math.max(8, config.workerConcurrency * 4), log, ends);
  const { writer: audit, changes } = await openAudit(config, urls, system, log, ends);
  const notifier = new Notifier({ pool: system, log: jobLog });
  ends.push(() => notifier.close());
  const listener = new Listener({ url: urls.listen, log: jobLog });
  ends.push(() => listener.close());
  const processes = new ProcessRegistry({ pool: system, role: config.role, log: jobLog });
  ends.push(() => processes.stop());
  const catalog = await Catalog.open({
    store: new CatalogStore(dataSource),
    onHint: (hint) => listener.on(catalogChannel, () => hint()),
    onError: (error) => log.error({ err: error }, 'the catalog could not be read; it is tried again'),
  });
  ends.push(() => catalog.close());

  const jobs = new JobStore(system, notifier);
  const jobEvents = new JobEvents({ store: jobs, listener, log: jobLog });
  ends.push(() => jobEvents.close());
  const uploads = new UploadStore(dataSource, blobs);
  // The one knows the other: a token that is revoked is forgotten at once.
  const known: { identifier?: Identifier } = {};
  const tokens = new TokenStore(dataSource, keys, { onRevoked: (id) => known.identifier?.forget(id) });
  const identifier = buildIdentifier(config, { tokens, warn: (message) => log.warn(message) });
  known.identifier = identifier;
  const sources = new SourceRegistry({
    catalog, store: new SourceStore(dataSource, keys.forPurpose('source credentials')), builders: sourceBuilders(config, log, keys), log: jobLog,
  });
  ends.push(() => sources.close());
  await sources.follow();
  const files = await sources.registerFiles(sourceFiles(config.sources.directories ?? [root('schema/sources')]), config.sources.urls, config.sources.secrets === undefined ? undefined : secretsFromFile(config.sources.secrets));
  if (files.length > 0) progress.step(`sources elsewhere: ${files.join(', ')}`);
  const suspensions = new StandingStore(dataSource);
  const standing = await Standing.open({
    reader: suspensions,
    onHint: (hint) => listener.on(standingChannel, () => hint()),
    onError: (error) => log.error({ err: error }, 'who may still ask could not be read; it is tried again'),
    onRevoked: (id) => identifier.forget(id),
  });
  ends.push(() => standing.close());
  const requests = new RequestStore(dataSource);
  const closer = new RequestCloser({
    close: () => changes.recorded((within) => requests.closeDue(within), (closed: Stepped) => expiryOf(catalog, closed)),
    onError: (error) => log.error({ err: error }, 'grants that ended could not be closed; it is tried again'),
  });
  ends.push(() => closer.stop());
  const services: Services = { standing, grants: standing, requests, suspensions, incidents: new IncidentStore(dataSource), exports: new ExportStore(dataSource, blobs), exporter: new Exporter(() => services), maxExports: config.exports.each, erasures: new ErasureStore(dataSource, keys), settled: (revision, signal) => processes.waitUntilReached(revision, signal, incidentMs), catalog, jobs, jobEvents, tokens, uploads, rules: new RuleStore(dataSource), overrides: new OverrideStore(dataSource), budgets: new BudgetStore(dataSource), noise: new NoiseStore(dataSource), simulator: new Simulator(), maxOverrideMinutes: config.limits.maxOverrideMinutes, issuers: believedIssuers(config.trust, config.sites.trusted), hashKeys: keys, organizations: new OrganizationStore(dataSource), collections: new CollectionStore(dataSource), audit: changes, auditReader: new AuditReader(system, config.audit.reviewMonths), sources };

  const answering = await openEngine(config, services, readers, keys, audit, log);
  const url = config.role === 'worker' ? undefined : await openServer(config, services, identifier, readers, answering, log, ends);
  // Only once this process answers from its catalog may others wait for it to do so.
  catalog.onChange((next) => void processes.reached(next.revision).catch(() => undefined));
  await processes.start();
  await processes.reached(catalog.snapshot.revision);

  if (config.role !== 'api') {
    const publishing = { blobs, uploads, notifier, keys, waitUntilReached: (revision: bigint, signal: AbortSignal) => processes.waitUntilReached(revision, signal, settleMs) };
    const publish = createPublishKind(publishing);
    const sync = createSyncKind({ ...publishing, mirrored: mirroredSource({ engine: answering.engine, services, maxPageSize: config.limits.maxPageSize }) });
    const exporting = createExportKind({ blobs, exported: services.exporter, limits: config.exports, pageRows: Math.min(exportPageRows, config.limits.maxPageSize) });
    const worker = new Worker({ pool: loaders, standing, frozen: watchFreeze(catalog), listener, notifier, kinds: [publish, sync, exporting, createPrepareColumnsKind({ keys, notifier }), createMakeReleasesKind(), createErasePersonKind({ ...publishing, exports: services.exports, audit })], concurrency: config.workerConcurrency, log: jobLog });
    await worker.start();
    ends.push(() => worker.stop());
    ends.push(sweepExports(services.exports, log));
    progress.step(`worker running (${config.workerConcurrency} jobs at a time)`);
  }
  if (samples !== false && config.database.kind === 'embedded' && config.role === 'all' && [...catalog.snapshot.datasets.values()].every((dataset) => dataset.source)) {
    const controller = new AbortController();
    ends.push(() => controller.abort());
    await publishSamples(samples ?? root('datasets'), services, config.limits.maxUploadBytes, progress.sample, controller.signal);
    await catalog.refresh();
  }
  const demo = config.trust.kind === 'demo' ? await writeDemoTokens(config.dataDirectory, demoSecret(config.dataDirectory, config.trust.secret)) : undefined;
  await tellReview(services, progress);
  return { url, databaseUrl: urls.owner ?? urls.server, demo, stop };
}

/** A reminder; a start does not fail by it. */
async function tellReview({ auditReader }: Services, progress: Progress): Promise<void> {
  const { overdue, dueAt } = await auditReader.reviewDue().catch(() => ({ overdue: false, dueAt: undefined }));
  if (overdue) progress.step(`the audit was to be reviewed by ${dueAt!.toISOString().slice(0, 10)}: look through it, then "dure audit review"`);
}

async function openDatabase(config: Config, ends: (() => unknown)[], progress: Progress, log: Logger): Promise<DatabaseUrls & { readonly listen: string }> {
  let urls: DatabaseUrls & { readonly listen: string };
  if (config.database.kind === 'embedded') {
    const database: EmbeddedDatabase = await startEmbedded({ directory: config.database.directory, log: (line) => log.debug({ postgres: line.trim() }, 'embedded database') });
    ends.push(() => database.stop());
    progress.step(`embedded PostgreSQL on port ${database.port}, data in ${database.directory}`);
    const roles = await ensureEmbeddedRoles(database.url);
    const server = asRole(database.url, roles.server);
    urls = { owner: database.url, server, loader: asRole(database.url, roles.loader), listen: server };
  } else {
    urls = { owner: config.database.ownerUrl, server: config.database.url, loader: config.database.loaderUrl, listen: config.database.listenUrl };
  }
  const client = new pg.Client({ connectionString: urls.server, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; text: string }>(`select current_setting('server_version_num')::int as version, current_setting('server_version') as text`);
    if (rows[0]!.version < 160_000) throw new DureError('BAD_USER_INPUT', `The database is PostgreSQL ${rows[0]!.text}; Dure needs 16 or newer. Point DATABASE_URL at a newer one.`);
    if (config.database.kind === 'external') progress.step(`PostgreSQL ${rows[0]!.text} at ${new URL(urls.server).host}`);
  } catch (error) {
    if (error instanceof DureError) throw error;
    throw new DureError('DATABASE_UNAVAILABLE', `The database at ${new URL(urls.server).host} cannot be reached: ${(error as Error).message}. Check DATABASE_URL.`, {}, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
  return urls;
}

/** Entries are written over a connection of their own: they never wait behind questions. */
async function openAudit(config: Config, urls: { readonly listen: string }, system: pg.Pool, log: Logger, ends: (() => unknown)[]): Promise<{ readonly writer: AuditWriter; readonly changes: ChangeLog }> {
  const id = randomUUID();
  // Kept open, since others tell by its lock that this process lives.
  const pool = openPool(urls.listen, 1, log, ends, { connectionTimeoutMillis: connectMs, idleTimeoutMillis: 0, ...holdingWriterLock(id) });
  await pool.query('select 1');
  const key = loadSigningKey(config.audit.signingKey, config.dataDirectory);
  const heads = new HeadFiles(join(config.dataDirectory, 'audit-heads'), (error) => log.warn({ err: error }, 'the heads of the audit could not be noted'));
  const writer = new AuditWriter({
    pool, heads, key, process: `${config.role} ${hostname()}:${process.pid}`, log: (message, details) => log.error(details ?? {}, message),
  });
  ends.push(() => writer.close());
  const changes = new ChangeLog({ writer, id, pool: system, key, trusted: new Set([key.id, ...config.audit.trustedKeys]), log: (message, details) => log.error(details ?? {}, message) });
  await changes.start();
  ends.push(() => changes.stop());
  return { writer, changes };
}

/** What the clock ended is in the audit like what a person did. */
function expiryOf(catalog: Catalog, { request, event }: Stepped): ChangeEvent {
  const dataset = catalog.snapshot.datasets.get(request.datasetId);
  return { kind: 'GRANT_EXPIRED', actor: systemActor('clock'), ...(dataset ? { dataset: auditedDataset(dataset) } : {}), details: factsOf(request, event) };
}

/** Tells as soon as the dataset is frozen, or is already. */
function watchFreeze(catalog: Catalog): (datasetId: string, ended: (error: DureError) => void) => () => void {
  return (datasetId, ended) => {
    const look = (): void => {
      const dataset = catalog.snapshot.datasets.get(datasetId);
      if (dataset?.freeze) ended(frozenError(dataset));
    };
    // A job that the end of an incident asks for may begin before this process has heard of the end.
    let stopped = false;
    void catalog.refresh().then(() => { if (!stopped) look(); }, () => undefined);
    const stop = catalog.onChange(look);
    return () => {
      stopped = true;
      stop();
    };
  };
}

/** Files that have expired are removed, by whichever worker comes first. */
function sweepExports(exports: ExportStore, log: Logger): () => Promise<void> {
  let running = Promise.resolve();
  const look = (): void => { running = running.then(async () => { await exports.sweep(); }).catch((error: unknown) => log.error({ err: error }, 'exports that expired could not be removed; it is tried again')); };
  look();
  const timer = setInterval(look, exportSweepMs);
  timer.unref();
  return () => { clearInterval(timer); return running; };
}

/** How each kind of source is spoken to. */
function sourceBuilders({ sources, limits }: Config, log: Logger, keys: SecretKeys): SourceBuilders {
  const codec = new CursorCodec(keys.forPurpose('cursor'));
  const { roots, memoryBytes, threads } = sources.files;
  const clients = { addresses: addressPolicy(sources.allowPrivate), log };
  const openClient = clientOpener(clients);
  const cached = (builder: SourceBuilder): SourceBuilder => cachedBuilder(builder, sources.cache);
  return {
    http: cached(httpBuilder(clients)), graphql: cached(graphqlBuilder(openClient)), optimade: cached(optimadeBuilder(openClient)), dure: dureBuilder(openClient),
    postgres: attachedBuilder({
      addresses: clients.addresses, codec, secret: keys.derive('row numbers of attached databases').toString('base64url'), limits: { timeoutMs: sources.timeoutMs, maxBytes: limits.maxResponseBytes },
    }),
    file: fileBuilder({ roots, codec, limits: { memoryBytes, threads, timeoutMs: limits.statementTimeoutMs, maxLength: limits.maxResponseBytes } }),
  };
}

function openPool(url: string, max: number, log: Logger, ends: (() => unknown)[], settings: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max, application_name: 'dure', ...settings });
  // An idle connection that dies is replaced at its next use. The error carries its client, cancel key and all: only its code and words are logged.
  pool.on('error', (error: Error & { code?: string }) => { if (!pool.ending) log.warn({ code: error.code, reason: error.message }, 'a database connection was lost'); });
  ends.push(() => pool.end());
  return pool;
}

function openBlobs({ blobs }: Config): BlobStore {
  if (blobs.kind === 's3') throw new DureError('BAD_USER_INPUT', `DURE_BLOB_URL names an S3 bucket (${blobs.bucket}), which this version cannot use. Use a folder that all servers and workers reach: file:///…`);
  mkdirSync(blobs.directory, { recursive: true });
  return new FileBlobStore(blobs.directory);
}

interface Answering {
  readonly engine: Engine;
  readonly admission: Admission;
  readonly texts: TextBudget;
  readonly signer: SiteSigner | undefined;
}

/** What answers questions: those of clients, and of jobs in their askers' names. */
async function openEngine(config: Config, services: Services, pool: pg.Pool, keys: SecretKeys, audit: AuditWriter, log: Logger): Promise<Answering> {
  const { limits } = config;
  const cursors = new CursorCodec(keys.forPurpose('cursor'));
  const texts = new TextBudget({ bytesPerDay: config.audit.textBytes });
  const admission = new Admission({ concurrency: config.databasePoolSize, maxWaiting: limits.maxWaiting, maxWaitMs: limits.maxWaitMs });
  const signer = config.sites.issuer === undefined ? undefined : new SiteSigner({ issuer: config.sites.issuer, key: config.sites.key, dataDirectory: config.dataDirectory });
  const options: EngineOptions = {
    staticSchema: await buildStaticSchema(), snapshot: () => services.catalog.snapshot, source: new FederatedSource({
      own: new PostgresSource(pool, cursors, limits.maxResponseBytes), homes: services.sources, codec: cursors,
      timeoutMs: config.sources.timeoutMs, scanned: config.sources.scannedRows, semiJoinKeys: config.sources.joinKeys,
      ...(signer ? { token: speakFor(signer, services.sources) } : {}),
    }), cursors, limits, admission,
    audit: { ...config.audit, log: audit, texts, digestVariables: (text) => keys.mac('audit variables', text, keys.newestId) },
    aboutValue: ({ dataset, version }) => datasetValue(dataset, version),
    report: (error, requestId) => log.error({ err: error, requestId }, 'unexpected error'),
    grants: services.grants, standing: services.standing, onChange: (listener) => eitherChange(services, listener), budgets: services.budgets, noise: services.noise && { keys, accounts: services.noise },
    onOverride: (use) => log.warn(use, 'an emergency override opened an answer'),
  };
  const engine = createEngine(options);
  services.simulator.use(options);
  services.exporter.use(engine);
  return { engine, admission, texts, signer };
}

/** After the catalog or anybody's standing has changed. */
function eitherChange({ catalog, standing }: Services, listener: () => void): () => void {
  const ends = [catalog.onChange(listener), standing.onChange(listener)];
  return () => ends.forEach((end) => end());
}

async function openServer(config: Config, services: Services, identifier: Identifier, pool: pg.Pool, { engine, admission, texts, signer }: Answering, log: Logger, ends: (() => unknown)[]): Promise<string> {
  const { limits } = config;
  const server: DureServer = await startServer({
    engine, services, log, metrics: createMetrics({ runtime: true, admission: () => admission.state, auditTexts: () => texts.counts }),
    identify: async (authorization) => {
      const identity = await identifier.identify(authorization);
      services.standing.require(identity);
      return identity;
    },
    readiness: async () => {
      const database = await pool.query('select 1').then(() => ({ ok: true }), () => ({ ok: false, detail: 'does not answer' }));
      const { revision } = services.catalog.snapshot;
      return { ready: database.ok, dependencies: { database, catalog: { ok: true, detail: `revision ${revision}` } } };
    },
    limits: { requestBytes: limits.maxBodyBytes, bodyTimeoutMs: limits.bodyTimeoutMs, documentBytes: limits.maxDocumentBytes, uploadBytes: limits.maxUploadBytes, subscriptionsPerConnection: limits.maxSubscriptionsPerSocket, apolloServers: 100 },
    trusted: config.trustedDocuments && readTrusted(config.trustedDocuments),
    ...(signer ? { siteKeys: () => signer.keySet() } : {}),
    pages: join(root('dist'), 'web'), allowedOrigins: config.allowedOrigins, trustedProxies: config.trustedProxies,
  }, config.host, config.port).catch((error: NodeJS.ErrnoException) => { throw cannotListen(error, config); });
  ends.push(() => server.close());
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`;
}

/** Another site is told who asks where its source names the site. What is answered is never kept: it is another for each person. */
function speakFor(signer: SiteSigner, sources: SourceRegistry): (bindings: Bindings, source: string) => Promise<string | undefined> {
  return async ({ identity, purpose }, source) => {
    const options = sources.states().find(({ record }) => record.id === source)?.record.declaration['options'] as { readonly site?: unknown } | undefined;
    return typeof options?.site === 'string' && SiteSigner.speaksFor(identity) ? signer.sign(identity, purpose, options.site) : undefined;
  };
}

function readTrusted({ file, mode }: NonNullable<Config['trustedDocuments']>): TrustedDocuments {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DureError('BAD_USER_INPUT', `The manifest of trusted documents ${file} cannot be read: ${(error as Error).message}. Check DURE_TRUSTED_DOCUMENTS.`, {}, { cause: error });
  }
  return TrustedDocuments.read(text, mode, file);
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: Config): Error {
  switch (error.code) {
    case 'EADDRINUSE': return new DureError('CONFLICT', `Port ${port} of ${host} is taken by another program. Stop that one, or choose another port: PORT=4001.`, {}, { cause: error });
    case 'EACCES': return new DureError('BAD_USER_INPUT', `This user may not listen on port ${port}. Choose one above 1023: PORT=4000.`, {}, { cause: error });
    case 'EADDRNOTAVAIL': case 'ENOTFOUND': return new DureError('BAD_USER_INPUT', `HOST ${host} is no address of this machine. 127.0.0.1 is this machine alone, 0.0.0.0 every network.`, {}, { cause: error });
    default: return error;
  }
}

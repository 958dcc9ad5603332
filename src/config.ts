/** The environment, read once into a frozen value. Nothing else reads `process.env`. */
import { join, resolve } from 'node:path';
import type { AuditMode, AuditScope } from './audit/governed.js';
import { configurationKeys, type ConfigurationKey, type ConfigurationName } from './configurationKeys.js';
import { configurationShape, type BlobConfig, type ConfigurationValues } from './configurationShape.js';
import { DureError } from './errors.js';
import type { TokenTrust } from './identity/buildIdentifier.js';
import type { ClaimNames } from './identity/claims.js';
import type { SecretKey } from './identity/secretKeys.js';
import type { VisaIssuer } from './identity/visas.js';
import type { TrustedSite } from './identity/sites.js';
import { unknownVariables } from './unknownVariables.js';

export { configurationKeys, configurationMarkdown } from './configurationKeys.js';
export type { BlobConfig } from './configurationShape.js';
export type { TokenTrust } from './identity/buildIdentifier.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export type DatabaseConfig =
  | { readonly kind: 'embedded'; readonly directory: string }
  | {
    readonly kind: 'external';
    /** The role that answers. */
    readonly url: string;
    readonly listenUrl: string;
    /** Absent: this process runs no migrations. */
    readonly ownerUrl?: string;
    readonly loaderUrl: string;
  };

export interface Limits {
  readonly defaultPageSize: number;
  readonly maxPageSize: number;
  readonly maxDepth: number;
  readonly maxFields: number;
  readonly maxAliases: number;
  readonly maxCost: number;
  readonly maxListLength: number;
  readonly maxResponseBytes: number;
  readonly maxDocumentBytes: number;
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  readonly bodyTimeoutMs: number;
  readonly statementTimeoutMs: number;
    readonly maxOverrideMinutes: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  readonly maxSubscriptionsPerSocket: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: number;
  /** Absolute path of the manifest. */
  readonly trustedDocuments?: { readonly file: string; readonly mode: 'allow' | 'only' };
  readonly role: 'all' | 'api' | 'worker';
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Absolute. */
  readonly dataDirectory: string;
  readonly database: DatabaseConfig;
  readonly databasePoolSize: number;
  readonly blobs: BlobConfig;
  readonly trust: TokenTrust;
  readonly jwtAlgorithms: readonly string[];
  readonly visaIssuers: readonly VisaIssuer[];
  /** Other Dure sites, and what this one is called by them. */
  readonly sites: { readonly issuer?: string; readonly key?: string; readonly trusted: readonly TrustedSite[] };
  readonly claimNames: ClaimNames;
  /** Newest first; empty: kept in the data directory. */
  readonly secretKeys: readonly SecretKey[];
  readonly audit: {
    readonly scope: AuditScope;
    readonly mode: AuditMode;
    /** Absent: kept in the data directory. */
    readonly signingKey?: string;
    readonly trustedKeys: readonly string[];
    readonly reviewMonths: number;
    /** Of new question texts of one caller in a day. */
    readonly textBytes: number;
  };
  readonly limits: Limits;
  readonly sources: {
    /** Folders of SDL files; absent: those that come with Dure. */
    readonly directories?: readonly string[];
    readonly urls: ReadonlyMap<string, string>;
    /** A file of the credentials of sources that files declare. */
    readonly secrets?: string;
    /** Special addresses that sources may be at. */
    readonly allowPrivate: readonly string[];
    /** Seconds; absent: as each source says. */
    readonly cache: { readonly maxBytes: number; readonly maxAge?: number; readonly maxStale?: number };
    readonly timeoutMs: number;
    readonly scannedRows: number;
    readonly joinKeys: number;
    /** Absolute folders below which files may be read in place. */
    readonly files: { readonly roots: readonly string[]; readonly memoryBytes: number; readonly threads: number };
  };
  readonly exports: {
    readonly rows: number;
    readonly bytes: number;
    /** Of one person at a time. */
    readonly each: number;
    readonly hours: number;
  };
  readonly workerConcurrency: number;
  /** Variables that look like ours but are not, each with the name that was probably meant. */
  readonly warnings: readonly string[];
}

export interface ConfigurationProblem {
  readonly variable: string;
  /** As given; what is secret in it is left out. */
  readonly value: string;
  readonly problem: string;
  readonly allowed: string;
}

/** @throws DureError BAD_USER_INPUT that lists every mistake; details.problems has them as data. */
export function readConfig(environment: Environment): Config {
  const { values, problems } = readValues(environment);
  const all = [...problems, ...contradictions(environment, values)];
  if (all.length > 0) throw refusal(all);
  return deepFreeze(toConfig(values as ConfigurationValues, environment));
}

/** What the `dure` command needs: the server to speak to and who it is there. */
export function readClientConfig(environment: Environment): { readonly url: string; readonly token?: string } {
  const { values, problems } = readValues(environment, ['DURE_URL', 'DURE_TOKEN']);
  if (problems.length > 0) throw refusal(problems);
  return Object.freeze({ url: values.DURE_URL!.replace(/\/$/, ''), token: values.DURE_TOKEN });
}

/** The values that are right, and what is wrong with the others. */
function readValues(environment: Environment, names?: readonly ConfigurationName[]): { values: Partial<ConfigurationValues>; problems: ConfigurationProblem[] } {
  const values: Record<string, unknown> = {};
  const problems: ConfigurationProblem[] = [];
  for (const key of configurationKeys as readonly (ConfigurationKey & { readonly name: ConfigurationName })[]) {
    if (names && !names.includes(key.name)) continue;
    const result = configurationShape[key.name].safeParse(given(environment, key.name) ?? key.default);
    if (result.success) values[key.name] = result.data;
    else problems.push(problem(environment, key.name, result.error.issues[0]!.message));
  }
  return { values, problems };
}

/** Values that are right each for itself but not together. */
function contradictions(environment: Environment, values: Partial<ConfigurationValues>): ConfigurationProblem[] {
  const found: ConfigurationProblem[] = [];
  const has = (name: ConfigurationName): boolean => given(environment, name) !== undefined;
  const databases = ['DURE_DATABASE_OWNER_URL', 'DURE_DATABASE_SERVER_URL', 'DURE_DATABASE_LOADER_URL'] as const;
  if (databases.some(has) && !has('DATABASE_URL')) {
    if (!has('DURE_DATABASE_SERVER_URL')) found.push(problem(environment, 'DURE_DATABASE_SERVER_URL', 'is missing: without DATABASE_URL each role needs its own'));
    if (!has('DURE_DATABASE_LOADER_URL') && values.DURE_ROLE !== 'api') found.push(problem(environment, 'DURE_DATABASE_LOADER_URL', 'is missing: without DATABASE_URL each role needs its own'));
  }
  if (has('DURE_DATABASE_LISTEN_URL') && !has('DATABASE_URL') && !has('DURE_DATABASE_SERVER_URL')) found.push(problem(environment, 'DURE_DATABASE_LISTEN_URL', 'has no use without DATABASE_URL or DURE_DATABASE_SERVER_URL'));
  if (has('DURE_OIDC_ISSUER') && !has('DURE_OIDC_AUDIENCE')) found.push(problem(environment, 'DURE_OIDC_AUDIENCE', 'is missing: without it tokens that were meant for other services would be accepted'));
  if (has('DURE_OIDC_AUDIENCE') && !has('DURE_OIDC_ISSUER')) found.push(problem(environment, 'DURE_OIDC_ISSUER', 'is missing beside DURE_OIDC_AUDIENCE'));
  if (has('DURE_JWT_SECRET') && (has('DATABASE_URL') || databases.some(has))) {
    found.push(problem(environment, 'DURE_JWT_SECRET', 'is for trying Dure with the embedded database: whoever knows it can be anybody. With DATABASE_URL use DURE_OIDC_ISSUER, or API tokens'));
  } else if (has('DURE_JWT_SECRET') && has('DURE_OIDC_ISSUER')) {
    found.push(problem(environment, 'DURE_JWT_SECRET', 'stands beside DURE_OIDC_ISSUER: one authority says who somebody is'));
  }
  if (values.DURE_TRUSTED_DOCUMENTS_MODE === 'only' && !has('DURE_TRUSTED_DOCUMENTS')) found.push(problem(environment, 'DURE_TRUSTED_DOCUMENTS', 'is missing: with DURE_TRUSTED_DOCUMENTS_MODE only and no documents nothing would be answered'));
  if (has('DURE_SITES') && !has('DURE_SITE')) found.push(problem(environment, 'DURE_SITE', 'is missing beside DURE_SITES: without it tokens that other sites meant for somebody else would be accepted'));
  if (has('DURE_SITE_KEY') && !has('DURE_SITE')) found.push(problem(environment, 'DURE_SITE', 'is missing beside DURE_SITE_KEY'));
  if (values.DURE_SITES?.some((other) => other.issuer === values.DURE_SITE)) found.push(problem(environment, 'DURE_SITES', 'names this site itself (DURE_SITE)'));
  const { DURE_DEFAULT_PAGE_SIZE: usual, DURE_MAX_PAGE_SIZE: most } = values;
  if (usual !== undefined && most !== undefined && usual > most) found.push(problem(environment, 'DURE_DEFAULT_PAGE_SIZE', `is more than DURE_MAX_PAGE_SIZE (${most})`));
  return found;
}

function toConfig(values: ConfigurationValues, environment: Environment): Config {
  const dataDirectory = resolve(values.DURE_DATA_DIR);
  return {
    host: values.HOST,
    port: values.PORT,
    allowedOrigins: values.DURE_ALLOWED_ORIGINS ?? [],
    trustedProxies: values.DURE_TRUSTED_PROXIES,
    ...(values.DURE_TRUSTED_DOCUMENTS !== undefined && { trustedDocuments: { file: resolve(values.DURE_TRUSTED_DOCUMENTS), mode: values.DURE_TRUSTED_DOCUMENTS_MODE } }),
    role: values.DURE_ROLE,
    logLevel: values.DURE_LOG_LEVEL,
    dataDirectory,
    database: database(values, dataDirectory),
    databasePoolSize: values.DURE_DATABASE_POOL_SIZE,
    blobs: values.DURE_BLOB_URL ?? { kind: 'files', directory: join(dataDirectory, 'blobs') },
    trust: trust(values),
    jwtAlgorithms: values.DURE_JWT_ALGORITHMS,
    visaIssuers: values.DURE_VISA_ISSUERS ?? [],
    sites: { issuer: values.DURE_SITE, key: values.DURE_SITE_KEY, trusted: values.DURE_SITES ?? [] },
    claimNames: {
      subject: values.DURE_CLAIM_SUBJECT,
      name: values.DURE_CLAIM_NAME,
      organizations: values.DURE_CLAIM_ORGANIZATIONS,
      roles: values.DURE_CLAIM_ROLES,
      country: values.DURE_CLAIM_COUNTRY,
      affiliation: values.DURE_CLAIM_AFFILIATION,
      visas: values.DURE_CLAIM_VISAS,
    },
    secretKeys: values.DURE_SECRET_KEYS ?? [],
    audit: { scope: values.DURE_AUDIT, mode: values.DURE_AUDIT_MODE, signingKey: values.DURE_AUDIT_SIGNING_KEY, trustedKeys: values.DURE_AUDIT_TRUSTED_KEYS ?? [], reviewMonths: values.DURE_AUDIT_REVIEW_MONTHS, textBytes: values.DURE_AUDIT_TEXT_MIB * 1024 ** 2 },
    limits: {
      defaultPageSize: values.DURE_DEFAULT_PAGE_SIZE,
      maxPageSize: values.DURE_MAX_PAGE_SIZE,
      maxDepth: values.DURE_MAX_DEPTH,
      maxFields: values.DURE_MAX_FIELDS,
      maxAliases: values.DURE_MAX_ALIASES,
      maxCost: values.DURE_MAX_COST,
      maxListLength: values.DURE_MAX_LIST_LENGTH,
      maxResponseBytes: values.DURE_MAX_RESPONSE_BYTES,
      maxDocumentBytes: values.DURE_MAX_DOCUMENT_BYTES,
      maxBodyBytes: values.DURE_MAX_BODY_BYTES,
      maxUploadBytes: values.DURE_MAX_UPLOAD_BYTES,
      bodyTimeoutMs: values.DURE_BODY_TIMEOUT_MS,
      statementTimeoutMs: values.DURE_STATEMENT_TIMEOUT_MS,
      maxOverrideMinutes: values.DURE_MAX_OVERRIDE_MINUTES,
      maxWaiting: values.DURE_MAX_WAITING,
      maxWaitMs: values.DURE_MAX_WAIT_MS,
      maxSubscriptionsPerSocket: values.DURE_MAX_SUBSCRIPTIONS_PER_SOCKET,
    },
    sources: {
      ...(values.DURE_SOURCES === undefined ? {} : { directories: values.DURE_SOURCES.filter((folder) => folder !== 'none').map((folder) => resolve(folder)) }),
      ...(values.DURE_SOURCE_SECRETS === undefined ? {} : { secrets: resolve(values.DURE_SOURCE_SECRETS) }), urls: new Map(values.DURE_SOURCE_URLS ?? []), allowPrivate: values.DURE_SOURCE_ALLOW_PRIVATE ?? [],
      cache: { maxBytes: values.DURE_SOURCE_CACHE_BYTES, maxAge: values.DURE_SOURCE_MAX_AGE_SECONDS, maxStale: values.DURE_SOURCE_MAX_STALE_SECONDS }, timeoutMs: values.DURE_SOURCE_TIMEOUT_MS, scannedRows: values.DURE_SOURCE_SCAN_ROWS, joinKeys: values.DURE_SOURCE_JOIN_KEYS,
      files: { roots: (values.DURE_FILE_ROOTS ?? []).map((folder) => resolve(folder)), memoryBytes: values.DURE_FILE_MEMORY_BYTES, threads: values.DURE_FILE_THREADS },
    },
    exports: { rows: values.DURE_MAX_EXPORT_ROWS, bytes: values.DURE_MAX_EXPORT_BYTES, each: values.DURE_MAX_EXPORTS, hours: values.DURE_EXPORT_HOURS },
    workerConcurrency: values.DURE_WORKER_CONCURRENCY,
    warnings: unknownVariables(environment),
  };
}

function database(values: ConfigurationValues, dataDirectory: string): DatabaseConfig {
  const url = values.DURE_DATABASE_SERVER_URL ?? values.DATABASE_URL;
  if (url === undefined) return { kind: 'embedded', directory: join(dataDirectory, 'postgres') };
  return {
    kind: 'external', url, listenUrl: values.DURE_DATABASE_LISTEN_URL ?? url,
    ownerUrl: values.DURE_DATABASE_OWNER_URL ?? values.DATABASE_URL,
    loaderUrl: values.DURE_DATABASE_LOADER_URL ?? values.DATABASE_URL ?? url,
  };
}

function trust(values: ConfigurationValues): TokenTrust {
  if (values.DURE_OIDC_ISSUER !== undefined) return { kind: 'oidc', issuer: values.DURE_OIDC_ISSUER, audience: values.DURE_OIDC_AUDIENCE! };
  if (values.DATABASE_URL === undefined && values.DURE_DATABASE_SERVER_URL === undefined) return { kind: 'demo', secret: values.DURE_JWT_SECRET };
  return { kind: 'none' };
}

/** What whoever starts this server should know of its configuration; printed at the start. */
export function startupNotes(config: Config): readonly string[] {
  const notes = [...config.warnings];
  const reachable = !['127.0.0.1', '::1', 'localhost'].includes(config.host);
  if (config.trust.kind === 'none') notes.push('No identity provider is configured (DURE_OIDC_ISSUER): only anonymous callers and API tokens are accepted.');
  if (config.trust.kind === 'demo' && reachable) notes.push(`Demo tokens are accepted, and this server can be reached from the network (HOST ${config.host}): for more than a trial configure DURE_OIDC_ISSUER.`);
  if (config.database.kind === 'external' && config.secretKeys.length === 0) notes.push(`The keys of API tokens and cursors lie in ${join(config.dataDirectory, 'secret-keys')}: with servers on several machines set DURE_SECRET_KEYS on all of them.`);
  if (config.database.kind === 'external' && config.blobs.kind === 'files') notes.push(`Uploads lie in ${config.blobs.directory}: servers and workers on several machines need a folder that all reach (DURE_BLOB_URL).`);
  if (config.database.kind === 'external' && config.database.ownerUrl === config.database.url) notes.push('One database role (DATABASE_URL) owns, answers and loads: the audit is append-only by triggers alone, which that role could drop. docs/operating.md tells how to use three.');
  if (config.database.kind === 'external' && config.audit.signingKey === undefined) notes.push(`The key that signs the audit lies in ${join(config.dataDirectory, 'audit-signing-key')}: keep a copy elsewhere, and with servers on several machines set DURE_AUDIT_SIGNING_KEY on all of them.`);
  return notes;
}

/** An empty value counts as not set: that is how compose files and shells write it. */
function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function problem(environment: Environment, name: ConfigurationName, text: string): ConfigurationProblem {
  const key: ConfigurationKey = configurationKeys.find((candidate) => candidate.name === name)!;
  const value = given(environment, name);
  const shown = value === undefined ? '(not set)' : key.secret ? '(not shown)' : value.replace(/\/\/[^@/\s]*@/g, '//***@');
  return { variable: name, value: shown, problem: text, allowed: key.allowed };
}

function refusal(problems: readonly ConfigurationProblem[]): DureError {
  const lines = problems.map(({ variable, value, problem: text, allowed }) => `  ${variable} = ${value}: ${text}. Allowed: ${allowed}.`);
  return new DureError('BAD_USER_INPUT', `The configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${lines.join('\n')}`, { problems });
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}

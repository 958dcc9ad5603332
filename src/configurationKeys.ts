/** Every environment variable that Dure reads: the table behind the checks of config.ts and the page of the documentation. */

export interface ConfigurationKey {
  readonly name: string;
  readonly group: 'server' | 'storage' | 'audit' | 'identity' | 'claims' | 'limits' | 'sources' | 'work' | 'command line';
  /** As it would be written; absent where nothing is assumed. */
  readonly default?: string;
  /** What values are allowed, in words. */
  readonly allowed: string;
  readonly meaning: string;
  /** Never shown, not even in the message that it is wrong. */
  readonly secret?: true;
}

const count = 'a whole number from 1';
const size = 'a number of bytes, or with KiB, MiB or GiB';
const claim = 'the name of a claim';

export const configurationKeys = [
  { name: 'PORT', group: 'server', default: '4000', allowed: 'a port, 0 to 65535 (0: any free one)', meaning: 'Port of HTTP and WebSocket.' },
  { name: 'HOST', group: 'server', default: '127.0.0.1', allowed: 'an address or host name of this machine', meaning: 'Address to listen on; `0.0.0.0` for every network.' },
  { name: 'DURE_ALLOWED_ORIGINS', group: 'server', allowed: 'origins such as https://front.example, separated by commas; `*` for all', meaning: 'Origins whose pages may call this server (CORS and WebSocket), beside its own.' },
  { name: 'DURE_TRUSTED_PROXIES', group: 'server', default: '0', allowed: 'a whole number from 0 to 10', meaning: 'Proxies in front of this server whose `x-forwarded-for` is believed: callers without a token are told apart by their address.' },
  { name: 'DURE_TRUSTED_DOCUMENTS', group: 'server', allowed: 'a file in the format apollo-persisted-query-manifest', meaning: 'Operations that clients may name by their id.' },
  { name: 'DURE_TRUSTED_DOCUMENTS_MODE', group: 'server', default: 'allow', allowed: 'allow or only', meaning: '`only`: nothing but the trusted documents is answered (no GraphiQL, no gateway).' },
  { name: 'DURE_ROLE', group: 'server', default: 'all', allowed: 'all, api or worker', meaning: 'What this process does: answer requests, run jobs, or both.' },
  { name: 'DURE_LOG_LEVEL', group: 'server', default: 'info', allowed: 'fatal, error, warn, info, debug, trace or silent', meaning: 'The least important messages that are logged.' },

  { name: 'DURE_DATA_DIR', group: 'storage', default: '.dure', allowed: 'a folder', meaning: 'Embedded database, files, generated keys and demo tokens.' },
  { name: 'DATABASE_URL', group: 'storage', allowed: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE', meaning: 'PostgreSQL 16 or later. Without it an embedded PostgreSQL is started in the data folder.', secret: true },
  { name: 'DURE_DATABASE_OWNER_URL', group: 'storage', allowed: 'postgres://…', meaning: 'The role that owns the tables and runs migrations. Without it DATABASE_URL; a process that has neither runs no migrations.', secret: true },
  { name: 'DURE_DATABASE_SERVER_URL', group: 'storage', allowed: 'postgres://…', meaning: 'The role that answers: reads rows and appends to the audit, which it cannot change. Without it DATABASE_URL.', secret: true },
  { name: 'DURE_DATABASE_LOADER_URL', group: 'storage', allowed: 'postgres://…', meaning: 'The role that loads rows for jobs; it cannot read the audit. Without it DATABASE_URL. A process without jobs (DURE_ROLE api) needs none.', secret: true },
  { name: 'DURE_DATABASE_LISTEN_URL', group: 'storage', allowed: 'postgres://…, only with DATABASE_URL', meaning: 'A direct connection, for LISTEN and for writing the audit, where DATABASE_URL goes through a pooler. With roles, the server\'s.', secret: true },
  { name: 'DURE_DATABASE_POOL_SIZE', group: 'storage', default: '10', allowed: 'a whole number from 1 to 1000', meaning: 'Connections that one process opens for queries.' },
  { name: 'DURE_BLOB_URL', group: 'storage', allowed: 'file:///FOLDER or s3://BUCKET/PREFIX', meaning: 'Where uploads and exports lie. Without it a folder in the data folder; several machines need one that all reach.' },
  { name: 'DURE_SECRET_KEYS', group: 'storage', allowed: 'ID:KEY,ID:KEY, newest first; each key of at least 32 bytes', meaning: 'Keys of API token hashes, cursors and stored credentials; one way to make a key is `openssl rand -base64 32`. Without it one is generated in the data folder; several machines need the same.', secret: true },

  { name: 'DURE_AUDIT', group: 'audit', default: 'governed', allowed: 'governed or all', meaning: 'Accesses that are recorded: to datasets that are not open to everybody, or to every dataset.' },
  { name: 'DURE_AUDIT_MODE', group: 'audit', default: 'wait', allowed: 'wait or async', meaning: 'Whether an answer waits until its entry is committed. A dataset may choose otherwise. With async a crash loses the entries of the last moment.' },
  { name: 'DURE_AUDIT_SIGNING_KEY', group: 'audit', allowed: 'an Ed25519 private key, PKCS #8 as PEM or base64 (`openssl genpkey -algorithm ed25519`)', meaning: 'Signs the chains of the audit. Without it one is generated in the data folder; several machines need the same.', secret: true },
  { name: 'DURE_AUDIT_TRUSTED_KEYS', group: 'audit', allowed: 'key ids, separated by commas', meaning: 'Earlier signing keys, or those of other machines, that verification accepts beside this one.' },
  { name: 'DURE_AUDIT_TEXT_MIB', group: 'audit', default: '16', allowed: 'a whole number from 1 to 1048576', meaning: 'How many MiB of new question texts of one caller (all anonymous callers are one) each server keeps in a day. Of what goes beyond, entries hold the digest alone and say so.' },
  { name: 'DURE_AUDIT_REVIEW_MONTHS', group: 'audit', default: '1', allowed: 'a whole number from 1 to 12', meaning: 'How often the audit is to be reviewed; start-up and `auditReviewDue` tell when it is overdue.' },

  { name: 'DURE_OIDC_ISSUER', group: 'identity', allowed: 'an https address (http on this machine only), exactly as in the claim iss', meaning: 'The OpenID Connect provider whose tokens are accepted. Its keys are found by discovery.' },
  { name: 'DURE_OIDC_AUDIENCE', group: 'identity', allowed: 'a text; needed with DURE_OIDC_ISSUER', meaning: 'The audience (claim aud) that tokens must have.' },
  { name: 'DURE_JWT_ALGORITHMS', group: 'identity', default: 'RS256,PS256,ES256,EdDSA', allowed: 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, separated by commas', meaning: 'Signature algorithms accepted of the provider and of visa issuers. Shared secrets (HS…) and none are never accepted of them.' },
  { name: 'DURE_JWT_SECRET', group: 'identity', allowed: 'a text of at least 32 bytes; only without DATABASE_URL and DURE_OIDC_ISSUER', meaning: 'Signs the demo tokens of the embedded default. Without it one is generated in the data folder.', secret: true },
  { name: 'DURE_VISA_ISSUERS', group: 'identity', allowed: 'ISSUER|KEY_SET_ADDRESS, separated by commas; https addresses', meaning: 'GA4GH visa issuers that are trusted, each with the address of its JSON Web Key Set. Visas of others are dropped.' },

  { name: 'DURE_SITE', group: 'identity', allowed: 'an https address (http on this machine only)', meaning: 'This site\'s address as other Dure sites know it: the issuer of the tokens by which it tells them who asks, and the audience of theirs. Its public keys are at `/.well-known/dure-keys.json`.' },
  { name: 'DURE_SITE_KEY', group: 'identity', allowed: 'an Ed25519 private key, PKCS #8 as PEM or base64 (`openssl genpkey -algorithm ed25519`)', meaning: 'Signs those tokens. Without it one is generated in the data folder; several machines need the same.', secret: true },
  { name: 'DURE_SITES', group: 'identity', allowed: 'ISSUER|KEY_SET_ADDRESS|COUNTRY|DOMAINS, separated by commas; country and domains (separated by spaces) may be left out; needs DURE_SITE', meaning: 'Other Dure sites that are believed about their own persons: the address of their key set, the country that answers to them go to, and the domains whose affiliations they may assert.' },

  { name: 'DURE_CLAIM_SUBJECT', group: 'claims', default: 'sub', allowed: claim, meaning: 'Who it is: `person.id` in rules.' },
  { name: 'DURE_CLAIM_NAME', group: 'claims', default: 'name', allowed: claim, meaning: 'What the person is called.' },
  { name: 'DURE_CLAIM_ORGANIZATIONS', group: 'claims', default: 'organizations', allowed: claim, meaning: 'Memberships, each `ORGANIZATION:ROLE` with a role of member, publisher, steward or owner.' },
  { name: 'DURE_CLAIM_ROLES', group: 'claims', default: 'roles', allowed: claim, meaning: 'Roles on the whole platform, such as `administrator`.' },
  { name: 'DURE_CLAIM_COUNTRY', group: 'claims', default: 'country', allowed: claim, meaning: 'Country by ISO 3166-1 alpha-2, such as `KR`.' },
  { name: 'DURE_CLAIM_AFFILIATION', group: 'claims', default: 'eduperson_scoped_affiliation', allowed: claim, meaning: 'Affiliations, such as `researcher@example.ac.kr`.' },
  { name: 'DURE_CLAIM_VISAS', group: 'claims', default: 'ga4gh_passport_v1', allowed: claim, meaning: 'GA4GH visas, each a signed token.' },

  { name: 'DURE_DEFAULT_PAGE_SIZE', group: 'limits', default: '20', allowed: `${count}, at most DURE_MAX_PAGE_SIZE`, meaning: 'Rows of a page where `first` and `last` are not given.' },
  { name: 'DURE_MAX_PAGE_SIZE', group: 'limits', default: '1000', allowed: count, meaning: 'The most rows of a page.' },
  { name: 'DURE_MAX_DEPTH', group: 'limits', default: '24', allowed: count, meaning: 'How deep the fields of an operation may nest.' },
  { name: 'DURE_MAX_FIELDS', group: 'limits', default: '2000', allowed: count, meaning: 'How many fields an operation may have, its fragments expanded.' },
  { name: 'DURE_MAX_ALIASES', group: 'limits', default: '100', allowed: count, meaning: 'How many aliases a document may have.' },
  { name: 'DURE_MAX_COST', group: 'limits', default: '100000', allowed: count, meaning: 'What an operation may cost, in rows: page sizes multiplied down the levels; a count 10, an aggregate 20, groups 50, a condition on related rows 10.' },
  { name: 'DURE_MAX_LIST_LENGTH', group: 'limits', default: '1000', allowed: count, meaning: 'The most values of one list in an argument or a variable (`in`, ids, representations).' },
  { name: 'DURE_MAX_RESPONSE_BYTES', group: 'limits', default: '32MiB', allowed: size, meaning: 'The longest answer to a GraphQL request.' },
  { name: 'DURE_MAX_DOCUMENT_BYTES', group: 'limits', default: '128KiB', allowed: size, meaning: 'The longest GraphQL document.' },
  { name: 'DURE_MAX_BODY_BYTES', group: 'limits', default: '1MiB', allowed: size, meaning: 'The longest body of a GraphQL request, variables included.' },
  { name: 'DURE_MAX_UPLOAD_BYTES', group: 'limits', default: '2GiB', allowed: size, meaning: 'The largest upload.' },
  { name: 'DURE_MAX_EXPORT_ROWS', group: 'limits', default: '10000000', allowed: count, meaning: 'The most rows of one export.' },
  { name: 'DURE_MAX_EXPORT_BYTES', group: 'limits', default: '2GiB', allowed: size, meaning: 'The largest file of an export, before and after it is compressed.' },
  { name: 'DURE_MAX_EXPORTS', group: 'limits', default: '20', allowed: count, meaning: 'Exports that one person may have at a time: files that lie there, and jobs that are not over.' },
  { name: 'DURE_EXPORT_HOURS', group: 'limits', default: '24', allowed: `${count}, hours`, meaning: 'How long the file of an export can be fetched; then it is removed.' },
  { name: 'DURE_BODY_TIMEOUT_MS', group: 'limits', default: '15000', allowed: `${count}, milliseconds`, meaning: 'How long the body of a GraphQL request may take to arrive.' },
  { name: 'DURE_MAX_OVERRIDE_MINUTES', group: 'limits', default: '240', allowed: `${count}, minutes`, meaning: 'How long an emergency override of a dataset\'s rules may last.' },
  { name: 'DURE_STATEMENT_TIMEOUT_MS', group: 'limits', default: '30000', allowed: `${count}, milliseconds`, meaning: 'How long one statement of a query may run.' },
  { name: 'DURE_MAX_WAITING', group: 'limits', default: '200', allowed: count, meaning: 'Operations that wait for a database connection; more are refused with 503.' },
  { name: 'DURE_MAX_WAIT_MS', group: 'limits', default: '5000', allowed: `${count}, milliseconds`, meaning: 'How long an operation waits for a database connection before it is refused with 503.' },
  { name: 'DURE_MAX_SUBSCRIPTIONS_PER_SOCKET', group: 'limits', default: '100', allowed: count, meaning: 'Operations at a time on one WebSocket.' },

  { name: 'DURE_SOURCES', group: 'sources', allowed: 'folders, separated by commas, or none', meaning: 'Folders of SDL files that declare sources, read at the start. Without it those that come with Dure.' },
  { name: 'DURE_SOURCE_URLS', group: 'sources', allowed: 'SOURCE=ADDRESS, separated by commas', meaning: 'Other addresses than the files name, for mirrors.' },
  { name: 'DURE_SOURCE_SECRETS', group: 'sources', allowed: 'a file of lines SOURCE.NAME=VALUE', meaning: 'Credentials of sources that files declare: SOURCE is the file\'s name without its ending. They are read at the start and kept encrypted in the database.' },
  { name: 'DURE_SOURCE_ALLOW_PRIVATE', group: 'sources', allowed: 'addresses, ranges such as 10.1.0.0/16, or names of hosts, separated by commas', meaning: 'Private, local and other special addresses that sources may be at. Without it sources are only spoken to at public addresses.' },
  { name: 'DURE_SOURCE_CACHE_BYTES', group: 'sources', default: '64MiB', allowed: `${size}; 0: nothing is kept`, meaning: 'Memory in one process for the answers of each source that says how long they may be kept.' },
  { name: 'DURE_SOURCE_MAX_AGE_SECONDS', group: 'sources', allowed: 'a whole number from 0', meaning: 'The longest that an answer of any source is used as new. Without it as long as each source says.' },
  { name: 'DURE_SOURCE_MAX_STALE_SECONDS', group: 'sources', allowed: 'a whole number from 0', meaning: 'The longest after that in which it is used while a new one is fetched, or where the source fails. Without it as long as each source says.' },
  { name: 'DURE_SOURCE_TIMEOUT_MS', group: 'sources', default: '10000', allowed: `${count}, milliseconds`, meaning: 'How long one operation waits for all sources that it asks.' },
  { name: 'DURE_SOURCE_SCAN_ROWS', group: 'sources', default: '1000', allowed: count, meaning: 'Rows of a source that are looked through for a page where it cannot check a condition itself.' },
  { name: 'DURE_FILE_ROOTS', group: 'sources', allowed: 'folders, separated by commas', meaning: 'Folders below which sources of the kind `file` may read CSV and Parquet files in place. Without it none.' },
  { name: 'DURE_FILE_MEMORY_BYTES', group: 'sources', default: '1GiB', allowed: size, meaning: 'Memory that questions to one source of files may take.' },
  { name: 'DURE_FILE_THREADS', group: 'sources', default: '2', allowed: 'a whole number from 1 to 64', meaning: 'Threads that questions to one source of files may take.' },
  { name: 'DURE_SOURCE_JOIN_KEYS', group: 'sources', default: '10000', allowed: count, meaning: 'The most identifiers that a condition on rows of another source may take.' },

  { name: 'DURE_WORKER_CONCURRENCY', group: 'work', default: '2', allowed: 'a whole number from 1 to 64', meaning: 'Jobs that one worker process runs at a time.' },

  { name: 'DURE_URL', group: 'command line', default: 'http://127.0.0.1:4000', allowed: 'an http or https address', meaning: 'The server that the `dure` command speaks to.' },
  { name: 'DURE_TOKEN', group: 'command line', allowed: 'an API token or JSON Web Token', meaning: 'Who the `dure` command is.', secret: true },
] as const satisfies readonly ConfigurationKey[];

export type ConfigurationName = (typeof configurationKeys)[number]['name'];

const groupTitles: Readonly<Record<ConfigurationKey['group'], string>> = {
  server: 'Server',
  storage: 'Database, files and keys',
  audit: 'Audit',
  identity: 'Who is asking',
  claims: 'Claims of a token',
  limits: 'Limits',
  sources: 'Sources elsewhere',
  work: 'Jobs',
  'command line': 'Command line',
};

/** The documentation's page of the configuration. */
export function configurationMarkdown(): string {
  const keys: readonly ConfigurationKey[] = configurationKeys;
  const sections = (Object.keys(groupTitles) as ConfigurationKey['group'][]).map((group) => {
    const rows = keys.filter((key) => key.group === group).map((key) => `| \`${key.name}\` | ${key.default === undefined ? '' : `\`${key.default}\``} | ${cell(key.meaning)} | ${cell(key.allowed)} |`);
    return `## ${groupTitles[group]}\n\n| variable | default | meaning | allowed |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Configuration\n\nDure is configured by environment variables. They are read once, at the start; every mistake is told at once, and an unknown \`DURE_…\` variable is told with the name that was probably meant. An empty value counts as not set.\n\n${sections.join('\n')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

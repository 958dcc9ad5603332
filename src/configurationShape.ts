/** What each environment variable must look like, and what becomes of its text. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ConfigurationName } from './configurationKeys.js';
import { isTrustworthyUrl } from './identity/oidc.js';
import { countryCode } from './identity/countries.js';
import { isEd25519Key } from './identity/ed25519.js';
import { parseSecretKeys } from './identity/secretKeys.js';
import { allowEntryProblem } from './sources/remote/client/addressPolicy.js';

export type BlobConfig =
  | { readonly kind: 'files'; readonly directory: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

const whole = (least: number, most: number) => z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.number().min(least, `is less than ${least}`).max(most, `is more than ${most}`));
const count = whole(1, 2 ** 31 - 1);
const bytes = z.string().regex(/^\d+\s*(KiB|MiB|GiB)?$/, 'is not a size').transform((text) => parseInt(text, 10) * 1024 ** ['', 'KiB', 'MiB', 'GiB'].indexOf(text.replace(/[\d\s]/g, '')))
  .pipe(z.number().min(1, 'is less than 1 byte').max(2 ** 53 - 1, 'is too large'));
const claimName = z.string().regex(/^\S{1,128}$/, 'is not the name of a claim');
const postgresUrl = z.string().refine((text) => URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol), 'is not the address of a PostgreSQL');
const secureUrl = z.string().refine(isTrustworthyUrl, 'is not an https address');
const list = z.string().transform((text) => text.split(',').map((item) => item.trim()).filter((item) => item !== ''));
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const secretKeyRing = z.string().transform((text, context) => {
  const { keys, problem } = parseSecretKeys(text);
  if (problem === undefined) return keys;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});
const visaIssuer = z.string().transform((text) => text.split('|')).pipe(z.tuple([z.string().min(1), secureUrl], 'is not ISSUER|KEY_SET_ADDRESS')).transform(([issuer, keySet]) => ({ issuer, keySet }));
const site = z.string().transform((text) => text.split('|').map((part) => part.trim())).pipe(z.tuple([secureUrl, secureUrl], z.string(), 'is not ISSUER|KEY_SET_ADDRESS')).transform(([issuer, keySet, country = '', domains = '', ...rest], context) => {
  if (rest.length > 0) context.addIssue({ code: 'custom', message: 'has more parts than ISSUER|KEY_SET_ADDRESS|COUNTRY|DOMAINS' });
  if (country !== '' && countryCode(country) !== country) context.addIssue({ code: 'custom', message: `has the country ${country}, which is no code of ISO 3166-1 alpha-2 such as KR` });
  return { issuer, keySet, ...(country === '' ? {} : { country }), domains: domains.split(/\s+/).filter((domain) => domain !== '').map((domain) => domain.toLowerCase()) };
});
const sourceUrl = z.string().regex(/^[a-z][a-z0-9-]{0,62}=https?:\/\/\S+$/, 'is not SOURCE=ADDRESS').transform((text): readonly [string, string] => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
const blobUrl = z.string().transform((text, context): BlobConfig => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'file:' && url.host === '') return { kind: 'files', directory: fileURLToPath(url) };
  if (url?.protocol === 's3:' && url.host !== '') return { kind: 's3', bucket: url.host, prefix: url.pathname.replace(/^\/|\/$/g, '') };
  context.addIssue({ code: 'custom', message: 'is neither a file: nor an s3: address' });
  return z.NEVER;
});

export const configurationShape = {
  PORT: whole(0, 65_535),
  HOST: z.string().regex(/^\S+$/, 'has spaces in it'),
  DURE_ALLOWED_ORIGINS: list.pipe(z.array(z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), 'is not a list of origins (scheme, host and port, nothing after)'))).optional(),
  DURE_TRUSTED_PROXIES: whole(0, 10),
  DURE_TRUSTED_DOCUMENTS: z.string().optional(),
  DURE_TRUSTED_DOCUMENTS_MODE: z.enum(['allow', 'only'], 'is not a mode'),
  DURE_ROLE: z.enum(['all', 'api', 'worker'], 'is not a role'),
  DURE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'is not a level'),
  DURE_DATA_DIR: z.string(),
  DATABASE_URL: postgresUrl.optional(),
  DURE_DATABASE_OWNER_URL: postgresUrl.optional(),
  DURE_DATABASE_SERVER_URL: postgresUrl.optional(),
  DURE_DATABASE_LOADER_URL: postgresUrl.optional(),
  DURE_DATABASE_LISTEN_URL: postgresUrl.optional(),
  DURE_DATABASE_POOL_SIZE: whole(1, 1000),
  DURE_BLOB_URL: blobUrl.optional(),
  DURE_SECRET_KEYS: secretKeyRing.optional(),
  DURE_AUDIT: z.enum(['governed', 'all'], 'is neither governed nor all'),
  DURE_AUDIT_MODE: z.enum(['wait', 'async'], 'is neither wait nor async'),
  DURE_AUDIT_SIGNING_KEY: z.string().refine(isEd25519Key, 'is no Ed25519 private key').optional(),
  DURE_AUDIT_TRUSTED_KEYS: list.optional(),
  DURE_AUDIT_TEXT_MIB: whole(1, 1_048_576),
  DURE_AUDIT_REVIEW_MONTHS: whole(1, 12),
  DURE_OIDC_ISSUER: secureUrl.optional(),
  DURE_OIDC_AUDIENCE: z.string().optional(),
  DURE_JWT_ALGORITHMS: list.pipe(z.array(z.enum(algorithms, 'names an algorithm that is not accepted')).min(1, 'names no algorithm')),
  DURE_JWT_SECRET: z.string().refine((text) => Buffer.byteLength(text) >= 32, 'is shorter than 32 bytes').optional(),
  DURE_VISA_ISSUERS: list.pipe(z.array(visaIssuer)).optional(),
  DURE_SITE: secureUrl.optional(),
  DURE_SITE_KEY: z.string().refine(isEd25519Key, 'is no Ed25519 private key').optional(),
  DURE_SITES: list.pipe(z.array(site)).optional(),
  DURE_CLAIM_SUBJECT: claimName,
  DURE_CLAIM_NAME: claimName,
  DURE_CLAIM_ORGANIZATIONS: claimName,
  DURE_CLAIM_ROLES: claimName,
  DURE_CLAIM_COUNTRY: claimName,
  DURE_CLAIM_AFFILIATION: claimName,
  DURE_CLAIM_VISAS: claimName,
  DURE_DEFAULT_PAGE_SIZE: count,
  DURE_MAX_PAGE_SIZE: count,
  DURE_MAX_DEPTH: count,
  DURE_MAX_FIELDS: count,
  DURE_MAX_ALIASES: count,
  DURE_MAX_COST: count,
  DURE_MAX_LIST_LENGTH: count,
  DURE_MAX_RESPONSE_BYTES: bytes,
  DURE_MAX_DOCUMENT_BYTES: bytes,
  DURE_MAX_BODY_BYTES: bytes,
  DURE_MAX_UPLOAD_BYTES: bytes,
  DURE_MAX_EXPORT_ROWS: count,
  DURE_MAX_EXPORT_BYTES: bytes,
  DURE_MAX_EXPORTS: count,
  DURE_EXPORT_HOURS: whole(1, 24 * 366),
  DURE_BODY_TIMEOUT_MS: count,
  DURE_MAX_OVERRIDE_MINUTES: count,
  DURE_STATEMENT_TIMEOUT_MS: count,
  DURE_MAX_WAITING: count,
  DURE_MAX_WAIT_MS: count,
  DURE_MAX_SUBSCRIPTIONS_PER_SOCKET: count,
  DURE_SOURCES: list.optional(),
  DURE_SOURCE_URLS: list.pipe(z.array(sourceUrl)).optional(),
  DURE_SOURCE_SECRETS: z.string().min(1).optional(),
  DURE_SOURCE_ALLOW_PRIVATE: list.pipe(z.array(z.string().refine((entry) => allowEntryProblem(entry) === undefined, 'names what is neither an address, a range nor a host'))).optional(),
  DURE_SOURCE_CACHE_BYTES: z.literal('0').transform(() => 0).or(bytes),
  DURE_SOURCE_MAX_AGE_SECONDS: whole(0, 2 ** 31 - 1).optional(),
  DURE_SOURCE_MAX_STALE_SECONDS: whole(0, 2 ** 31 - 1).optional(),
  DURE_SOURCE_TIMEOUT_MS: count,
  DURE_SOURCE_SCAN_ROWS: count,
  DURE_FILE_ROOTS: list.optional(),
  DURE_FILE_MEMORY_BYTES: bytes,
  DURE_FILE_THREADS: whole(1, 64),
  DURE_SOURCE_JOIN_KEYS: count,
  DURE_WORKER_CONCURRENCY: whole(1, 64),
  DURE_URL: z.url({ protocol: /^https?$/, error: 'is not an http or https address' }),
  DURE_TOKEN: z.string().optional(),
} satisfies Readonly<Record<ConfigurationName, z.ZodType>>;

export type ConfigurationValues = z.output<z.ZodObject<typeof configurationShape>>;

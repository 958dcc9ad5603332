/**
 * Dure's own HTTP server and engine over the same table and the same source, which an SDL file declares, twice: `rest`, whose equal questions go
 * out once when they are asked at the same time, and `alone`, where each goes out. Nothing is kept. Callers are identified by a signed token; a row rule on each side holds for every row.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import pg from 'pg';
import { pino } from 'pino';
import { FederatedSource } from '../../dist/src/federation/federatedSource.js';
import { tablesOf } from '../../dist/src/federation/sourceRegistry.js';
import { Admission } from '../../dist/src/graphql/admission.js';
import { createEngine } from '../../dist/src/graphql/createEngine.js';
import { datasetValue } from '../../dist/src/graphql/static/types/datasetType.js';
import { buildStaticSchema } from '../../dist/src/graphql/static/staticSchema.js';
import { buildIdentifier } from '../../dist/src/identity/buildIdentifier.js';
import { defaultClaimNames } from '../../dist/src/identity/claims.js';
import { CursorCodec } from '../../dist/src/plan/cursor.js';
import { createMetrics } from '../../dist/src/server/metrics.js';
import { startServer } from '../../dist/src/server/server.js';
import { httpBuilder } from '../../dist/src/sources/http/builder.js';
import { PostgresSource } from '../../dist/src/sources/postgres/postgresSource.js';
import { cacheSource } from '../../dist/src/sources/remote/cache/cachedSource.js';
import { cacheSettings } from '../../dist/src/sources/remote/cache/settings.js';
import { addressPolicy } from '../../dist/src/sources/remote/client/addressPolicy.js';
import { tell } from './tell.mjs';

const log = pino({ level: 'warn' });
const size = Number(process.env.BENCH_POOL);
const pool = new pg.Pool({ connectionString: process.env.BENCH_URL, max: size });

const text = readFileSync(new URL('rest.graphql', import.meta.url), 'utf8');
const declared = { rest: text, alone: text.replace('id: "rest"', 'id: "alone"').replace('linkField: "protein"', 'linkField: "proteinAlone", authority: false') };
const builder = httpBuilder({ addresses: addressPolicy(['127.0.0.1']), log });
const settings = cacheSettings(undefined, { maxBytes: 0 });
const sources = new Map();
const external = [];
for (const [id, sdl] of Object.entries(declared)) {
  const opened = await builder.open({ kind: 'http', name: `${id}.graphql`, text: sdl, url: process.env.BENCH_REST }, { secret: () => undefined });
  sources.set(id, cacheSource(opened.remote, { ...settings, singleFlight: id === 'rest' }));
  external.push({ source: { id, kind: 'http', country: 'KR' }, name: opened.definition.dataset, tables: tablesOf(opened), slug: id });
}

const column = (name, kind, more = {}) => ({ name, field: name === 'id' ? 'id_' : name, kind, facet: name === 'batch', personKey: false, required: true, unique: name === 'id', ...more });
const columns = [column('id', 'int32'), column('batch', 'int32'), column('accession', 'text', { namespace: 'uniprot' }), column('value', 'float'), column('grade', 'int32')];
const assays = { name: 'assays', field: 'assays', primaryKey: ['id'], uniqueKeys: [], foreignKeys: [], segments: [{ physical: 's1', rows: 100_000 }], rows: 100_000, columns: columns.map((one, index) => ({ ...one, physical: `c${index + 1}` })) };
const dataset = ({ slug, name, tables, rules, source }) => ({
  id: randomUUID(), organization: { id: randomUUID(), slug, field: slug, title: slug }, name, field: name, visibility: 'REGISTERED', listed: true, rules: { rules }, rulesRevision: 1, createdAt: new Date(), ...(source ? { source } : {}),
  versions: [{ id: randomUUID(), major: 1, minor: 0, createdAt: new Date(), metadata: { title: name, keywords: [], licenses: [{ name: 'CC0-1.0' }], contributors: [], sources: [] }, tables }],
});
const datasets = [
  dataset({ slug: 'bench', name: 'lab', tables: [assays], rules: [{ id: 'grades', effect: 'rows', tables: ['assays'], where: { column: 'grade', op: 'in', value: [1, 2, 3] } }] }),
  ...external.map((one) => dataset({
    ...one, rules: [{ id: 'organisms', effect: 'rows', tables: ['proteins'], where: { column: 'taxon', op: 'ne', value: 10090 } }],
    tables: one.tables.map((table) => ({ ...table, rows: 0, segments: [], columns: table.columns.map((held, index) => ({ ...held, physical: `c${index + 1}` })) })),
  })),
];
const snapshot = {
  revision: 1n, organizations: new Map(datasets.map(({ organization }) => [organization.slug, organization])), datasets: new Map(datasets.map((one) => [one.id, one])),
  byPath: new Map(datasets.map((one) => [`${one.organization.slug}/${one.name}`, one])), collections: new Map(),
};

const key = randomBytes(32);
const cursors = new CursorCodec({ newest: { id: 'k1', key }, find: (id) => (id === 'k1' ? key : undefined) });
const secret = randomBytes(32).toString('hex');
const identifier = buildIdentifier({ trust: { kind: 'demo', secret }, jwtAlgorithms: ['RS256'], visaIssuers: [], claimNames: defaultClaimNames, dataDirectory: tmpdir() }, {});
const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('dure-demo').setAudience('dure').setSubject('bench').setExpirationTime('1h').sign(new TextEncoder().encode(secret));
const engine = createEngine({
  staticSchema: await buildStaticSchema(), snapshot: () => snapshot, cursors, audit: 'none', admission: new Admission({ concurrency: size, maxWaiting: 1000, maxWaitMs: 10_000 }),
  source: new FederatedSource({
    own: new PostgresSource(pool, cursors, 32 * 1024 ** 2), homes: { sql: () => undefined, remote: (id) => sources.get(id) }, codec: cursors, timeoutMs: 10_000, scanned: 10_000, semiJoinKeys: 10_000,
  }),
  limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 20, maxFields: 2000, maxAliases: 50, maxCost: 100_000, maxListLength: 1000, maxResponseBytes: 32 * 1024 ** 2 },
  aboutValue: ({ dataset: of, version }) => datasetValue(of, version),
  report: (error) => console.error(error),
});
const server = await startServer({
  engine, services: { catalog: { snapshot } }, identify: (authorization) => identifier.identify(authorization),
  readiness: async () => ({ ready: true, dependencies: {} }), metrics: createMetrics(), log,
  limits: { requestBytes: 20_000, bodyTimeoutMs: 10_000, documentBytes: 20_000, uploadBytes: 10_000, subscriptionsPerConnection: 3, apolloServers: 10 },
  pages: fileURLToPath(new URL('../../web', import.meta.url)), allowedOrigins: [], trustedProxies: 0,
}, '127.0.0.1', 0);
tell(server.port, { token });

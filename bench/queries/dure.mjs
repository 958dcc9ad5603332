/** Dure's own HTTP server and engine over the same tables, callers identified by a signed token. Two datasets: `open`, and `ruled` with a row rule. */
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import pg from 'pg';
import { pino } from 'pino';
import { defaultClaimNames } from '../../dist/src/identity/claims.js';
import { buildIdentifier } from '../../dist/src/identity/buildIdentifier.js';
import { createEngine } from '../../dist/src/graphql/createEngine.js';
import { buildStaticSchema } from '../../dist/src/graphql/static/staticSchema.js';
import { datasetValue } from '../../dist/src/graphql/static/types/datasetType.js';
import { CursorCodec } from '../../dist/src/plan/cursor.js';
import { PostgresSource } from '../../dist/src/sources/postgres/postgresSource.js';
import { createMetrics } from '../../dist/src/server/metrics.js';
import { startServer } from '../../dist/src/server/server.js';

const pool = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });

function table(name, physical, rows, columns, foreignKeys = []) {
  return {
    name, field: name, primaryKey: ['id'], uniqueKeys: [], foreignKeys, segments: [{ physical, rows }], rows,
    columns: Object.entries(columns).map(([column, kind], index) => ({
      name: column, field: column === 'id' ? 'id_' : column.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), physical: `c${index + 1}`, kind,
      facet: ['batch', 'run', 'day'].includes(column), personKey: false, required: true, unique: column === 'id',
    })),
  };
}

const tables = [
  table('labs', 's1', 50, { id: 'int32', name: 'text', country: 'text' }),
  table('compounds', 's2', 200_000, { id: 'int32', lab_id: 'int32', name: 'text', formula: 'text', mass: 'float', logp: 'float', batch: 'int32', made: 'date', grade: 'int32' },
    [{ columns: ['lab_id'], table: 'labs', referenced: ['id'], field: 'lab', backField: 'compounds' }]),
  table('assays', 's3', 1_000_000, { id: 'int32', compound_id: 'int32', day: 'date', value: 'float', type: 'text', run: 'int32', grade: 'int32' },
    [{ columns: ['compound_id'], table: 'compounds', referenced: ['id'], field: 'compound', backField: 'assays' }]),
];
const organization = { id: randomUUID(), slug: 'bench', field: 'bench', title: 'Benchmark' };
const dataset = (name, rules) => ({
  id: randomUUID(), organization, name, field: name, visibility: 'REGISTERED', listed: true, rules: { rules }, rulesRevision: 1, createdAt: new Date(),
  versions: [{ id: randomUUID(), major: 1, minor: 0, createdAt: new Date(), metadata: { title: name, keywords: [], licenses: [{ name: 'CC0-1.0' }], contributors: [], sources: [] }, tables }],
});
// The rule holds for every row, so that the answers stay comparable; PostgreSQL tests it all the same.
const datasets = [dataset('open', []), dataset('ruled', [{ id: 'grades', effect: 'rows', tables: ['compounds', 'assays'], where: { column: 'grade', op: 'in', value: [1, 2, 3] } }])];
const snapshot = { revision: 1n, organizations: new Map([['bench', organization]]), datasets: new Map(datasets.map((d) => [d.id, d])), byPath: new Map(datasets.map((d) => [`bench/${d.name}`, d])) };

const key = randomBytes(32);
const cursors = new CursorCodec({ newest: { id: 'k1', key }, find: (id) => (id === 'k1' ? key : undefined) });
const secret = randomBytes(32).toString('hex');
const identifier = buildIdentifier({ trust: { kind: 'demo', secret }, jwtAlgorithms: ['RS256'], visaIssuers: [], claimNames: defaultClaimNames, dataDirectory: tmpdir() }, {});
const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('dure-demo').setAudience('dure').setSubject('bench').setExpirationTime('1h').sign(new TextEncoder().encode(secret));
const engine = createEngine({
  staticSchema: await buildStaticSchema(), snapshot: () => snapshot, source: new PostgresSource(pool, cursors, 32 * 1024 ** 2), cursors,
  limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 20, maxFields: 2000, maxAliases: 50, maxCost: 100_000, maxListLength: 1000, maxResponseBytes: 32 * 1024 ** 2 },
  aboutValue: ({ dataset: of, version }) => datasetValue(of, version),
  report: (error) => console.error(error),
});
const server = await startServer({
  engine, services: { catalog: { snapshot } }, identify: (authorization) => identifier.identify(authorization),
  readiness: async () => ({ ready: true, dependencies: {} }), metrics: createMetrics(), log: pino({ level: 'warn' }),
  limits: { requestBytes: 20_000, bodyTimeoutMs: 10_000, documentBytes: 20_000, uploadBytes: 10_000, subscriptionsPerConnection: 3, apolloServers: 10 },
  pages: fileURLToPath(new URL('../../web', import.meta.url)), allowedOrigins: [], trustedProxies: 0,
}, '127.0.0.1', 0);
process.on('SIGTERM', () => process.exit(0));
process.send({ port: server.port, token });

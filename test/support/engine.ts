/** The engine over a fixture's snapshot, asked as the server asks it. */
import { randomBytes } from 'node:crypto';
import type { GraphQLFormattedError } from 'graphql';
import type { Pool } from 'pg';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import type { AuditOptions } from '../../src/graphql/accessLog.js';
import type { RequestContext } from '../../src/graphql/context.js';
import type { Admission } from '../../src/graphql/admission.js';
import { createEngine, type EngineOptions } from '../../src/graphql/createEngine.js';
import { answerText, type Answer, type Engine } from '../../src/graphql/engine.js';
import { datasetValue } from '../../src/graphql/static/types/datasetType.js';
import { buildStaticSchema } from '../../src/graphql/static/staticSchema.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { CursorCodec } from '../../src/plan/cursor.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import type { Source } from '../../src/sources/source.js';

export interface TestEngine {
  readonly engine: Engine;
  /** The catalog; replaced to publish. */
  snapshot: CatalogSnapshot;
  readonly reported: unknown[];
  /** Makes cursors that this engine takes. */
  readonly cursors: CursorCodec;
  /** The text of every statement that was compiled, in order. */
  readonly statements: string[];
  ask(query: string, options?: { variables?: Record<string, unknown>; identity?: Identity; signal?: AbortSignal; collection?: string }): Promise<{ data?: unknown; errors?: GraphQLFormattedError[]; extensions?: Record<string, unknown> }>;
  answer(query: string, options?: { variables?: Record<string, unknown>; identity?: Identity; signal?: AbortSignal; collection?: string }): Promise<Answer>;
}

/** A codec whose key nobody else has, or the given one. */
export function testCursors(key: Uint8Array = randomBytes(32)): CursorCodec {
  return new CursorCodec({ newest: { id: 'k1', key }, find: (id) => (id === 'k1' ? key : undefined) });
}

/** Reads from the pool unless another source is given. */
export async function testEngine(pool: Pool, snapshot: CatalogSnapshot, cursors = testCursors(), source: Source = new PostgresSource(pool, cursors), limits: Partial<EngineOptions['limits']> = {}, admission?: Admission, audit: AuditOptions | 'none' = 'none', more: Partial<EngineOptions> = {}): Promise<TestEngine> {
  const reported: unknown[] = [];
  const statements: string[] = [];
  const recording: Source = {
    compile(plan) {
      const compiled = source.compile(plan);
      statements.push(compiled.text);
      return compiled;
    },
  };
  const made: TestEngine = {
    snapshot, reported, cursors, statements,
    engine: createEngine({
      staticSchema: await buildStaticSchema(), snapshot: () => made.snapshot, source: recording, cursors, admission,
      limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 20, maxFields: 2000, maxAliases: 50, maxCost: 100_000, maxListLength: 1000, maxResponseBytes: 32 * 1024 ** 2, ...limits },
      aboutValue: ({ dataset, version }) => datasetValue(dataset, version),
      audit,
      report: (error) => reported.push(error),
      ...more,
    }),
    async answer(query, { variables = {}, identity = anonymous, signal = new AbortController().signal, collection } = {}) {
      const schema = collection === undefined ? made.engine.schemaFor(identity) : made.engine.collectionFor(collection, identity)!;
      const prepared = made.engine.prepare(schema, query);
      if ('errors' in prepared) return { errors: prepared.errors };
      const context = { identity, channel: 'query', requestId: 'r', language: 'en', signal, services: { catalog: { get snapshot() { return made.snapshot; } } } } as unknown as RequestContext;
      return made.engine.execute(prepared.operation, variables, schema, context);
    },
    async ask(query, options) {
      return JSON.parse(answerText(await made.answer(query, options))) as Awaited<ReturnType<TestEngine['ask']>>;
    },
  };
  return made;
}

/** The id of a row by its number: `org/dataset/table` at a version. */
export function numberedId(cursors: CursorCodec, table: string, rowNumber: number, version = '1.0'): string {
  return `${table}/~${cursors.rowNumbers.encode(`${table}/@${version}`, String(rowNumber))}`;
}

/** A person as an issuer would assert them. */
export function person(parts: Partial<Identity>): Identity {
  return { ...anonymous, kind: 'person', key: JSON.stringify(parts), subject: 'p1', scopes: ['read', 'publish', 'rules', 'admin'], ...parts };
}

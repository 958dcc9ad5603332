/** Segments copied twice into temporary tables of one connection, so that one plan can be run on both copies and nothing else is touched. */
import { createHash } from 'node:crypto';
import pg, { type Pool } from 'pg';
import type { CursorCodec } from '../../plan/cursor.js';
import { postgresDialect } from '../sql/postgresDialect.js';
import { SqlSource } from '../sql/sqlSource.js';
import { runRows } from './runStatement.js';

export type Side = 'a' | 'b';

/** What TwoCopies needs: one connection that stays. */
export function oneConnection(url: string): Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 });
  pool.on('error', () => undefined);
  return pool;
}

export class TwoCopies {
  /** The copy that questions are answered from. */
  side: Side = 'a';
  readonly source: SqlSource;
  private releases = false;
  private readonly types = new Map<string, readonly string[]>();

  /** @param pool of one connection: temporary tables are seen by no other */
  constructor(private readonly pool: Pool, codec: CursorCodec) {
    this.source = new SqlSource({
      dialect: postgresDialect,
      prepare: (text) => {
        const runs = { a: this.runner(text, 'a'), b: this.runner(text, 'b') };
        return (values, signal) => runs[this.side](values, signal);
      },
    }, codec);
  }

  /** Copies at most so many rows of a segment, the same of tables with the same row numbers, with gaps between the row numbers. @returns its rows as texts, the row number first */
  async copy(physical: string, most: number): Promise<readonly (readonly (string | null)[])[]> {
    for (const side of ['a', 'b'] as const) await this.pool.query(`create temporary table ${quoted(side, physical)} as select * from dure_data.${name(physical)} order by hashint8(_rid), _rid limit ${Math.trunc(most)}`);
    for (const side of ['a', 'b'] as const) await this.pool.query(`update pg_temp.${quoted(side, physical)} set _rid = _rid * 16`);
    const { rows } = await this.pool.query<{ t: string }>(
      `select format_type(a.atttypid, a.atttypmod) as t from pg_attribute a where a.attrelid = 'pg_temp.${quoted('a', physical)}'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`);
    this.types.set(physical, rows.map(({ t }) => t));
    const copied = await this.rows(physical);
    await this.write(physical, 'a', copied);
    return copied;
  }

  /** Writes the rows of one side anew, in the order of their numbers: nobody shall learn anything from where they lie. */
  async write(physical: string, side: Side, rows: readonly (readonly (string | null)[])[]): Promise<void> {
    const types = this.types.get(physical)!;
    await this.pool.query(`truncate pg_temp.${quoted(side, physical)}`);
    await this.pool.query(
      `insert into pg_temp.${quoted(side, physical)} select ${types.map((type, index) => `u.v${index}::${type}`).join(', ')} from unnest(${types.map((_, index) => `$${index + 1}::text[]`).join(', ')}) u(${types.map((_, index) => `v${index}`).join(', ')}) order by u.v0::bigint`,
      types.map((_, index) => rows.map((row) => row[index] ?? null)));
  }

  /** Writes one side's releases anew; without this there are none. */
  async writeReleases(side: Side, rows: readonly { readonly version: string; readonly table: string; readonly definition: string; readonly state: string; readonly cells: readonly unknown[] }[]): Promise<void> {
    if (!this.releases) for (const each of ['a', 'b'] as const) await this.pool.query(`create temporary table ${each}_release (version_id uuid, table_name text, definition text, state text, cells json)`);
    this.releases = true;
    await this.pool.query(`truncate pg_temp.${side}_release`);
    for (const { version, table, definition, state, cells } of rows) await this.pool.query(`insert into pg_temp.${side}_release values ($1, $2, $3, $4, $5)`, [version, table, definition, state, JSON.stringify(cells)]);
  }

  private async rows(physical: string): Promise<readonly (readonly (string | null)[])[]> {
    const columns = this.types.get(physical)!.length;
    const { rows } = await this.pool.query<(string | null)[]>({ text: `select * from pg_temp.${quoted('a', physical)} order by _rid`, rowMode: 'array', types: { getTypeParser: () => (text: string) => text } });
    return rows.map((row) => Array.from({ length: columns }, (_, index) => row[index] ?? null));
  }

  private runner(text: string, side: Side): (values: readonly unknown[], signal: AbortSignal) => ReturnType<typeof runRows> {
    const own = text.replace(/dure_data\.(\w+)/g, (_whole, physical: string) => `pg_temp.${quoted(side, physical)}`).replaceAll('dure.release r', () => `pg_temp.${side}_release r`);
    const statement = { name: createHash('sha256').update(own).digest('base64url').slice(0, 24), text: own, known: {} };
    return (values, signal) => runRows(this.pool, { ...statement, values }, signal);
  }
}

function quoted(side: Side, physical: string): string {
  return `${side}_${name(physical)}`;
}

function name(physical: string): string {
  if (!/^\w+$/.test(physical)) throw new Error(`no name of a segment: ${physical}`);
  return physical;
}

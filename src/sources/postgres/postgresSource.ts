/** Datasets in Dure's own PostgreSQL. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { CursorCodec } from '../../plan/cursor.js';
import { postgresDialect } from '../sql/postgresDialect.js';
import { SqlSource } from '../sql/sqlSource.js';
import { planSummary } from './planSummary.js';
import { runRows } from './runStatement.js';

export class PostgresSource extends SqlSource {
  /** @param maxBytes the longest answer that is taken in */
  constructor(pool: Pool, codec: CursorCodec, maxBytes = Infinity) {
    super({
      dialect: postgresDialect,
      prepare(text, forValues) {
        // Only a statement with a name comes to have one plan for all values.
        const name = forValues ? undefined : createHash('sha256').update(text).digest('base64url').slice(0, 24);
        const known = {};
        return (values, signal) => runRows(pool, { name, text, values, known }, signal, maxBytes);
      },
      async explain(text, values, signal) {
        const [row] = await runRows(pool, { text: `explain (format json) ${text}`, values }, signal);
        return planSummary(row?.[0]);
      },
    }, codec);
  }
}

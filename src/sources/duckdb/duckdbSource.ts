/** Tables that DuckDB holds or reads: nested into one statement. */
import type { CursorCodec } from '../../plan/cursor.js';
import { SqlSource } from '../sql/sqlSource.js';
import type { DuckDatabase } from './duckDatabase.js';

export class DuckdbSource extends SqlSource {
  constructor(database: DuckDatabase, codec: CursorCodec) {
    super(database, codec);
  }
}

/** A partner's own PostgreSQL, attached in place and read only. Its tables take the same statements as Dure's own. */
import { DureError } from '../../errors.js';
import type { CursorCodec } from '../../plan/cursor.js';
import type { SourceBuilder } from '../remote/builder.js';
import { SqlSource } from '../sql/sqlSource.js';
import { AttachedDatabase, type AttachedLimits, type AttachedSurroundings } from './attachedDatabase.js';
import { readAttachedOptions } from './attachedOptions.js';

export interface AttachedBuilderOptions extends Omit<AttachedSurroundings, 'log'> {
  readonly codec: CursorCodec;
  readonly limits: Partial<AttachedLimits>;
}

export function attachedBuilder({ codec, limits, ...surroundings }: AttachedBuilderOptions): SourceBuilder {
  return {
    async open({ name, url, options }, { secret, log }) {
      // A declaration is kept as it is, and shown to whoever looks after the database.
      if (url !== undefined) throw new DureError('BAD_USER_INPUT', `${name}: the address of a database holds its credentials: give it as the secret "url", not as url.`, { argument: 'url' });
      const database = await AttachedDatabase.open(readAttachedOptions(name, options), secret, { ...surroundings, log }, limits);
      const { monitor } = database;
      return {
        definition: database.definition, sql: new SqlSource(database, codec), close: () => database.close(),
        watch: { health: () => monitor.read(), onHealth: (listener) => monitor.listen(listener) },
      };
    },
  };
}

/** `dure rules audit`: the oracle on a dataset's own rows and rules. Asks the database itself; needs its address, as the server does. */
import { randomBytes } from 'node:crypto';
import { auditDataset } from '../../oracle/auditDataset.js';
import { Catalog } from '../../catalog/catalog.js';
import { readConfig } from '../../config.js';
import { buildStaticSchema } from '../../graphql/static/staticSchema.js';
import { datasetValue } from '../../graphql/static/types/datasetType.js';
import { CursorCodec } from '../../plan/cursor.js';
import { oneConnection } from '../../sources/postgres/twoCopies.js';
import { CatalogStore } from '../../storage/catalogStore.js';
import { createDataSource } from '../../storage/dataSource.js';
import { atDatabase } from '../database.js';
import { CommandFailure } from '../failure.js';
import type { Terminal } from '../terminal.js';

export interface RulesAuditOptions {
  readonly rows: number;
  readonly seconds: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** @returns whether nothing differed */
export async function auditRules(terminal: Terminal, path: string, { rows, seconds, seed = Math.floor(Math.random() * 1e9), json }: RulesAuditOptions): Promise<boolean> {
  let sound = false;
  await atDatabase(readConfig(terminal.environment), 'server', async (url) => {
    const dataSource = await createDataSource(url).initialize();
    const pool = oneConnection(url);
    try {
      const catalog = await Catalog.open({ store: new CatalogStore(dataSource) });
      const { snapshot } = catalog;
      await catalog.close();
      const dataset = snapshot.byPath.get(path);
      if (!dataset) throw new CommandFailure(`There is no dataset ${path}.`);
      const key = randomBytes(32);
      const faults: unknown[] = [];
      const audit = await auditDataset(snapshot, dataset, {
        pool, staticSchema: await buildStaticSchema(), aboutValue: (at) => datasetValue(at.dataset, at.version), cursors: new CursorCodec({ newest: { id: 'audit', key }, find: (id) => (id === 'audit' ? key : undefined) }),
        sample: rows, seconds, seed, questions: 20, report: (error) => faults.push(error),
      });
      sound = audit.leaks.length === 0;
      if (json) return terminal.out(`${JSON.stringify({ ...audit, seed, faults: faults.length }, null, 2)}\n`);
      for (const { caller, query, variables, before, after, seed: found } of audit.leaks) {
        terminal.out(`LEAK (seed ${found})\n  as ${caller.identity.key}${caller.purpose === undefined ? '' : `, for ${caller.purpose}`}\n  ${query}\n  ${JSON.stringify(variables)}\n  before: ${before.slice(0, 500)}\n  after:  ${after.slice(0, 500)}\n`);
      }
      if (audit.bound === 0) terminal.note('The rules hide nothing from any caller that was tried.\n');
      if (faults.length > 0) terminal.note(`${faults.length} questions ended in an internal error.\n`);
      terminal.out(`${path}: ${audit.pairs} pairs of answers as ${audit.callers} callers, ${audit.bound} of whom are bound (seed ${seed}): ${sound ? 'nothing differs' : `${audit.leaks.length} differ`}\n`);
    } finally {
      await pool.end();
      await dataSource.destroy();
    }
  });
  return sound;
}

import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { Foundation0001 } from '../../migrations/0001-foundation.js';
import { Collections0002 } from '../../migrations/0002-collections.js';
import { Sources0005 } from '../../migrations/0005-sources.js';
import { Audit0003 } from '../../migrations/0003-audit.js';
import { Access0006 } from '../../migrations/0006-access.js';
import { AuditIndexes0007 } from '../../migrations/0007-audit-indexes.js';
import { Disclosure0011 } from '../../migrations/0011-disclosure.js';
import { SearchCost0008 } from '../../migrations/0008-search-cost.js';
import { Requests0009 } from '../../migrations/0009-requests.js';
import { Incidents0010 } from '../../migrations/0010-incidents.js';
import { Sync0012 } from '../../migrations/0012-sync.js';
import { Erasures0013 } from '../../migrations/0013-erasures.js';
import { PendingChanges0014 } from '../../migrations/0014-pending-changes.js';
import { Issuers0015 } from '../../migrations/0015-issuers.js';
import { AuditBlocks0016 } from '../../migrations/0016-audit-blocks.js';
import { Exports0017 } from '../../migrations/0017-exports.js';
import { PrepareColumns0018 } from '../../migrations/0018-prepare-columns.js';
import { Search0004 } from '../../migrations/0004-search.js';

/** TypeORM's view of the system tables. Rows of datasets are never read through it. */
export function createDataSource(url: string, entities: readonly (new () => object)[] = []): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'dure',
    entities: [...entities],
    migrations: [Foundation0001, Collections0002, Audit0003, Search0004, Sources0005, Access0006, AuditIndexes0007, SearchCost0008, Requests0009, Incidents0010, Disclosure0011, Sync0012, Erasures0013, PendingChanges0014, Issuers0015, AuditBlocks0016, Exports0017, PrepareColumns0018],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: 'dure',
    poolSize: 4,
  });
}

/** Number of Dure's migration lock, so that two processes starting together do not migrate twice. */
const migrationLock = 0x44757265;

/** Brings the database to the present schema; returns the names of the migrations that ran. Safe to call from several processes at once. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('select pg_advisory_lock($1)', [migrationLock]);
    try {
      // TypeORM keeps its own table in the schema `dure`, which the first migration would otherwise be too late to make.
      await runner.query('create schema if not exists dure');
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      return ran.map((migration) => migration.name);
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [migrationLock]);
    }
  } finally {
    await runner.release();
  }
}

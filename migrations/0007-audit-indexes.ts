import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each answer of a governed dataset pays for these: as narrow as their queries allow. Entries of one instant are sorted when they are read. */
export class AuditIndexes0007 implements MigrationInterface {
  name = 'AuditIndexes0007000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index dure_audit.entry_dataset, dure_audit.entry_actor, dure_audit.entry_at;
      create index entry_dataset on dure_audit.entry (dataset_id, at) where dataset_id is not null;
      create index entry_actor on dure_audit.entry (actor, at);
      create index entry_at on dure_audit.entry (at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

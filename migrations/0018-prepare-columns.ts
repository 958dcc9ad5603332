import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The job that makes pseudonyms makes indexes over transformed cells, too, and is named for both. */
export class PrepareColumns0018 implements MigrationInterface {
  name = 'PrepareColumns00189000000000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`update dure.job set kind = 'PREPARE_COLUMNS' where kind = 'HASH_COLUMNS'`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pages that a mirror of an external source has fetched, until it is published. Their rows lie in the blob store. */
export class Sync0012 implements MigrationInterface {
  name = 'Sync00129000000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.sync_page (
        -- Hexadecimal digest of what is mirrored, for whom, to where.
        selection text not null check (selection ~ '^[0-9a-f]{64}$'),
        number int not null,
        next text,
        rows int not null,
        total bigint,
        release text,
        fetched_at text,
        state text not null,
        sha256 text not null,
        job_id uuid not null,
        at timestamptz not null default now(),
        primary key (selection, number)
      );
      create index on dure.sync_page (job_id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

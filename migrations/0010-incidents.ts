import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Incidents: while one stands, its dataset is frozen. */
export class Incidents0010 implements MigrationInterface {
  // TypeORM orders by the last 13 digits.
  name = 'Incidents00109000000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.incident (
        id uuid primary key default gen_random_uuid(),
        dataset_id uuid not null references dure.dataset,
        reason text not null,
        created_by text not null,
        created_issuer text,
        created_at timestamptz not null default clock_timestamp(),
        ended_at timestamptz,
        ended_by text,
        ended_issuer text,
        end_reason text,
        check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)),
        -- Whoever froze a dataset does not let it go again.
        check (ended_by <> created_by)
      );
      create unique index incident_standing on dure.incident (dataset_id) where ended_at is null;
      create index incident_dataset on dure.incident (dataset_id, created_at desc);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files of rows that persons have taken, or are taking: whose they are, of which dataset, what bound the reader, and when they go. */
export class Exports0017 implements MigrationInterface {
  name = 'Exports00179000000000017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.export (
        -- The job that writes it gives it its id.
        job_id uuid primary key,
        dataset_id uuid not null references dure.dataset,
        version_id uuid not null references dure.version,
        subject text not null,
        issuer text,
        started_at timestamptz not null default clock_timestamp(),
        -- While it is set a file may lie in the blob store.
        blob text,
        bytes bigint,
        rows bigint,
        sha256 text,
        rules_revision int,
        -- By table: what narrowed the reader when it was written.
        bounds jsonb,
        completed_at timestamptz,
        expires_at timestamptz,
        removed_at timestamptz,
        removed_why text check (removed_why in ('EXPIRED', 'ERASURE', 'RULES', 'DELETED', 'CANCELED')),
        check ((removed_at is null) = (removed_why is null)),
        check ((completed_at is null) = (expires_at is null))
      );
      create index export_dataset on dure.export (dataset_id);
      create index export_person on dure.export (subject, started_at desc);
      create index export_expiry on dure.export (expires_at) where removed_at is null;

      -- Files of exports that were removed with the person.
      alter table dure.erasure add column exports int not null default 0;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

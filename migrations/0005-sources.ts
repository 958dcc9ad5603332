import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sources whose rows live elsewhere. Each has a dataset of its own, so that types, rules and versions are like any other's. */
export class Sources0005 implements MigrationInterface {
  name = 'Sources0005000000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.source (
        id text primary key check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
        kind text not null,
        dataset_id uuid not null unique references dure.dataset,
        -- FILE: from a file that the server reads at its start. REGISTERED: by an administrator.
        origin text not null check (origin in ('FILE', 'REGISTERED')),
        declaration jsonb not null,
        -- By name; encrypted, with the id of the key.
        secrets jsonb not null default '{}',
        enabled boolean not null default true,
        created_at timestamptz not null default now(),
        created_by text,
        updated_at timestamptz not null default now()
      );
      alter table dure.dataset add column source jsonb;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Collections: named choices of datasets, each pinned to a major or to one version. */
export class Collections0002 implements MigrationInterface {
  name = 'Collections0002000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.collection (
        id uuid primary key default gen_random_uuid(),
        name text not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
        organization_id uuid not null references dure.organization,
        title text,
        description text,
        created_at timestamptz not null default now(),
        created_by text,
        updated_at timestamptz not null default now(),
        -- One that is gone stays as a mark, so that whoever follows revisions hears of it.
        deleted boolean not null default false,
        revision bigint not null
      );
      create unique index collection_name on dure.collection (name) where not deleted;
      create index collection_revision on dure.collection (revision);

      create table dure.collection_dataset (
        collection_id uuid not null references dure.collection,
        ordinal int not null,
        dataset_id uuid not null references dure.dataset,
        major int not null,
        -- Null: minors are followed.
        minor int,
        primary key (collection_id, ordinal),
        unique (collection_id, dataset_id)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

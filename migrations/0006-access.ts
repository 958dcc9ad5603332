import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What rules need beside their documents: budgets that are counted, emergency overrides, hashes of columns. */
export class Access0006 implements MigrationInterface {
  name = 'Access0006000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.query_budget (
        dataset_id uuid not null references dure.dataset on delete cascade,
        rule text not null,
        caller text not null,
        period_start timestamptz not null,
        used int not null,
        primary key (dataset_id, rule, caller, period_start)
      );
      create index query_budget_old on dure.query_budget (period_start);

      create table dure.access_override (
        id uuid primary key default gen_random_uuid(),
        dataset_id uuid not null references dure.dataset,
        subject text not null,
        reason text not null,
        created_by text not null,
        begins timestamptz not null default clock_timestamp(),
        ends timestamptz not null,
        -- Ended before its time.
        ended_at timestamptz,
        ended_by text,
        check (begins < ends)
      );
      create index access_override_dataset on dure.access_override (dataset_id);

      -- Hashes of a column of a segment, in a segment of their own (_rid, h). The key itself is never in the database.
      create table dure.derived_segment (
        segment text not null references dure.segment,
        column_name text not null,
        scope text not null check (scope in ('dataset', 'organization')),
        key_id text not null,
        physical text not null references dure.segment,
        primary key (segment, column_name, scope, key_id)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

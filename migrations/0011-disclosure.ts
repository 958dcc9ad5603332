import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Figures under a minimum: releases as they were made, and what was paid for figures with noise. */
export class Disclosure0011 implements MigrationInterface {
  // TypeORM orders by the last 13 digits.
  name = 'Disclosure00119000000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Never changed. What removes rows of a version must remove its releases with them.
      create table dure.release (
        version_id uuid not null references dure.version on delete cascade,
        table_name text not null,
        -- Digest of the dimensions, sums and minima.
        definition text not null,
        state text not null check (state in ('READY', 'WITHHELD', 'NOT_MADE')),
        -- [{margin, key, count?, sum?, mean?}]; count is absent where suppressed. Empty unless READY.
        cells json not null,
        made_at timestamptz not null default clock_timestamp(),
        primary key (version_id, table_name, definition)
      );

      -- Epsilon in thousandths. The caller '*' is all of them together.
      create table dure.noise_account (
        dataset_id uuid not null references dure.dataset on delete cascade,
        caller text not null,
        period text not null,
        period_start timestamptz not null,
        spent int not null,
        primary key (dataset_id, caller, period, period_start)
      );
      create table dure.noise_question (
        dataset_id uuid not null references dure.dataset on delete cascade,
        caller text not null,
        -- A keyed digest.
        question text not null,
        epsilon int not null,
        asked_at timestamptz not null default clock_timestamp(),
        primary key (dataset_id, caller, question)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subjects are unique within their issuer only: overrides, jobs and uploads say whose subject they name. */
export class Issuers0015 implements MigrationInterface {
  name = 'Issuers00159000000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table dure.access_override add column issuer text;
      -- Nobody knows for whom these were begun: they end, and who needs one begins another.
      update dure.access_override set ended_at = greatest(begins, clock_timestamp()), ended_by = 'dure:migration' where ended_at is null and ends > clock_timestamp();

      alter table dure.job add column created_issuer text;
      update dure.job set created_issuer = identity->>'issuer' where identity->>'subject' = created_by;
      drop index dure.job_idempotency;
      create unique index job_idempotency on dure.job (created_by, (coalesce(created_issuer, '')), idempotency_key) where idempotency_key is not null;

      -- Of those that are there already nobody knows; they are deleted within days.
      alter table dure.upload add column created_issuer text;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Erased persons: what was removed when and on whose word, without who it was. */
export class Erasures0013 implements MigrationInterface {
  // TypeORM orders by the last 13 digits.
  name = 'Erasures00139000000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure.erasure (
        id uuid primary key default gen_random_uuid(),
        organization_id uuid not null references dure.organization,
        dataset_id uuid not null references dure.dataset,
        -- Where the person may not be published again: in the dataset, or in any of the organization.
        scope text not null check (scope in ('dataset', 'organization')),
        -- Which keys are compared: those of one namespace, or of one column name.
        domain text not null,
        -- HMAC of the key, by a key of the ring that is made for the organization.
        key_id text not null,
        commitment text not null,
        -- The key itself, encrypted, until its rows are gone.
        sealed jsonb,
        reason text not null,
        basis text not null,
        requested_by text not null,
        requested_issuer text,
        requested_at timestamptz not null default clock_timestamp(),
        completed_at timestamptz,
        -- When its end was put into the audit.
        recorded_at timestamptz,
        renewed_at timestamptz,
        renewed_by text,
        renew_reason text,
        check ((completed_at is null) = (sealed is not null)),
        check ((renewed_at is null) = (renewed_by is null) and (renewed_at is null) = (renew_reason is null))
      );
      create index erasure_dataset on dure.erasure (dataset_id, requested_at desc);
      create index erasure_organization on dure.erasure (organization_id) where renewed_at is null;

      create table dure.erasure_version (
        erasure_id uuid not null references dure.erasure,
        version_id uuid not null references dure.version,
        table_name text not null,
        rows bigint not null,
        -- Cells of other persons' rows that named the person.
        cells bigint not null,
        primary key (erasure_id, version_id, table_name)
      );
      create index erasure_version_version on dure.erasure_version (version_id);

      create function dure.keep_erasure() returns trigger language plpgsql as $$
      begin
        if (new.id, new.organization_id, new.dataset_id, new.scope, new.domain, new.key_id, new.commitment, new.reason, new.basis, new.requested_by, new.requested_at)
           is distinct from (old.id, old.organization_id, old.dataset_id, old.scope, old.domain, old.key_id, old.commitment, old.reason, old.basis, old.requested_by, old.requested_at)
           or (old.completed_at is not null and new.completed_at is distinct from old.completed_at) or (old.renewed_at is not null and new.renewed_at is distinct from old.renewed_at) then
          raise exception 'What an erasure proves does not change.' using errcode = 'insufficient_privilege';
        end if;
        return new;
      end $$;
      create trigger keeps before update on dure.erasure for each row execute function dure.keep_erasure();
      create trigger append_only before delete on dure.erasure for each row execute function dure.refuse_change();
      create trigger append_only before update or delete on dure.erasure_version for each row execute function dure.refuse_change();

      -- ERASED: replaced by one without a person's rows, and to be dropped.
      alter table dure.segment drop constraint segment_state_check;
      alter table dure.segment add constraint segment_state_check check (state in ('LOADING', 'LIVE', 'ERASED'));
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

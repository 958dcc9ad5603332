import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Changes as their own transactions wrote them down, for the audit. The server's role adds rows, says whose turn it is to chain them and
 * that they were; the rest of a row is nobody's to change, and only the owner takes rows away.
 */
export class PendingChanges0014 implements MigrationInterface {
  name = 'PendingChanges00149000000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure_audit.pending (
        id uuid primary key,
        created_at timestamptz not null default clock_timestamp(),
        writer uuid not null,
        body text not null,
        signature text not null,
        -- A hint for whoever looks for what is not chained. Verification looks at the chains.
        chained_at timestamptz
      );
      create index pending_open on dure_audit.pending (created_at) where chained_at is null;

      create function dure_audit.refuse_pending() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and current_setting('dure.audit_destroy', true) = 'on' then return old; end if;
        if tg_op = 'UPDATE' then
          if (new.id, new.created_at, new.body, new.signature) is not distinct from (old.id, old.created_at, old.body, old.signature) and (old.chained_at is null or new.chained_at = old.chained_at) then return new; end if;
        end if;
        raise exception 'The audit is append-only: % on % is refused.', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end $$;
      create trigger append_only before update or delete on dure_audit.pending for each row execute function dure_audit.refuse_pending();
      create trigger never_truncated before truncate on dure_audit.pending for each statement execute function dure_audit.refuse_pending();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit's own schema, so that roles can be granted it as one thing. Only seals and destructions are ever written beside entries. */
export class Audit0003 implements MigrationInterface {
  name = 'Audit0003000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema if not exists dure_audit;

      -- Public halves only. Whether a key is to be trusted is not for the database to say.
      create table dure_audit.signing_key (
        id text primary key,
        public_key text not null,
        first_used_at timestamptz not null default now()
      );

      -- One chain a writing process and retention class.
      create table dure_audit.chain (
        id uuid primary key,
        retention_years int not null check (retention_years between 1 and 3),
        process text not null,
        started_at timestamptz not null default now()
      );

      create table dure_audit.entry (
        chain_id uuid not null,
        seq bigint not null check (seq > 0),
        at timestamptz not null,
        kind text not null,
        dataset_id uuid,
        actor text not null,
        -- Canonical JSON: the very text that was hashed. The columns before it repeat parts of it, for indexes; verification compares them.
        body text not null,
        previous text not null,
        hash text not null,
        -- Of the last entry of each group that was written together.
        signature text,
        primary key (chain_id, seq)
      );
      create index entry_dataset on dure_audit.entry (dataset_id, at, chain_id, seq) where dataset_id is not null;
      create index entry_actor on dure_audit.entry (actor, at, chain_id, seq);
      create index entry_at on dure_audit.entry (at, chain_id, seq);
      create index entry_event on dure_audit.entry (kind, at) where kind <> 'ACCESS';

      -- The text of each operation, once.
      create table dure_audit.document (digest text primary key, text text not null);

      -- A signed list of the segments (one chain's entries of one month) that were sealed together; each names the hash of the one before.
      create table dure_audit.root (
        number int primary key,
        body text not null,
        hash text not null,
        signature text not null
      );

      create table dure_audit.destruction (
        chain_id uuid not null,
        month text not null check (month ~ '^[0-9]{4}-[0-9]{2}$'),
        first_seq bigint not null,
        last_seq bigint not null,
        destroyed_at timestamptz not null default now(),
        primary key (chain_id, first_seq)
      );

      -- Against mistakes of whoever owns the tables. Against the server it is the roles that hold: it is granted neither.
      create function dure_audit.refuse() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and tg_table_name in ('entry', 'document') and current_setting('dure.audit_destroy', true) = 'on' then
          return old;
        end if;
        raise exception 'The audit is append-only: % on % is refused.', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end $$;
    `);
    for (const table of ['signing_key', 'chain', 'entry', 'document', 'root', 'destruction']) {
      await runner.query(`
        create trigger append_only before update or delete on dure_audit.${table} for each row execute function dure_audit.refuse();
        create trigger never_truncated before truncate on dure_audit.${table} for each statement execute function dure_audit.refuse();
      `);
    }
    await runner.query(`
      alter table dure.dataset add column audit_mode text check (audit_mode in ('wait', 'async'));
      alter table dure.dataset add column audit_retention_years int check (audit_retention_years between 1 and 3);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

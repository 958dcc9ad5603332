import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Entries that are written together become one row: a row and five index entries for each answer were most of what the audit cost. The view
 * `entry` shows them one by one, as before.
 */
export class AuditBlocks0016 implements MigrationInterface {
  name = 'AuditBlocks00169000000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dure_audit.block (
        chain_id uuid not null,
        first_seq bigint not null check (first_seq > 0),
        last_seq bigint not null,
        -- Of every entry in it.
        at timestamptz not null,
        -- One an entry, in order; an empty text where an entry is of no dataset. They repeat parts of the bodies, for the index; verification compares them.
        kinds text[] not null,
        datasets text[] not null,
        actors text[] not null,
        -- Canonical JSON: the very texts that were hashed.
        bodies text[] not null,
        -- The hash before the first entry, and those of the entries.
        previous text not null,
        hashes text[] not null,
        -- Of the last entry.
        signature text,
        primary key (chain_id, first_seq),
        check (last_seq = first_seq + cardinality(bodies) - 1 and cardinality(bodies) > 0),
        check (cardinality(kinds) = cardinality(bodies) and cardinality(datasets) = cardinality(bodies) and cardinality(actors) = cardinality(bodies) and cardinality(hashes) = cardinality(bodies))
      );

      insert into dure_audit.block (chain_id, first_seq, last_seq, at, kinds, datasets, actors, bodies, previous, hashes, signature)
      select chain_id, min(seq), max(seq), at, array_agg(kind order by seq), array_agg(coalesce(dataset_id::text, '') order by seq), array_agg(actor order by seq),
        array_agg(body order by seq), (array_agg(previous order by seq))[1], array_agg(hash order by seq), (array_agg(signature order by seq desc))[1]
      from (
        select *, seq - row_number() over (partition by chain_id order by seq) as gaps,
          count(signature) over (partition by chain_id order by seq rows between unbounded preceding and 1 preceding) as signed
        from dure_audit.entry
      ) e group by chain_id, gaps, signed, at;

      drop table dure_audit.entry;

      -- Whole arrays: a look-up finds the blocks, and chooses among their entries. Small lists of what is pending: an unlucky insert sorts one in.
      create index block_terms on dure_audit.block using gin (datasets, actors, kinds) with (fastupdate = on, gin_pending_list_limit = 512);
      create index block_at on dure_audit.block (at);
      alter table dure_audit.block set (autovacuum_vacuum_insert_scale_factor = 0.05);

      create view dure_audit.entry as
        select b.chain_id, b.first_seq + e.place - 1 as seq, b.at, e.kind, nullif(e.dataset, '')::uuid as dataset_id, e.actor, e.body,
          case when e.place = 1 then b.previous else b.hashes[e.place - 1] end as previous, e.hash,
          case when b.first_seq + e.place - 1 = b.last_seq then b.signature end as signature,
          b.first_seq, b.last_seq, b.kinds, b.datasets, b.actors
        from dure_audit.block b cross join lateral unnest(b.kinds, b.datasets, b.actors, b.bodies, b.hashes) with ordinality e(kind, dataset, actor, body, hash, place);

      create or replace function dure_audit.refuse() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and tg_table_name in ('block', 'document') and current_setting('dure.audit_destroy', true) = 'on' then
          return old;
        end if;
        raise exception 'The audit is append-only: % on % is refused.', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end $$;
      create trigger append_only before update or delete on dure_audit.block for each row execute function dure_audit.refuse();
      create trigger never_truncated before truncate on dure_audit.block for each statement execute function dure_audit.refuse();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

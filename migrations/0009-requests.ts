import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Access requests with their events, suspended persons, and the revision by which every process follows who may still ask. */
export class Requests0009 implements MigrationInterface {
  name = 'Requests0009000000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Taken under its row's lock by whatever changes requests, suspensions or revoked tokens: revisions come in the order of commit.
      create table dure.standing_state (
        singleton boolean primary key default true check (singleton),
        revision bigint not null default 0
      );
      insert into dure.standing_state default values;

      create table dure.access_request (
        id uuid primary key default gen_random_uuid(),
        dataset_id uuid not null references dure.dataset,
        subject text not null,
        issuer text,
        name text,
        -- Of the requester, as they were asserted when the request was made: who shares one may not decide.
        organizations text[] not null default '{}',
        state text not null check (state in ('DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED', 'REVOKED', 'EXPIRED', 'WITHDRAWN')),
        wanted jsonb not null,
        approvals int not null default 0,
        -- Nothing is left of what was asked from then on: the end of the period, of the ethics approval, of the grant.
        closes timestamptz,
        begins timestamptz,
        ends timestamptz,
        conditions text[] not null default '{}',
        last_seq int not null default 0,
        created_at timestamptz not null default clock_timestamp(),
        submitted_at timestamptz,
        decided_at timestamptz,
        ended_at timestamptz,
        revision bigint not null,
        check (state <> 'APPROVED' or (begins is not null and ends is not null and begins < ends))
      );
      create unique index access_request_open on dure.access_request (dataset_id, subject, coalesce(issuer, '')) where state in ('DRAFT', 'SUBMITTED');
      create index access_request_dataset on dure.access_request (dataset_id, created_at desc, id desc);
      create index access_request_person on dure.access_request (subject, created_at desc, id desc);
      create index access_request_closes on dure.access_request (closes) where state in ('SUBMITTED', 'APPROVED');
      create index access_request_revision on dure.access_request (revision);

      create table dure.access_request_event (
        request_id uuid not null references dure.access_request,
        seq int not null check (seq > 0),
        at timestamptz not null,
        kind text not null,
        state text not null,
        actor_subject text,
        actor_issuer text,
        actor_name text,
        -- Not for the requester's eyes.
        internal boolean not null default false,
        text text,
        details jsonb,
        primary key (request_id, seq)
      );
      -- One vote a person, whichever of their tokens they use.
      create unique index access_request_vote on dure.access_request_event (request_id, actor_subject, coalesce(actor_issuer, '')) where kind in ('VOTED', 'APPROVED', 'REJECTED');

      create table dure.suspension (
        id uuid primary key default gen_random_uuid(),
        subject text not null,
        -- Where absent, whoever asserts the subject.
        issuer text,
        reason text not null,
        created_by text not null,
        created_at timestamptz not null default clock_timestamp(),
        lifted_at timestamptz,
        lifted_by text,
        revision bigint not null
      );
      create unique index suspension_live on dure.suspension (subject, coalesce(issuer, '')) where lifted_at is null;
      create index suspension_revision on dure.suspension (revision);

      -- The revision at which a token was revoked.
      alter table dure.api_token add column revocation bigint;
      create index api_token_revocation on dure.api_token (revocation) where revocation is not null;

      create function dure.refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only: % is refused.', tg_table_name, tg_op using errcode = 'insufficient_privilege';
      end $$;
      create trigger append_only before update or delete on dure.access_request_event for each row execute function dure.refuse_change();
      create trigger never_truncated before truncate on dure.access_request_event for each statement execute function dure.refuse_change();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

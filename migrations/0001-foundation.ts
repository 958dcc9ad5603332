import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The system's own tables in schema `dure`; rows of datasets lie in schema `dure_data`, one plain table a segment. */
export class Foundation0001 implements MigrationInterface {
  name = 'Foundation0001000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema if not exists dure;
      create schema if not exists dure_data;

      -- One row. Taking its lock makes revisions come in the order of commit, so a reader never misses one.
      create table dure.catalog_state (only_row boolean primary key default true check (only_row), revision bigint not null);
      insert into dure.catalog_state values (true, 0);

      create table dure.organization (
        id uuid primary key default gen_random_uuid(),
        slug text not null unique check (slug ~ '^[a-z][a-z0-9-]{0,62}$'),
        title text not null,
        title_ko text,
        homepage text,
        created_at timestamptz not null default now(),
        created_by text,
        revision bigint not null
      );

      create table dure.dataset (
        id uuid primary key default gen_random_uuid(),
        organization_id uuid not null references dure.organization,
        name text not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
        visibility text not null check (visibility in ('PUBLIC', 'REGISTERED', 'RESTRICTED')),
        listed boolean not null,
        embargo_until timestamptz,
        rules_revision int not null default 0,
        current_version_id uuid,
        created_at timestamptz not null default now(),
        created_by text,
        revision bigint not null,
        unique (organization_id, name)
      );
      create index dataset_revision on dure.dataset (revision);

      create table dure.rule_document (
        dataset_id uuid not null references dure.dataset,
        revision int not null,
        document jsonb not null,
        note text,
        created_at timestamptz not null default now(),
        created_by text,
        primary key (dataset_id, revision)
      );

      create table dure.version (
        id uuid primary key default gen_random_uuid(),
        dataset_id uuid not null references dure.dataset,
        major int not null,
        minor int not null,
        created_at timestamptz not null default now(),
        created_by text,
        note text,
        metadata jsonb not null,
        -- The tables with their columns and keys; the segments of each stand in version_segment.
        tables jsonb not null,
        descriptor jsonb not null,
        unique (dataset_id, major, minor)
      );
      alter table dure.dataset add foreign key (current_version_id) references dure.version deferrable initially deferred;

      create table dure.upload (
        id uuid primary key default gen_random_uuid(),
        blob text not null,
        content_type text not null,
        filename text,
        bytes bigint not null,
        sha256 text not null,
        created_at timestamptz not null default now(),
        created_by text not null
      );

      create table dure.job (
        id uuid primary key default gen_random_uuid(),
        kind text not null,
        state text not null check (state in ('QUEUED', 'INITIALIZING', 'RUNNING', 'PAUSED', 'COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELING', 'CANCELED')),
        organization_id uuid references dure.organization,
        dataset_id uuid references dure.dataset,
        input jsonb not null,
        -- Who asked, as asserted then: the job is authorized again under it when it runs.
        identity jsonb not null,
        created_by text,
        idempotency_key text,
        attempts int not null default 0,
        max_attempts int not null default 3,
        run_after timestamptz not null default now(),
        lease_owner text,
        lease_until timestamptz,
        -- Grows with each lease: a write under an older number is refused.
        fence int not null default 0,
        last_seq int not null default 0,
        progress jsonb,
        result jsonb,
        error jsonb,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz
      );
      create unique index job_idempotency on dure.job (created_by, idempotency_key) where idempotency_key is not null;
      create index job_queue on dure.job (run_after, created_at) where state in ('QUEUED');
      create index job_live on dure.job (lease_until) where state in ('INITIALIZING', 'RUNNING', 'CANCELING');
      create index job_recent on dure.job (created_at desc, id desc);

      create table dure.job_event (
        job_id uuid not null references dure.job on delete cascade,
        seq int not null,
        at timestamptz not null default clock_timestamp(),
        state text not null,
        phase text,
        done double precision,
        total double precision,
        unit text,
        message text,
        details jsonb,
        primary key (job_id, seq)
      );

      -- A segment is registered before its table is made, so that what a dead job left can be found and dropped.
      create table dure.segment (
        physical text primary key check (physical ~ '^s[0-9]+$'),
        job_id uuid references dure.job,
        state text not null check (state in ('LOADING', 'LIVE')),
        rows bigint,
        created_at timestamptz not null default now()
      );
      create sequence dure.segment_number;

      create table dure.version_segment (
        version_id uuid not null references dure.version,
        table_name text not null,
        ordinal int not null,
        physical text not null references dure.segment,
        primary key (version_id, table_name, ordinal)
      );

      create table dure.api_token (
        id uuid primary key default gen_random_uuid(),
        name text not null,
        hash text not null unique,
        hash_key_id text not null,
        -- The identity that the token stands for, as it was asserted when the token was made.
        identity jsonb not null,
        scopes text[] not null,
        created_by text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz
      );
      create index api_token_owner on dure.api_token (created_by);

      -- Durations as ISO 8601, whatever the session's settings are (a pooler may share sessions).
      create function dure.iso_duration(interval) returns text language sql immutable strict parallel safe set intervalstyle to iso_8601 as 'select $1::text';

      -- Each server process tells how far its catalog is, so that a publication can wait until all have moved.
      create table dure.process (
        id uuid primary key,
        role text not null,
        host text not null,
        pid int not null,
        started_at timestamptz not null default now(),
        alive_until timestamptz not null,
        catalog_revision bigint not null default 0
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}

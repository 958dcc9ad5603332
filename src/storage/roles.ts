/**
 * What each database role may do. The owner runs migrations and nothing else; the server reads rows and appends to the audit; the loader
 * writes rows and cannot read the audit. The roles themselves are made by whoever administers the database (deploy/roles.sql).
 */
import { DataSource } from 'typeorm';
import { DureError } from '../errors.js';

export interface RoleNames {
  readonly server: string;
  readonly loader: string;
}

/** The role that a database address signs in as. */
export function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

/** Run by the owner after migrations, each time: it also grants what new migrations made. */
export async function grantRoles(owner: DataSource, { server, loader }: RoleNames): Promise<void> {
  const [s, l] = [quoted(server), quoted(loader)];
  const both = server === loader ? s : `${s}, ${l}`;
  await owner.transaction(async (manager) => {
    // Two starts at once would update the same privileges; PostgreSQL refuses that instead of waiting.
    await manager.query('select pg_advisory_xact_lock($1)', [0x44757266]);
    // Tables from a time when one role did all become the loader's, where the owner may give them away.
    const [{ member }] = await manager.query<[{ member: boolean }]>(`select pg_has_role(current_user, $1::text, 'MEMBER') as member`, [loader]);
    const tables = member ? await manager.query<{ name: string }[]>(`select quote_ident(tablename) as name from pg_tables where schemaname = 'dure_data' and tableowner <> $1`, [loader]) : [];
    await manager.query(`grant create, usage on schema dure_data to ${l}`);
    for (const { name } of tables) await manager.query(`alter table dure_data.${name} owner to ${l}`);
    await manager.query(`
      revoke all on schema dure, dure_data, dure_audit from public;
      grant usage on schema dure, dure_data to ${both};
      grant usage on schema dure_audit to ${s};
      grant select, insert, update, delete on all tables in schema dure to ${both};
      grant usage, select on all sequences in schema dure to ${both};
      revoke insert, update, delete on dure.migration from ${both};
      grant select on all tables in schema dure_data to ${both};
      grant create on schema dure_data to ${l};
      grant select, insert on all tables in schema dure_audit to ${s};
      grant update (writer, chained_at) on dure_audit.pending to ${s};
      revoke update, delete on dure.access_request_event from ${both};
      revoke delete on dure.incident, dure.erasure from ${both};
      revoke update, delete on dure.erasure_version from ${both};
    `);
    if (server === loader) return;
    await manager.query(`
      revoke insert, update, delete on dure.segment, dure.version_segment, dure.derived_segment from ${s};
      -- A source elsewhere has versions without segments, which the server registers.
      revoke update, delete on dure.version from ${s};
      revoke insert, update, delete on dure.release from ${s};
      revoke update on dure.release from ${l};
      grant update (state) on dure.release to ${l};
      -- What was paid stays paid.
      revoke delete on dure.noise_account, dure.noise_question from ${both};
      revoke update on dure.noise_question from ${both};
      revoke insert on dure.erasure_version from ${s};
      revoke update on dure.erasure from ${s};
      grant update (renewed_at, renewed_by, renew_reason) on dure.erasure to ${s};
      revoke usage on sequence dure.segment_number from ${s};
      revoke create on schema dure_data from ${s};
      revoke all on dure.api_token from ${l};
      grant select (id, revoked_at) on dure.api_token to ${l};
      revoke insert, update, delete on dure.access_request, dure.access_request_event, dure.suspension, dure.standing_state, dure.incident from ${l};
      revoke insert, update on dure.erasure from ${l};
      grant update (completed_at, sealed, recorded_at, exports) on dure.erasure to ${l};
      revoke all on all tables in schema dure_audit from ${l};
      revoke all on schema dure_audit from ${l};
    `);
  });
}

/** Run as the loader: the server may read what it will make. Only the maker of a table can promise that. */
export async function openSegments(loaderUrl: string, server: string): Promise<void> {
  if (roleOf(loaderUrl) === server) return;
  const loader = await new DataSource({ type: 'postgres', url: loaderUrl, poolSize: 1 }).initialize();
  try {
    await loader.query(`alter default privileges in schema dure_data grant select on tables to ${quoted(server)}`);
  } finally {
    await loader.destroy();
  }
}

/** Roles of the embedded database, so that it is held as apart as a site's. */
export async function ensureEmbeddedRoles(ownerUrl: string): Promise<RoleNames> {
  const password = new URL(ownerUrl).password;
  const owner = await new DataSource({ type: 'postgres', url: ownerUrl, poolSize: 1 }).initialize();
  try {
    for (const role of [embeddedRoles.server, embeddedRoles.loader]) {
      const [found] = await owner.query<unknown[]>('select 1 from pg_roles where rolname = $1', [role]);
      const [{ statement }] = await owner.query<[{ statement: string }]>(`select format($1, $2::text, $3::text) as statement`, [`${found ? 'alter' : 'create'} role %I login password %L`, role, password]);
      await owner.query(statement);
    }
  } finally {
    await owner.destroy();
  }
  return embeddedRoles;
}
const embeddedRoles: RoleNames = { server: 'dure_server', loader: 'dure_loader' };

export function asRole(url: string, role: string): string {
  const changed = new URL(url);
  changed.username = role;
  return changed.href;
}

/** @throws DureError CONFLICT where the database is older than this program and this process may not migrate it. */
export async function requireMigrated(dataSource: DataSource): Promise<void> {
  const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const done = await dataSource.query<{ name: string }[]>('select name from dure.migration').catch((cause: unknown) => {
    throw new DureError('CONFLICT', 'The database has not been set up for this role. Run "dure migrate" with DURE_DATABASE_OWNER_URL, DURE_DATABASE_SERVER_URL and DURE_DATABASE_LOADER_URL.', {}, { cause });
  });
  const missing = known.filter((name) => !done.some((row) => row.name === name));
  if (missing.length > 0) throw new DureError('CONFLICT', `The database lacks ${missing.join(', ')}, and this process has no DURE_DATABASE_OWNER_URL. Run "dure migrate" first.`);
}

function quoted(role: string): string {
  return `"${role.replaceAll('"', '""')}"`;
}

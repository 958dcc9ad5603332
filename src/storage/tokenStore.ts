import { randomUUID } from 'node:crypto';
import { In, IsNull, MoreThan, type DataSource, type EntityManager, type QueryDeepPartialEntity, type Repository } from 'typeorm';
import { DureError } from '../errors.js';
import { newApiToken } from '../identity/apiToken.js';
import { hasScope, isAdministrator, type Identity, type LeftOut, type Membership, type Scope } from '../identity/identity.js';
import { makeIdentity } from '../identity/makeIdentity.js';
import type { SecretKeys } from '../identity/secretKeys.js';
import { grantToken, type TokenRequest } from '../identity/tokenGrant.js';
import type { Within } from '../transaction.js';
import { announceStanding, nextStanding } from './standingRevision.js';
import { ApiTokenRow, type StoredAssertions } from './entities/apiToken.js';

/** What may be shown of a token: never the token. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly memberships: readonly Membership[];
  readonly roles: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

export interface TokenStoreOptions {
  readonly now?: () => number;
  readonly warn?: (message: string) => void;
  /** Told each token that this process revokes, so that what it remembers of it is dropped (Identifier.forget). */
  readonly onRevoked?: (tokenId: string) => void;
}

const hashPurpose = 'api-token';
const mostLiveTokens = 200;
const useNotedEvery = 60_000;
/** Owner of the tokens that the server itself made (`dure tokens create` beside the database). */
const systemOwner = 'system';

/** API tokens, kept as hashes. `find` is the strategy that Identifier asks. */
export class TokenStore {
  readonly #dataSource: DataSource;
  readonly #keys: SecretKeys;
  readonly #now: () => number;
  readonly #warn: (message: string) => void;
  readonly #onRevoked: (tokenId: string) => void;

  constructor(dataSource: DataSource, keys: SecretKeys, options: TokenStoreOptions = {}) {
    this.#dataSource = dataSource;
    this.#keys = keys;
    this.#now = options.now ?? Date.now;
    this.#warn = options.warn ?? (() => {});
    this.#onRevoked = options.onRevoked ?? (() => {});
  }

  get #rows(): Repository<ApiTokenRow> {
    return this.#dataSource.getRepository(ApiTokenRow);
  }

  /** Makes a token that can do at most what its creator can. The token is in the answer and nowhere else. */
  async create(request: TokenRequest, within: Within<TokenRecord>): Promise<{ readonly token: string; readonly record: TokenRecord }> {
    const { identity } = request;
    const now = this.#now();
    const grant = grantToken(request, now);
    const token = newApiToken();
    const id = randomUUID();
    const row = this.#rows.create({
      id,
      name: grant.name,
      hash: this.#keys.mac(hashPurpose, token, this.#keys.newestId),
      hashKeyId: this.#keys.newestId,
      identity: assertions(identity, grant, id, now),
      scopes: [...grant.scopes],
      createdBy: owner(identity),
      createdAt: new Date(now),
      expiresAt: grant.expiresAt,
    });
    await this.#dataSource.transaction(async (manager) => {
      if (identity.tokenId !== undefined) row.identity = { ...row.identity, madeWith: await lockLineage(manager, identity.tokenId) };
      await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`api_token ${row.createdBy}`]);
      const live = await manager.countBy(ApiTokenRow, { createdBy: row.createdBy, revokedAt: IsNull(), expiresAt: MoreThan(new Date(now)) });
      if (live >= mostLiveTokens) throw new DureError('LIMIT_EXCEEDED', `You have ${live} API tokens; ${mostLiveTokens} are the most. Revoke some first.`);
      await manager.insert(ApiTokenRow, row as QueryDeepPartialEntity<ApiTokenRow>);
      await within(manager, record(row));
    });
    return { token, record: record(row) };
  }

  /** The tokens that this caller may manage, newest first: a person's own; of an API token itself and what was made with it. */
  async list(identity: Identity): Promise<TokenRecord[]> {
    if (identity.kind === 'anonymous') return [];
    const rows = await this.#rows.find({ where: identity.tokenId === undefined ? { createdBy: owner(identity) } : [{ createdBy: owner(identity) }, { id: identity.tokenId }], order: { createdAt: 'DESC', id: 'DESC' } });
    return rows.filter((row) => mayManage(row, identity)).map(record);
  }

  /** Ends a token and every token that was made with it. Whoever may not see the token learns nothing of it. */
  async revoke(id: string, by: Identity, within: Within<TokenRecord>): Promise<TokenRecord> {
    const row = isUuid(id) ? await this.#rows.findOneBy({ id }) : null;
    const allowed = row !== null && by.kind !== 'anonymous' && (mayManage(row, by) || (isAdministrator(by) && hasScope(by, 'admin')));
    if (!row || !allowed) throw new DureError('NOT_FOUND', 'You have no API token with this id.');
    const revokedAt = new Date(this.#now());
    const revoked = record({ ...row, revokedAt: row.revokedAt ?? revokedAt });
    const descendants = await this.#dataSource.transaction(async (manager) => {
      const revision = await nextStanding(manager);
      // Two statements: the first waits for a token that is being made with this one, the second sees it.
      await manager.query('update dure.api_token set revoked_at = coalesce(revoked_at, $2), revocation = $3 where id = $1', [id, revokedAt, revision]);
      const [made] = await manager.query<[{ id: string }[], number]>(`update dure.api_token set revoked_at = $2, revocation = $3 where identity->'madeWith' ? $1::text and revoked_at is null returning id`, [id, revokedAt, revision]);
      await within(manager, revoked);
      return made.map((each) => each.id);
    });
    for (const each of [row.id, ...descendants]) this.#onRevoked(each);
    await announceStanding(this.#dataSource);
    return revoked;
  }

  /**
   * The identity that a token stands for.
   * @throws DureError UNAUTHENTICATED when it is unknown, revoked or expired; DATABASE_UNAVAILABLE when that cannot be found out.
   */
  async find(token: string): Promise<Identity> {
    const row = await this.#findRow(token);
    if (!row) throw new DureError('UNAUTHENTICATED', 'This API token is not known here: it is another server\'s, or its key was taken out of use.');
    if (row.revokedAt) throw new DureError('UNAUTHENTICATED', `This API token was revoked at ${row.revokedAt.toISOString()}.`);
    const now = this.#now();
    const expiresAt = row.expiresAt?.getTime() ?? 0;
    if (expiresAt <= now) throw new DureError('UNAUTHENTICATED', `This API token expired at ${new Date(expiresAt).toISOString()}. Make a new one.`);
    if ((row.lastUsedAt?.getTime() ?? 0) <= now - useNotedEvery) await this.#noteUse(row.id, now);
    const { madeWith: _, ...asserted } = row.identity;
    const visas = asserted.visas.filter((visa) => visa.expiresAt > now);
    return makeIdentity({ ...asserted, kind: 'token', visas, scopes: row.scopes, tokenId: row.id, expiresAt: Math.min(expiresAt, ...visas.map((visa) => visa.expiresAt)) });
  }

  async #findRow(token: string): Promise<ApiTokenRow | undefined> {
    const hashes = new Map(this.#keys.ids.map((id) => [id, this.#keys.mac(hashPurpose, token, id)]));
    try {
      const rows = await this.#rows.findBy({ hash: In([...hashes.values()]) });
      return rows.find((row) => hashes.get(row.hashKeyId) === row.hash);
    } catch (cause) {
      throw new DureError('DATABASE_UNAVAILABLE', 'The API token cannot be checked now. Try again in a moment.', {}, { cause });
    }
  }

  async #noteUse(id: string, now: number): Promise<void> {
    try {
      await this.#dataSource.query('update dure.api_token set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at <= $3)', [id, new Date(now), new Date(now - useNotedEvery)]);
    } catch (error) {
      this.#warn(`The last use of API token ${id} could not be noted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function owner(identity: Identity): string {
  return identity.kind === 'system' ? systemOwner : identity.subject ?? systemOwner;
}

/**
 * Subjects are unique within their issuer only. An API token without the scope `admin` reaches itself and what was made with it,
 * so that one that leaked cannot put an end to all the others.
 */
function mayManage(row: ApiTokenRow, identity: Identity): boolean {
  if (row.createdBy !== owner(identity) && row.id !== identity.tokenId) return false;
  if ((row.identity.issuer ?? null) !== (identity.issuer ?? null)) return false;
  if (identity.kind !== 'token' || hasScope(identity, 'admin')) return true;
  return row.id === identity.tokenId || row.identity.madeWith.includes(identity.tokenId ?? '');
}

/** The token in use and those it was made with, locked so that a revocation of any of them waits and then sees the new one. */
async function lockLineage(manager: EntityManager, tokenId: string): Promise<string[]> {
  const parent = await manager.findOneBy(ApiTokenRow, { id: tokenId });
  const lineage = [...(parent?.identity.madeWith ?? []), tokenId];
  const locked = await manager.find(ApiTokenRow, { where: { id: In(lineage) }, lock: { mode: 'pessimistic_read' }, order: { id: 'ASC' } });
  if (locked.length < lineage.length || locked.some((row) => row.revokedAt)) throw new DureError('UNAUTHENTICATED', 'The API token you use was revoked.');
  return lineage;
}

function assertions(identity: Identity, grant: LeftOut & { readonly leftOut?: LeftOut }, id: string, now: number): StoredAssertions {
  return {
    // A token that the server made stands for nobody else, so it is a subject of its own.
    subject: identity.subject ?? `token:${id}`,
    issuer: identity.issuer,
    name: identity.name,
    memberships: grant.memberships,
    roles: grant.roles,
    ...(grant.leftOut && { leftOut: grant.leftOut }),
    ...(identity.incomplete && { incomplete: identity.incomplete }),
    country: identity.country,
    affiliations: identity.affiliations,
    visas: identity.visas.filter((visa) => visa.expiresAt > now),
    claims: identity.claims,
    madeWith: [],
  };
}

function record(row: ApiTokenRow): TokenRecord {
  return Object.freeze({
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    memberships: row.identity.memberships,
    roles: row.identity.roles,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    revokedAt: row.revokedAt ?? undefined,
  });
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

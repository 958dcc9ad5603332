/** Row of `dure.api_token` for TypeORM: columns only. */
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Identity, Scope } from '../../identity/identity.js';

/** What was asserted of the creator when the token was made. */
export interface StoredAssertions extends Pick<Identity, 'subject' | 'issuer' | 'name' | 'memberships' | 'roles' | 'leftOut' | 'incomplete' | 'country' | 'affiliations' | 'visas' | 'claims'> {
  /** Ids of the API tokens that this one was made with, directly or not: it ends when one of them is revoked. */
  readonly madeWith: readonly string[];
}

@Entity({ name: 'api_token', schema: 'dure' })
export class ApiTokenRow {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column('text') name!: string;
  /** HMAC-SHA-256 of the token under the key `hashKeyId`: the table alone neither holds a token nor lets one be guessed. */
  @Column('text') hash!: string;
  @Column('text', { name: 'hash_key_id' }) hashKeyId!: string;
  @Column('jsonb') identity!: StoredAssertions;
  @Column('text', { array: true }) scopes!: Scope[];
  @Column('text', { name: 'created_by' }) createdBy!: string;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
}

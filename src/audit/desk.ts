/** The audit as commands beside the server work on it: over a connection of their own, and recording what they do in a chain of their own. */
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DureError } from '../errors.js';
import { ChangeLog } from './changeLog.js';
import { DatabaseArchive } from './databaseArchive.js';
import { systemActor, type Actor } from './event.js';
import { HeadFiles, readHeadFiles } from './headFile.js';
import { holdingWriterLock } from './pending.js';
import { loadSigningKey, type SigningKey } from './signingKey.js';
import { verifyAudit, type Verification, type VerifyOptions } from './verify.js';
import { AuditWriter } from './writer.js';

export interface DeskOptions {
  readonly url: string;
  readonly dataDirectory: string;
  readonly signingKey?: string;
  readonly trustedKeys: readonly string[];
  readonly graceMs?: number;
}

export interface AuditDesk {
  readonly pool: pg.Pool;
  readonly archive: DatabaseArchive;
  readonly key: SigningKey;
  readonly trusted: ReadonlySet<string>;
  readonly writer: AuditWriter;
  /** Who works here. */
  readonly actor: Actor;
  /** Chains what processes that died have left. */
  adopt(): Promise<void>;
  /** Against the heads that this machine noted, and those given. What dead processes left is chained before. */
  verify(options?: Partial<VerifyOptions>): Promise<Verification>;
  /** @throws DureError CONFLICT where it does not */
  requireSound(): Promise<Verification>;
  close(): Promise<void>;
}

/** A server that lost its database has connected anew by then. */
const usualGraceMs = 10_000;

export function openDesk({ url, dataDirectory, signingKey, trustedKeys, graceMs = usualGraceMs }: DeskOptions): AuditDesk {
  const id = randomUUID();
  const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'dure audit', connectionTimeoutMillis: 10_000, ...holdingWriterLock(id) });
  // A connection that is lost while nothing runs on it is nobody's failure: the next statement gets another.
  pool.on('error', () => undefined);
  const key = loadSigningKey(signingKey, dataDirectory);
  const trusted = new Set([key.id, ...trustedKeys]);
  const archive = new DatabaseArchive(pool);
  const directory = headDirectory(dataDirectory);
  const who = `${userInfo().username}@${hostname()}`;
  const writer = new AuditWriter({ pool, key, heads: new HeadFiles(directory), process: `command ${who}:${process.pid}` });
  const changes = new ChangeLog({ writer, id, pool, key, trusted, graceMs });
  const desk: AuditDesk = {
    pool, archive, key, trusted, writer, actor: systemActor(who),
    async adopt() {
      if (await changes.adopt()) {
        await new Promise((over) => setTimeout(over, graceMs));
        await changes.adopt();
      }
    },
    async verify(options = {}) {
      await desk.adopt();
      // Noted first: what is appended meanwhile must not look as if it had been cut off.
      const anchored = [...readHeadFiles(directory), ...(options.anchored ?? [])];
      return verifyAudit(archive, { trusted, ...options, anchored });
    },
    async requireSound() {
      const verification = await desk.verify();
      if (!verification.sound) throw new DureError('CONFLICT', `The audit does not verify, and nothing was done: ${verification.findings[0]!.message}${verification.findings.length > 1 ? ` (and ${verification.findings.length - 1} more)` : ''}. Run "dure audit verify".`);
      return verification;
    },
    async close() {
      await writer.close();
      await pool.end();
    },
  };
  return desk;
}

export function headDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'audit-heads');
}

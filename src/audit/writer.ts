/**
 * The one writer of a process. Entries of concurrent requests gather while a group is being committed and go in the next one: a commit is
 * paid once a group. Who waits is released after the commit, so whatever was answered is recorded, also after kill -9.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { DureError } from '../errors.js';
import { Lru } from '../lru.js';
import { Chain, digest, headMessage, storableText, type ChainedEntry, type Head } from './chain.js';
import { systemActor, type AccessEvent, type Actor, type Audit, type AuditEvent, type ChangeEvent, type RetentionYears } from './event.js';
import { retentionOfChanges } from './governed.js';
import { insertBlocks, insertDocuments, newestHeads, registerChain, registerKey, type Block } from './group.js';
import type { HeadFiles } from './headFile.js';
import type { SigningKey } from './signingKey.js';

/** The text of an operation, under the digest that its entries name. */
export interface AuditedDocument { readonly digest: string; readonly text: string }

export function auditedDocument(text: string): AuditedDocument {
  const storable = storableText(text);
  return { digest: digest(storable), text: storable };
}

export interface RetainedAccess { readonly event: AccessEvent; readonly years: RetentionYears }

export interface AccessLog {
  /** An answer is being made whose access will be told: groups wait for it a little. Call what is returned when it has been told, or will not be. */
  expect(): () => void;
  /** All in one group, with the operation's text where it is kept. Resolves when they are durable. @throws DureError DATABASE_UNAVAILABLE */
  accesses(accesses: readonly RetainedAccess[], document: AuditedDocument | undefined): Promise<void>;
  /** Resolves at once, when there is room; a crash within the next moment loses them. @throws DureError DATABASE_UNAVAILABLE when too many are waiting. */
  accessesLater(accesses: readonly RetainedAccess[], document: AuditedDocument | undefined): void;
}

export interface AuditWriterOptions {
  readonly pool: Pool;
  readonly key: SigningKey;
  /** Whose chains these are, e.g. `all host:pid`. */
  readonly process?: string;
  readonly heads?: HeadFiles;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

interface Waiting {
  readonly items: readonly { readonly event: AuditEvent; readonly years: RetentionYears }[];
  readonly document?: AuditedDocument;
  readonly done?: () => void;
  readonly failed?: (error: unknown) => void;
}

const largestGroup = 500;
const fullGroup = 64;
const gatherMs = 2;
const lazyMs = 20;
const mostWaiting = 20_000;
const longestPauseMs = 5_000;

export class AuditWriter implements Audit, AccessLog {
  private readonly chains = new Map<RetentionYears, Chain>();
  private readonly documents = new Lru<string, true>(10_000);
  private readonly process: string;
  private readonly now: () => number;
  private queue: Waiting[] = [];
  /** Linked but not known to be committed: it must be written before anything else, since the chain goes through it. */
  private unconfirmed: readonly Block[] = [];
  private draining: Promise<void> | undefined;
  private expected = 0;
  /** Set while a group waits for others. */
  private gathered: (() => void) | undefined;
  /** Set while a group that nobody waits for gathers. */
  private lazy = false;
  private failing = false;
  private keyKnown = false;
  private closing = false;

  constructor(private readonly options: AuditWriterOptions) {
    this.now = options.now ?? Date.now;
    this.process = options.process ?? `${hostname()}:${process.pid}`;
  }

  record(event: ChangeEvent): Promise<void> {
    return this.wait({ items: [{ event, years: retentionOfChanges }] });
  }

  expect(): () => void {
    this.expected += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.expected -= 1;
      if (this.expected === 0 && !this.lazy) this.gathered?.();
    };
  }

  accesses(items: readonly RetainedAccess[], document: AuditedDocument | undefined): Promise<void> {
    return this.wait({ items, document });
  }

  accessesLater(items: readonly RetainedAccess[], document: AuditedDocument | undefined): void {
    this.push({ items, document });
  }

  /** Heads of this process's chains. */
  get heads(): readonly Head[] {
    return [...this.chains.values()].map((chain) => chain.head);
  }

  /** Writes what waits, and the end of each chain. What cannot be written in ten seconds is given up. */
  async close(): Promise<void> {
    if (this.closing) return;
    await this.settled();
    const ends = [...this.chains.keys()].map((years) => ({ event: { kind: 'CHAIN_ENDED', actor: systemActor(this.process) } as const, years }));
    const last = ends.length > 0 ? this.wait({ items: ends }) : Promise.resolve();
    this.closing = true;
    if (this.lazy) this.gathered?.();
    await last.catch(() => undefined);
    await this.settled();
    this.options.heads?.close();
  }

  private wait(waiting: Waiting): Promise<void> {
    return new Promise((done, failed) => this.push({ ...waiting, done, failed }));
  }

  private push(waiting: Waiting): void {
    if (this.closing || this.queue.length >= mostWaiting) throw unavailable(undefined);
    if (this.failing && waiting.done) {
      // It is kept and written as soon as that is possible, but nobody gets an answer that may be lost from the audit.
      this.queue.push({ items: waiting.items, document: waiting.document });
      throw unavailable(undefined);
    }
    this.queue.push(waiting);
    if (this.lazy ? isWaitedFor(waiting) || this.queue.length >= largestGroup : this.queue.length >= fullGroup) this.gathered?.();
    this.drain();
  }

  private drain(): void {
    this.draining ??= this.run().finally(() => { this.draining = undefined; if (this.queue.length > 0) this.drain(); });
  }

  private async settled(): Promise<void> {
    const late = new Promise<void>((done) => setTimeout(done, 10_000).unref());
    while (this.draining) {
      const over = await Promise.race([this.draining.then(() => false), late.then(() => true)]);
      if (over) return this.options.log?.('the audit could not be written before the end', { entries: this.queue.length + this.unconfirmed.reduce((sum, { entries }) => sum + entries.length, 0) });
    }
  }

  private async run(): Promise<void> {
    let pause = 50;
    while (this.queue.length > 0 || this.unconfirmed.length > 0) {
      await this.gather();
      const group = this.unconfirmed.length > 0 ? [] : this.queue.splice(0, largestGroup);
      try {
        if (group.length > 0) await this.begin(group);
        await insertBlocks(this.options.pool, this.unconfirmed, group.length === 0);
        for (const { entries } of this.unconfirmed) this.options.heads?.note(headOf(entries.at(-1)!));
        this.unconfirmed = [];
        this.failing = false;
        pause = 50;
        for (const { done } of group) done?.();
      } catch (error) {
        if (!this.failing) this.options.log?.('the audit cannot be written; governed datasets are not answered until it can', { reason: (error as Error).message });
        this.failing = true;
        for (const { failed } of group) failed?.(unavailable(error));
        this.refuseWaiting(error, this.unconfirmed.length > 0 ? [] : group);
        if (this.closing) return;
        await new Promise((next) => setTimeout(next, pause).unref());
        pause = Math.min(pause * 2, longestPauseMs);
      }
    }
  }

  /**
   * A commit costs as much for one entry as for twenty. While nobody waits for an entry, entries gather for longer; else a group waits, for a
   * moment at most, for those of answers that are being made.
   */
  private async gather(): Promise<void> {
    // What arrives in this turn of the loop goes in the group.
    await new Promise<void>((next) => setImmediate(next));
    this.lazy = !this.closing && this.queue.length < largestGroup && !this.queue.some(isWaitedFor);
    if (this.lazy) await this.pause(lazyMs);
    this.lazy = false;
    if (this.expected > 0 && this.queue.length < fullGroup) await this.pause(gatherMs);
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      this.gathered = () => { clearTimeout(timer); done(); };
    });
    this.gathered = undefined;
  }

  /** Nobody waits any longer, but their entries stay in the queue. */
  private refuseWaiting(error: unknown, unlinked: readonly Waiting[]): void {
    for (const { failed } of this.queue) failed?.(unavailable(error));
    this.queue = [...unlinked, ...this.queue].map(({ items, document }) => ({ items, document }));
  }

  /** Everything that the group needs in the database, then its place in the chains; from there on it is unconfirmed. */
  private async begin(group: readonly Waiting[]): Promise<void> {
    const { pool, key } = this.options;
    if (!this.keyKnown) await registerKey(pool, key);
    this.keyKnown = true;
    const documents = new Map(group.flatMap(({ document }) => (document && !this.documents.get(document.digest) ? [[document.digest, document.text] as const] : [])));
    if (documents.size > 0) await insertDocuments(pool, documents);
    for (const text of documents.keys()) this.documents.set(text, true);
    const fresh = [];
    for (const years of new Set(group.flatMap(({ items }) => items.map((item) => item.years)))) {
      if (!this.chains.has(years)) fresh.push(await this.newChain(years));
    }
    // Nothing below may fail: a place in a chain that is taken and not written would be a gap for ever.
    const now = this.now();
    const blocks = new Map<RetentionYears, Draft>();
    const link = (event: AuditEvent, years: RetentionYears): void => {
      const chain = this.chains.get(years)!;
      const entry = chain.append(event, now, randomUUID());
      let block = blocks.get(years);
      if (!block) blocks.set(years, (block = { chain: chain.id, at: entry.at, entries: [], kinds: [], datasets: [], actors: [] }));
      block.entries.push(entry);
      block.kinds.push(event.kind);
      block.datasets.push(event.dataset?.id ?? '');
      block.actors.push(storedActor(event.actor));
    };
    for (const { chain, heads } of fresh) {
      this.chains.set(chain.years, chain);
      link({ kind: 'CHAIN_STARTED', actor: systemActor(this.process), details: { chain: chain.id, retentionYears: chain.years, heads: heads.map((head) => ({ ...head })) } }, chain.years);
    }
    for (const { items } of group) for (const { event, years } of items) link(event, years);
    this.unconfirmed = [...blocks.values()].map((block) => ({ ...block, signature: key.sign(headMessage(block.entries.at(-1)!)) }));
  }

  private async newChain(years: RetentionYears): Promise<{ readonly chain: Chain; readonly heads: readonly Head[] }> {
    const heads = await newestHeads(this.options.pool);
    const chain = new Chain(randomUUID(), years);
    await registerChain(this.options.pool, chain.id, years, this.process);
    return { chain, heads };
  }
}

function isWaitedFor({ done }: Waiting): boolean {
  return done !== undefined;
}

interface Draft {
  readonly chain: string;
  readonly at: string;
  readonly entries: ChainedEntry[];
  readonly kinds: string[];
  readonly datasets: string[];
  readonly actors: string[];
}

function headOf({ chain, seq, hash }: ChainedEntry): Head {
  return { chain, seq, hash };
}

const storedActors = new WeakMap<Actor, string>();

function storedActor(actor: Actor): string {
  let text = storedActors.get(actor);
  if (text === undefined) storedActors.set(actor, (text = storableText(actorKey(actor))));
  return text;
}

/** Who it is, for look-ups: subjects are unique within their issuer only. */
export function actorKey({ kind, issuer, subject }: Pick<Actor, 'kind' | 'issuer' | 'subject'>): string {
  return subject === undefined ? kind : `${issuer ?? ''}|${subject}`;
}

function unavailable(cause: unknown): DureError {
  return new DureError('DATABASE_UNAVAILABLE', 'The access could not be recorded, and what is not recorded is not answered. Try again shortly.', {}, { cause });
}

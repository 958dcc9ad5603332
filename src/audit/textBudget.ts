/**
 * How much new text of operations the audit keeps of one caller. A text is kept once under its digest, but anybody can send ever new ones,
 * without signing in too: of what goes beyond the budget an entry holds the digest alone, and says so.
 */
import { Lru } from '../lru.js';
import type { Actor } from './event.js';
import { actorKey, type AuditedDocument } from './writer.js';

export interface TextBudgetOptions {
  /** Of new texts of one caller in a day (UTC); all anonymous callers are one. */
  readonly bytesPerDay: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface TextsKept {
  readonly kept: number;
  readonly keptBytes: number;
  readonly digestOnly: number;
  readonly digestOnlyBytes: number;
}

interface Used { readonly day: number; bytes: number }

const day = 86_400_000;
const callersKnown = 10_000;
const textsKnown = 10_000;

/** Of one process, since its start: several servers keep so much each. */
export class TextBudget {
  private readonly used = new Lru<string, Used>(callersKnown);
  private readonly texts = new Lru<string, true>(textsKnown);
  /** Those of prepared operations are looked up by themselves: that is nearly every one. */
  private readonly documents = new WeakSet<AuditedDocument>();
  private counted = { kept: 0, keptBytes: 0, digestOnly: 0, digestOnlyBytes: 0 };

  constructor(private readonly options: TextBudgetOptions) {}

  get counts(): TextsKept {
    return this.counted;
  }

  /** Whether the audit keeps the text. One that it keeps already costs nothing. */
  keeps(document: AuditedDocument, actor: Pick<Actor, 'kind' | 'issuer' | 'subject'>): boolean {
    if (this.documents.has(document)) return true;
    const known = this.texts.get(document.digest) !== undefined;
    if (!known && !this.pay(actorKey(actor), Buffer.byteLength(document.text))) return false;
    this.texts.set(document.digest, true);
    this.documents.add(document);
    return true;
  }

  private pay(caller: string, bytes: number): boolean {
    const today = Math.floor((this.options.now ?? Date.now)() / day);
    let used = this.used.get(caller);
    if (used?.day !== today) this.used.set(caller, (used = { day: today, bytes: 0 }));
    if (used.bytes + bytes > this.options.bytesPerDay) {
      this.counted = { ...this.counted, digestOnly: this.counted.digestOnly + 1, digestOnlyBytes: this.counted.digestOnlyBytes + bytes };
      return false;
    }
    used.bytes += bytes;
    this.counted = { ...this.counted, kept: this.counted.kept + 1, keptBytes: this.counted.keptBytes + bytes };
    return true;
  }
}

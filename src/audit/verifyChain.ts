/** One chain, entry by entry: what does not fit is told once, and the chain is taken up again behind it. */
import type { Segment, StoredEntry } from './archive.js';
import { digest, genesis, hashOf, headMessage, type Head } from './chain.js';
import type { PublicKeys } from './signingKey.js';
import type { Finding } from './verify.js';
import { actorKey } from './writer.js';
import type { Actor } from './event.js';
import { canonicalJson } from '../canonicalJson.js';

export interface ChainFacts {
  readonly keys: PublicKeys;
  readonly partial: boolean;
  readonly segments: readonly Segment[];
  readonly destroyed: readonly Segment[];
  /** Heads noted outside this chain. */
  readonly known: readonly Head[];
  readonly tell: (finding: Finding) => void;
  /** Told the id of each change that is in the chain. */
  readonly chained: (change: string) => void;
}

interface Body { readonly seq?: number; readonly at?: string; readonly kind?: string; readonly dataset?: { readonly id: string }; readonly actor?: Actor; readonly change?: { readonly id?: string } }

export class ChainVerifier {
  private expected = 1;
  /** Undefined where what was before is not known. */
  private previous: string | undefined = genesis;
  private last: StoredEntry | undefined;
  private lastSigned = 0;
  private lastAt = '';
  private readonly hashes = new Map<number, string>();
  private readonly befores = new Map<number, string>();

  constructor(private readonly chain: string, private readonly facts: ChainFacts) {
    for (const { seq, hash } of facts.known) this.hashes.set(seq, hash);
    for (const { first, previous, last, hash } of facts.segments) {
      this.hashes.set(last, hash);
      this.befores.set(first, previous);
    }
  }

  next(entry: StoredEntry): void {
    if (this.facts.partial && this.last === undefined) {
      this.expected = entry.seq;
      this.previous = undefined;
    }
    this.skipTo(entry.seq);
    this.content(entry);
    if (this.previous !== undefined && entry.previous !== this.previous) {
      this.tell('CHANGED', entry.seq - 1, `entry ${entry.seq - 1} is not the one that entry ${entry.seq} was linked to: it was replaced`);
    }
    const before = this.befores.get(entry.seq);
    if (before !== undefined && before !== entry.previous) this.tell('CHANGED', entry.seq, `entry ${entry.seq} does not begin the segment that was sealed`);
    const noted = this.hashes.get(entry.seq);
    if (noted !== undefined && noted !== entry.hash) this.tell('CHANGED', entry.seq, `entry ${entry.seq} is not the one that was sealed, anchored or noted`);
    this.signature(entry);
    this.previous = entry.hash;
    this.expected = entry.seq + 1;
    this.last = entry;
  }

  /** @returns the head, as far as there is one */
  end(): Head | undefined {
    // Destroyed segments may be all that is left of the end.
    const furthest = Math.max(0, ...this.facts.destroyed.map(({ last }) => last + 1));
    if (furthest > this.expected) this.skipTo(furthest);
    const there = this.expected - 1;
    if (!this.facts.partial) {
      const noted = Math.max(0, ...this.hashes.keys());
      if (noted > there) {
        this.tell('TRUNCATED', this.expected, there === 0
          ? `the chain is gone, and reached at least entry ${noted} when it was noted`
          : `the chain ends with entry ${there}, and reached at least entry ${noted} when it was noted`, noted);
      }
    }
    if (this.last && this.lastSigned < this.last.seq && this.last.seq === there) {
      this.tell('UNSIGNED', this.lastSigned + 1, `entries ${this.lastSigned + 1} to ${this.last.seq} are covered by no signature: the end of their group is missing`, this.last.seq);
    }
    return this.last && { chain: this.chain, seq: this.last.seq, hash: this.last.hash };
  }

  /** Everything before `seq` that is not there must be in destroyed segments. */
  private skipTo(seq: number): void {
    while (this.expected < seq) {
      const segment = this.facts.destroyed.find(({ first }) => first === this.expected);
      if (segment && segment.last < seq) {
        if (this.previous !== undefined && this.previous !== segment.previous) this.tell('CHANGED', this.expected - 1, `entry ${this.expected - 1} is not the one that the destroyed segment ${segment.month} was linked to`);
        this.previous = segment.hash;
        this.expected = segment.last + 1;
        // A root has signed it.
        this.lastSigned = segment.last;
        continue;
      }
      const next = Math.min(seq, ...this.facts.destroyed.flatMap(({ first }) => (first > this.expected ? [first] : [])));
      this.tell('MISSING', this.expected, next - this.expected === 1 ? `entry ${this.expected} is missing` : `entries ${this.expected} to ${next - 1} are missing`, next - 1);
      this.previous = undefined;
      this.expected = next;
    }
  }

  private content(entry: StoredEntry): void {
    const content = entry.body === undefined ? entry.content ?? '' : digest(entry.body);
    const body = entry.body === undefined ? undefined : parsed(entry.body);
    if (body && body.seq !== entry.seq && typeof body.seq === 'number') {
      return this.tell('REORDERED', entry.seq, `in the place of entry ${entry.seq} stands what was written as entry ${body.seq}`);
    }
    if (hashOf({ chain: this.chain, seq: entry.seq, previous: entry.previous, content }) !== entry.hash) return this.tell('CHANGED', entry.seq, `entry ${entry.seq} is not what was hashed`);
    if (entry.body === undefined) return;
    if (!body || canonicalJson(body) !== entry.body) return this.tell('CHANGED', entry.seq, `entry ${entry.seq} is no canonical JSON`);
    if (typeof body.change?.id === 'string') this.facts.chained(body.change.id);
    if ((body.at ?? '') < this.lastAt) this.tell('REORDERED', entry.seq, `entry ${entry.seq} is older than the one before it`);
    this.lastAt = body.at ?? '';
    const { columns } = entry;
    if (columns && (columns.at !== body.at || columns.kind !== body.kind || columns.dataset !== body.dataset?.id || columns.actor !== (body.actor && actorKey(body.actor)))) {
      this.tell('CHANGED', entry.seq, `the columns beside entry ${entry.seq} do not say what the entry says`);
    }
  }

  private signature(entry: StoredEntry): void {
    if (entry.signature === undefined) return;
    const fault = this.facts.keys.fault(headMessage(entry), entry.signature);
    if (fault === undefined) this.lastSigned = entry.seq;
    else if (fault === 'UNKNOWN_KEY') this.tell('UNKNOWN_KEY', entry.seq, `entry ${entry.seq} is signed by the key ${entry.signature.split('.')[0]}, which is not trusted`);
    else this.tell('BAD_SIGNATURE', entry.seq, `the signature of entry ${entry.seq} is not that of its key`);
  }

  private tell(kind: Finding['kind'], seq: number, message: string, to?: number): void {
    this.facts.tell({ kind, chain: this.chain, seq, ...(to !== undefined && to !== seq && { to }), message: `chain ${this.chain}: ${message}` });
  }
}

function parsed(text: string): Body | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

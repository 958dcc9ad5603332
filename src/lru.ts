interface Entry<K, V> {
  readonly key: K;
  value: V;
  weight: number;
  newer: Entry<K, V> | undefined;
  older: Entry<K, V> | undefined;
}

/**
 * A bounded map that forgets what was used longest ago.
 *
 * Order is kept by links between entries, not by deleting and setting a Map's keys again: that makes the Map a new table every few reads,
 * and one outgrown table that has become old keeps each that follows it from being collected young, with all that they hold.
 */
export class Lru<K, V> {
  private readonly entries = new Map<K, Entry<K, V>>();
  private newest: Entry<K, V> | undefined;
  private oldest: Entry<K, V> | undefined;

  private weight = 0;

  /** @param heaviest what all entries may weigh together, as `weigh` says when each is set; their number alone is bounded where it is absent */
  constructor(private readonly limit: number, private readonly heaviest?: { readonly weight: number; readonly weigh: (value: V) => number }) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.newest) {
      this.unlink(entry);
      this.link(entry);
    }
    return entry.value;
  }

  /** @returns the key that was forgotten for it, the last where several were */
  set(key: K, value: V): K | undefined {
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.value = value;
      this.get(key);
      return this.heaviest ? this.weigh(known, this.heaviest) : undefined;
    }
    const entry: Entry<K, V> = { key, value, weight: 0, newer: undefined, older: undefined };
    this.entries.set(key, entry);
    this.link(entry);
    if (this.heaviest) return this.weigh(entry, this.heaviest);
    return this.entries.size <= this.limit ? undefined : this.forgetOldest();
  }

  delete(key: K): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.weight -= entry.weight;
    this.unlink(entry);
  }

  /** In no order that means anything; what is looked at here is not used by it. */
  *all(): Generator<readonly [K, V]> {
    for (const { key, value } of this.entries.values()) yield [key, value];
  }

  private weigh(entry: Entry<K, V>, { weight, weigh }: { readonly weight: number; readonly weigh: (value: V) => number }): K | undefined {
    this.weight -= entry.weight;
    entry.weight = weigh(entry.value);
    this.weight += entry.weight;
    let forgotten: K | undefined;
    while (this.entries.size > this.limit || (this.weight > weight && this.entries.size > 0)) forgotten = this.forgetOldest();
    return forgotten;
  }

  private forgetOldest(): K {
    const { key } = this.oldest!;
    this.delete(key);
    return key;
  }

  private link(entry: Entry<K, V>): void {
    entry.older = this.newest;
    if (this.newest) this.newest.newer = entry;
    this.newest = entry;
    this.oldest ??= entry;
  }

  private unlink(entry: Entry<K, V>): void {
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    entry.newer = undefined;
    entry.older = undefined;
  }
}

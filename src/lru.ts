interface Entry<K, V> {
  readonly key: K;
  value: V;
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

  constructor(private readonly limit: number) {}

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

  /** @returns the key that was forgotten for it */
  set(key: K, value: V): K | undefined {
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.value = value;
      this.get(key);
      return undefined;
    }
    const entry: Entry<K, V> = { key, value, newer: undefined, older: undefined };
    this.entries.set(key, entry);
    this.link(entry);
    if (this.entries.size <= this.limit) return undefined;
    const { key: forgotten } = this.oldest!;
    this.delete(forgotten);
    return forgotten;
  }

  delete(key: K): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.unlink(entry);
  }

  /** In no order that means anything; what is looked at here is not used by it. */
  *all(): Generator<readonly [K, V]> {
    for (const { key, value } of this.entries.values()) yield [key, value];
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

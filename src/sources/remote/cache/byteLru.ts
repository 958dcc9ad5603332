/** A map bounded by the size of what it holds; forgets what was used longest ago. */
export class ByteLru<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly bytes: number }>();
  private held = 0;

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.held;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /** What is larger than the whole bound is not kept. */
  set(key: string, value: V, bytes: number): void {
    this.delete(key);
    if (bytes > this.limit) return;
    this.entries.set(key, { value, bytes });
    this.held += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.limit) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.held -= entry.bytes;
  }

  clear(): void {
    this.entries.clear();
    this.held = 0;
  }
}

/** About how many bytes a value takes in memory; counted from above rather than from below. */
export function sizeOf(value: unknown): number {
  switch (typeof value) {
    case 'string': return 24 + value.length * 2;
    case 'object': {
      if (value === null) return 8;
      if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 32);
      return Object.entries(value).reduce((sum, [name, member]) => sum + 16 + name.length + sizeOf(member), 48);
    }
    default: return 16;
  }
}

/** A source whose answers are kept, and whose equal questions go out once. Made anew with its source, so that a changed definition begins with nothing. */
import type { SourceBuilder } from '../builder.js';
import type { RemoteSource } from '../remoteSource.js';
import { ByteLru } from './byteLru.js';
import { CachedTable, type Kept } from './cachedTable.js';
import { cacheSettings, type CacheBounds, type CacheSettings } from './settings.js';

export interface CachedSource extends RemoteSource {
  /** Forgets all that is kept. */
  clear(): void;
  /** Bytes that are kept, about. */
  keptBytes(): number;
}

export function cacheSource(source: RemoteSource, settings: CacheSettings, now: () => number = Date.now): CachedSource {
  const kept = new ByteLru<Kept>(settings.maxBytes);
  const context = { source: source.id, settings, kept, now };
  return {
    id: source.id,
    tables: new Map([...source.tables].map(([name, table]) => [name, new CachedTable(table, context)])),
    health: () => source.health(),
    onHealth: (listener) => source.onHealth(listener),
    close: () => source.close(),
    clear: () => kept.clear(),
    keptBytes: () => kept.bytes,
  };
}

/** The same builder, whose sources keep answers as their definitions say and the operator allows. */
export function cachedBuilder(builder: SourceBuilder, bounds: CacheBounds): SourceBuilder {
  return {
    async open(declaration, surroundings) {
      const opened = await builder.open(declaration, surroundings);
      return opened.remote ? { ...opened, remote: cacheSource(opened.remote, cacheSettings(opened.definition.cache, bounds)) } : opened;
    },
  };
}

/** Which source a table's rows live in. */
import type { TableAt } from '../plan/link.js';
import type { RemoteSource } from '../sources/remote/remoteSource.js';
import type { SqlHome } from '../sources/source.js';

/** The id of a table's source; empty for Dure's own database. */
export function homeOf(at: TableAt): string {
  return at.dataset.source?.id ?? '';
}

/** The sources that are there now, by id. One that is registered but could not be made ready is absent. */
export interface Homes {
  readonly sql: (id: string) => SqlHome | undefined;
  readonly remote: (id: string) => RemoteSource | undefined;
}

/** Any OPTIMADE provider by its base address: what it is called here, which properties it has, and the source that asks it. */
import type { License } from '../../catalog/model.js';
import type { SourceClient } from '../remote/client/sourceClient.js';
import type { CacheTimes, SourceDefinition } from '../remote/definition.js';
import type { RemoteCall, RemoteSource } from '../remote/remoteSource.js';
import { describedProperties, structureColumns, type PropertyFacts } from './properties.js';
import { StructuresTable } from './structuresTable.js';

export interface OptimadeSettings {
  readonly id: string;
  readonly title: string;
  readonly titleKo?: string;
  readonly description?: string;
  /** The provider's base address, without `/v1`. */
  readonly url: string;
  /** What its ids are called in links; by default `optimade.` and the source's id. */
  readonly namespace?: string;
  /** Field of a row of another table that leads to a structure. */
  readonly linkField?: string;
  readonly licenses?: readonly License[];
  readonly citation?: string;
  readonly homepage?: string;
  readonly country?: string;
  /** Ids in one request; 50 where it is not given. */
  readonly batch?: number;
  /** Structures in one page; 100 where it is not given. */
  readonly page?: number;
  /** False for a provider that does not say how many structures there are. */
  readonly counts?: boolean;
  /** How long answers are kept; not at all where it is not given. */
  readonly cache?: CacheTimes;
}

export function optimadeDefinition(settings: OptimadeSettings, described?: readonly PropertyFacts[]): SourceDefinition {
  const { id, title, titleKo, description, homepage, licenses = [], citation, country, linkField, cache } = settings;
  return Object.freeze({
    id, kind: 'optimade', title, titleKo, description, dataset: 'crystals', homepage, licenses, citation, country, cache,
    tables: [Object.freeze({
      name: 'structures', field: 'structures', linkField, authority: true, key: 'id', title: 'Structures', columns: structureColumns(settings.namespace ?? `optimade.${id}`, described),
    })],
  });
}

/**
 * The properties that a provider describes; undefined where it does not describe them.
 * @throws SourceError
 */
export async function readProperties(settings: Pick<OptimadeSettings, 'url'>, client: SourceClient, call: RemoteCall): Promise<readonly PropertyFacts[] | undefined> {
  const answer = await client.request({
    url: `${baseOf(settings.url)}/v1/info/structures`, label: 'info', judge: ({ status }) => (status === 404 || status === 501 ? { kind: 'empty' } : undefined),
  }, call);
  return describedProperties(answer.body);
}

/** The client is the source's from now on: it is closed with it. */
export function openOptimade(settings: OptimadeSettings, client: SourceClient): RemoteSource {
  const table = new StructuresTable({ source: settings.id, url: baseOf(settings.url), client }, { batch: settings.batch ?? 50, page: settings.page ?? 100, counts: settings.counts ?? true });
  return {
    id: settings.id,
    tables: new Map([[table.name, table]]),
    health: () => client.health(),
    onHealth: (listener) => client.onHealth(listener),
    close: () => client.close(),
  };
}

function baseOf(url: string): string {
  return url.replace(/\/+$/, '');
}

/** What every resolver and the executor get with a request. Made by server/, once a request (or a socket). */
import type { Audit } from '../audit/event.js';
import type { Catalog } from '../catalog/catalog.js';
import type { SourceRegistry } from '../federation/sourceRegistry.js';
import type { Identity } from '../identity/identity.js';
import type { JobEvents } from '../jobs/jobEvents.js';
import type { JobStore } from '../jobs/jobStore.js';
import type { RuleStore } from '../storage/ruleStore.js';
import type { CollectionStore } from '../storage/collectionStore.js';
import type { OrganizationStore } from '../storage/organizationStore.js';
import type { TokenStore } from '../storage/tokenStore.js';
import type { UploadStore } from '../storage/uploadStore.js';

/** The long-lived parts that resolvers call; wired in build.ts. */
export interface Services {
  readonly catalog: Catalog;
  readonly jobs: JobStore;
  readonly jobEvents: JobEvents;
  readonly tokens: TokenStore;
  readonly uploads: UploadStore;
  readonly rules: RuleStore;
  readonly organizations: OrganizationStore;
  readonly collections: CollectionStore;
  readonly audit: Audit;
  readonly sources: SourceRegistry;
}

export type Channel = 'query' | 'subscription' | 'job' | 'export';

export interface RequestContext {
  readonly identity: Identity;
  /** DUO code declared by the caller, e.g. `DUO_0000042`. */
  readonly purpose?: string;
  readonly channel: Channel;
  readonly address?: string;
  readonly requestId: string;
  readonly language: 'ko' | 'en';
  /** Aborted when the client goes away or the request times out. */
  readonly signal: AbortSignal;
  readonly services: Services;
}

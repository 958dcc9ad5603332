/** What every resolver and the executor get with a request. Made by server/, once a request (or a socket). */
import type { Standing } from '../access/standing.js';
import type { ChangeAudit } from '../audit/event.js';
import type { AuditReader } from '../audit/reader.js';
import type { Catalog } from '../catalog/catalog.js';
import type { SourceRegistry } from '../federation/sourceRegistry.js';
import type { Identity } from '../identity/identity.js';
import type { JobEvents } from '../jobs/jobEvents.js';
import type { JobStore } from '../jobs/jobStore.js';
import type { RuleStore } from '../storage/ruleStore.js';
import type { CollectionStore } from '../storage/collectionStore.js';
import type { OverrideStore } from '../storage/overrideStore.js';
import type { ErasureStore } from '../storage/erasureStore.js';
import type { ExportStore } from '../storage/exportStore.js';
import type { IncidentStore } from '../storage/incidentStore.js';
import type { RequestStore } from '../storage/requestStore.js';
import type { StandingStore } from '../storage/standingStore.js';
import type { OrganizationStore } from '../storage/organizationStore.js';
import type { TokenStore } from '../storage/tokenStore.js';
import type { UploadStore } from '../storage/uploadStore.js';
import type { BudgetCounter } from '../policy/budget.js';
import type { HashKeys } from '../policy/hashKeys.js';
import type { NoiseAccounts } from '../policy/noiseBudget.js';
import type { GrantSource } from '../policy/grant.js';
import type { Exporter } from './exporter.js';
import type { Simulator } from './simulator.js';
import type { Channel } from '../policy/rule.js';

import type { QueryExplainer } from './explain/queryExplanation.js';

/** The long-lived parts that resolvers call; wired in build.ts. */
export interface Services {
  readonly maxOverrideMinutes: number;
  /** Who may say who somebody is: the identity provider, other sites. */
  readonly issuers: readonly string[];
  /** Ids of the keys that pseudonyms are made with. */
  readonly hashKeys: HashKeys;
  readonly catalog: Catalog;
  readonly jobs: JobStore;
  readonly jobEvents: JobEvents;
  readonly tokens: TokenStore;
  readonly uploads: UploadStore;
  readonly rules: RuleStore;
  readonly overrides: OverrideStore;
  readonly budgets: BudgetCounter;
  /** Epsilon that is left; absent where figures with noise are closed. */
  readonly noise?: NoiseAccounts;
  readonly simulator: Simulator;
  readonly organizations: OrganizationStore;
  readonly collections: CollectionStore;
  readonly audit: ChangeAudit;
  readonly auditReader: AuditReader;
  readonly sources: SourceRegistry;
  /** Access that was granted; none where absent. */
  readonly grants?: GrantSource;
  readonly standing: Standing;
  readonly requests: RequestStore;
  readonly suspensions: StandingStore;
  readonly incidents: IncidentStore;
  readonly exports: ExportStore;
  readonly exporter: Exporter;
  /** Exports that one person may have at a time. */
  readonly maxExports: number;
  readonly erasures: ErasureStore;
  /** Resolves when every running server answers from this revision of the catalog; rejects where one does not within seconds. */
  readonly settled?: (revision: bigint, signal: AbortSignal) => Promise<void>;
}

export type { Channel } from '../policy/rule.js';

export interface RequestContext {
  readonly identity: Identity;
  /** What the caller declared, as policy/purpose.ts reads it: a DUO code, e.g. `DUO_0000042`, and modifiers that are honoured. */
  readonly purpose?: string;
  readonly channel: Channel;
  /** Where the answer goes (ISO 3166-1 alpha-2), if elsewhere than to who asks. */
  readonly destination?: string;
  readonly address?: string;
  readonly requestId: string;
  readonly language: 'ko' | 'en';
  /** Aborted when the client goes away or the request times out. */
  readonly signal: AbortSignal;
  /** Of the signal, where the request has one of its own: the engine aborts it when the answer may not be given any more. */
  readonly controller?: AbortController;
  readonly services: Services;
  /** Set by the engine for what graphql-js resolves. */
  readonly explainer?: QueryExplainer;
  /** Asks on as the same caller, by an operation of our own; what cannot be read is null. `whole`: where it is null, the caller may not read it. */
  readonly ask?: (query: string, variables: Readonly<Record<string, unknown>>) => Promise<{ readonly data: Readonly<Record<string, unknown>>; readonly whole: boolean }>;
}

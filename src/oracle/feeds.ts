/**
 * What is told over feeds: changes of datasets with the numbers of their rows, jobs with how far they are and what came of them. Everything
 * happens in both copies; whoever may not know of it is told the same.
 */
import type { CatalogSnapshot, Dataset } from '../catalog/model.js';
import type { Engine } from '../graphql/engine.js';
import type { RequestContext } from '../graphql/context.js';
import { memberRoles } from '../identity/identity.js';
import type { Random } from './random.js';
import type { Caller } from './referenceCondition.js';

export interface Feed {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Jobs are told in it, of the datasets that the world has. */
  readonly jobs: readonly FeedJob[];
  /** Whether datasets are published anew, or their rules change. */
  readonly published: boolean;
}

/** As jobs/job.ts has it. */
export interface FeedJob extends Readonly<Record<string, unknown>> {
  readonly id: string;
}

/** Two of each feed: for the one copy and for the other. */
export function feedsOf(snapshot: CatalogSnapshot, caller: Caller, random: Random): readonly (readonly [Feed, Feed])[] {
  const published = random.chance(0.5);
  const both = [...snapshot.datasets.values()].map((dataset) => jobsOf(dataset, caller, random));
  const [a, b] = [both.map(([job]) => job), both.map(([, job]) => job)];
  const told = 'id kind state progress { phase done total message } result error { code message } createdBy { subject } dataset { path tables { name rowCount } }';
  const pair = (query: string, variables: Readonly<Record<string, unknown>> = {}): readonly [Feed, Feed] => [{ query, variables, jobs: a, published }, { query, variables, jobs: b, published }];
  return [
    pair('subscription { datasetEvents { kind dataset { path access { readable code } tables { name rowCount } } } }'),
    pair(`subscription { jobs { matches job { ${told} } } }`),
    pair('subscription($id: ID!) { jobEvents(jobId: $id) { seq state phase done total message details } }', { id: random.one(a).id }),
  ];
}

/** One job of somebody else's about a dataset: the same in both copies for whoever may see the jobs of its organization. */
function jobsOf({ id, organization }: Dataset, { identity }: Caller, random: Random): readonly [FeedJob, FeedJob] {
  const common = {
    id: `00000000-0000-4000-8000-${String(random.between(0, 1e9)).padStart(12, '0')}`, kind: 'PUBLISH', state: random.one(['RUNNING', 'COMPLETE', 'EXECUTOR_ERROR']), organizationId: organization.id, datasetId: id, input: {},
    identity, createdBy: 'somebody else', createdIssuer: 'https://id.example', attempts: 1, fence: 1, lastSeq: 3, createdAt: new Date(0),
  };
  const facts = (): Readonly<Record<string, unknown>> => ({ progress: { phase: 'loading', done: random.between(0, 999), message: `row ${random.between(0, 999)}` }, result: { rows: random.between(0, 999) }, error: { code: 'INVALID_PACKAGE', message: `line ${random.between(0, 999)}` } });
  const a = { ...common, ...facts() };
  const mayKnow = identity.roles.includes('administrator') || identity.memberships.some((one) => one.organization === organization.slug && memberRoles.indexOf(one.role) >= memberRoles.indexOf('publisher'));
  return [a, mayKnow ? a : { ...common, ...facts() }];
}

/** Ends a feed of changes: everybody may see it, and it changes last. */
const lastDataset = 'the last of the changes';
const mostEvents = 200;

/** Follows a feed from its beginning to the last thing that happens. @param snapshot the catalog as this copy describes it @returns what was told, as text */
export async function follow(engine: Engine, { query, variables, jobs, published }: Feed, snapshot: CatalogSnapshot, base: RequestContext): Promise<string> {
  const catalog = new ChangingCatalog(snapshot);
  const schema = engine.schemaFor(base.identity);
  const prepared = engine.prepare(schema, query);
  if ('errors' in prepared) return JSON.stringify(prepared);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const services = {
    ...base.services, catalog,
    jobs: { get: (id: string) => Promise.resolve(byId.get(id)), events: () => Promise.resolve([]) },
    jobEvents: {
      // More than was asked for: what is not for this caller must be left out when it is told.
      changes: () => each(jobs),
      follow: (id: string) => each([{ jobId: id, seq: 1, at: new Date(0), state: 'RUNNING', ...(byId.get(id)?.['progress'] as object), details: byId.get(id)?.['result'] }]),
    },
  };
  const leaving = new AbortController();
  // By the caller's own channel: what may be known was judged by it.
  const context = { ...base, signal: leaving.signal, services } as unknown as RequestContext;
  const stream = await engine.subscribe(prepared.operation, variables, schema, context);
  if (!(Symbol.asyncIterator in stream)) return JSON.stringify(stream);
  const told: unknown[] = [];
  const events = stream[Symbol.asyncIterator]();
  try {
    for (let next = events.next(); told.length < mostEvents; next = events.next()) {
      if (query.includes('datasetEvents')) await catalog.change(published);
      const { value, done } = (await next) as { readonly value: { readonly data?: { readonly datasetEvents?: { readonly dataset?: { readonly path?: string } } } }; readonly done?: boolean };
      if (done || value.data?.datasetEvents?.dataset?.path === `x/${lastDataset}`) break;
      told.push(value);
    }
  } catch (error) {
    told.push(String(error));
  } finally {
    leaving.abort();
    await events.return?.();
  }
  return JSON.stringify(told);
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T, void> {
  for (const value of values) yield value;
}

/** The catalog as subscriptions follow it; changes once. */
class ChangingCatalog {
  private readonly listeners = new Set<(next: CatalogSnapshot, previous: CatalogSnapshot) => void>();
  private changed = false;

  constructor(public snapshot: CatalogSnapshot) {}

  onChange(listener: (next: CatalogSnapshot, previous: CatalogSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Once somebody follows: every dataset changes, and at last one that is not of this world. */
  async change(published: boolean): Promise<void> {
    if (this.changed) return;
    for (let n = 0; this.listeners.size < 2 && n < 100; n += 1) await new Promise((done) => { setImmediate(done); });
    this.changed = true;
    const previous = this.snapshot;
    const datasets = [...previous.datasets.values()].map((dataset) => (published ? { ...dataset, versions: [{ ...dataset.versions[0]!, id: `${dataset.versions[0]!.id} again` }, ...dataset.versions.slice(1)] } : { ...dataset, rulesRevision: dataset.rulesRevision + 1 }));
    const [any] = datasets;
    const last: Dataset = { ...any!, id: lastDataset, name: lastDataset, organization: { ...any!.organization, slug: 'x' }, visibility: 'PUBLIC', listed: true, rules: { rules: [] }, freeze: undefined, embargoUntil: undefined, versions: [{ ...any!.versions[0]!, id: lastDataset, tables: [] }] };
    this.snapshot = { ...previous, revision: previous.revision + 1n, datasets: new Map([...datasets, last].map((dataset) => [dataset.id, dataset])) };
    for (const listener of this.listeners) listener(this.snapshot, previous);
  }
}

/** Tells the audit what an operation read, after its rows have come and before its answer is given. */
import type { GraphQLFormattedError } from 'graphql';
import { actorOf, type AccessEvent, type Actor } from '../audit/event.js';
import type { TextBudget } from '../audit/textBudget.js';
import type { AccessLog, AuditedDocument, RetainedAccess } from '../audit/writer.js';
import { DureError } from '../errors.js';
import { canonicalJson } from '../canonicalJson.js';
import type { Identity } from '../identity/identity.js';
import type { PlannedRoot } from '../plan/plan.js';
import { takeRowCounts } from '../plan/rowCount.js';
import type { Answers } from '../sources/source.js';
import type { AuditRules, PlannedAccess } from './accesses.js';
import type { RequestContext } from './context.js';

export interface AuditOptions extends AuditRules {
  readonly log: AccessLog;
  /** Keyed: variables hold what somebody looked for, such as the key of a person, and who reads an entry could guess it from a plain hash. */
  readonly digestVariables: (canonical: string) => string;
  /** Every text is kept where absent. */
  readonly texts?: TextBudget;
}

export interface Ran {
  readonly accesses: readonly PlannedAccess[];
  readonly roots: readonly PlannedRoot[];
  readonly document: AuditedDocument;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly answers: Answers;
  /** Epsilon that figures with noise cost, in thousandths, by the dataset's id; absent where none were asked. */
  readonly spent?: ReadonlyMap<string, number>;
  /** Of the answer so far: where rows did not come, they say why. */
  readonly errors: readonly GraphQLFormattedError[];
}

/**
 * Resolves when the answer may be given. @returns the roots' JSON without the counts, by number
 * @throws DureError DATABASE_UNAVAILABLE
 */
export async function recordAccesses(ran: Ran, context: RequestContext, { log, texts, digestVariables }: AuditOptions): Promise<ReadonlyMap<number, string>> {
  const json = new Map<number, string>();
  const rows = new Map(ran.answers.tallies);
  for (const [root, answer] of ran.answers) {
    if (answer.json !== undefined) json.set(root, takeRowCounts(answer.json, (table, count) => rows.set(table, (rows.get(table) ?? 0) + count)));
  }
  const actor = actorFor(context.identity);
  const document = !texts || texts.keeps(ran.document, actor) ? ran.document : undefined;
  const common = {
    kind: 'ACCESS' as const, actor, requestId: context.requestId, address: context.address, purpose: context.purpose, channel: context.channel,
    operation: { document: ran.document.digest, variables: digestVariables(canonicalJson(ran.variables)), name: ran.operationName, ...(document ? {} : { text: 'DIGEST_ONLY' as const }) },
  };
  const waited: RetainedAccess[] = [];
  const later: RetainedAccess[] = [];
  for (const access of ran.accesses) {
    const read = access.reads.reduce((sum, table) => sum + (rows.get(table) ?? 0), 0);
    const event: AccessEvent = { ...common, ...access.event, ...outcome(access, ran, json, read), rows: read, ...epsilonOf(access, ran) };
    (access.mode === 'wait' ? waited : later).push({ event, years: access.years });
  }
  if (later.length > 0) log.accessesLater(later, document);
  if (waited.length > 0) await log.accesses(waited, document);
  return json;
}

function epsilonOf({ event }: PlannedAccess, { spent }: Ran): Pick<AccessEvent, 'epsilon'> {
  const thousandths = event.decision === 'ALLOWED' ? spent?.get(event.dataset.id) : undefined;
  return thousandths === undefined ? {} : { epsilon: (thousandths / 1000).toString() };
}

/** What was allowed is still not answered where its rows did not come. */
function outcome({ event, roots, paths }: PlannedAccess, ran: Ran, json: ReadonlyMap<number, string>, rows: number): Pick<AccessEvent, 'decision' | 'reason'> {
  const asPlanned = { decision: event.decision, reason: event.reason };
  if (event.decision === 'REFUSED' || rows > 0) return asPlanned;
  const below = ran.answers.errors?.find(({ path }) => paths.has(path.join('\n')))?.error;
  if (below instanceof DureError) return refusedBy(below) ?? { decision: 'FAILED', reason: below.code };
  if (below !== undefined) return { decision: 'FAILED', reason: 'INTERNAL' };
  if (roots.some((root) => json.has(root))) return asPlanned;
  const closed = roots.map((root) => ran.answers.get(root)?.closed).find((error) => error !== undefined);
  if (closed !== undefined) return refusedBy(closed) ?? { decision: 'REFUSED', reason: 'CLOSED' };
  const failed = new Set(roots.map((root) => pathOf(ran.roots[root]!)));
  const told = ran.errors.find((error) => failed.has((error.path ?? []).join('\n')))?.extensions;
  if (typeof told?.reason === 'string' && endedWhileRunning.has(told.reason)) return { decision: 'REFUSED', reason: told.reason };
  const code = told?.code;
  return { decision: 'FAILED', reason: typeof code === 'string' ? code : 'INTERNAL' };
}

/** What began to hold against an operation while it ran. */
const endedWhileRunning: ReadonlySet<string> = new Set(['FROZEN', 'NO_LONGER', 'SUSPENDED', 'TOKEN_REVOKED', 'TOKEN_EXPIRED']);

/** A bound in time that closed what the rules allow. */
function refusedBy(error: unknown): Pick<AccessEvent, 'decision' | 'reason'> | undefined {
  const reason = error instanceof DureError ? error.details.reason : undefined;
  return reason === 'EMBARGO' || reason === 'NOT_YET' || reason === 'ENDED' ? { decision: 'REFUSED', reason } : undefined;
}

function pathOf(root: PlannedRoot): string {
  return (root.kind === 'level' ? root.level.path : root.path).join('\n');
}

const actors = new WeakMap<Identity, Actor>();

function actorFor(identity: Identity): Actor {
  let actor = actors.get(identity);
  if (!actor) actors.set(identity, (actor = actorOf(identity)));
  return actor;
}

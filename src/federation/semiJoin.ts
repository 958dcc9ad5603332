/**
 * Conditions on rows of another source (`where: { protein: { organism: { eq: "Homo sapiens" } } }`): first the identifiers whose records
 * satisfy them, then the statement with these as a list. A list that may not be whole is told; where a missing identifier would turn
 * into a row too many (under `not`, `none`, `every`), it is refused.
 */
import { DureError } from '../errors.js';
import type { TableAt } from '../plan/link.js';
import type { RelatedPredicate } from '../plan/predicate.js';
import type { AuthorizedPlan } from '../policy/authorize.js';
import type { SqlHome } from '../sources/source.js';
import type { Cuts } from './cuts.js';
import { divide } from './conditions.js';
import { homeOf, type Homes } from './homes.js';
import { keysThatSatisfy, matchingKeys, type RemoteContext } from './remoteLevel.js';
import type { FederatedRun } from './run.js';

export interface ForeignKeys {
  readonly keys: ReadonlyMap<RelatedPredicate, readonly unknown[]>;
  /** Roots whose condition could not be answered: null, with the error told. */
  readonly failedRoots: ReadonlySet<number>;
}

interface Options {
  readonly own: SqlHome;
  readonly homes: Homes;
  readonly semiJoinKeys: number;
}

export const nothingForeign: ForeignKeys = Object.freeze({ keys: new Map(), failedRoots: new Set<number>() });

export async function resolveForeign(plan: AuthorizedPlan, cuts: Cuts, run: FederatedRun, options: Options, contextOf: (at: TableAt) => RemoteContext): Promise<ForeignKeys> {
  const keys = new Map<RelatedPredicate, readonly unknown[]>();
  const failedRoots = new Set<number>();
  await Promise.all([...cuts.foreign].map(async ([predicate, { here, roots, negated }]) => {
    const far = predicate.link.target;
    try {
      const found = await answer(predicate, here, plan, run, options, contextOf(far));
      if (!found.complete && negated) throw tooMany(far, options.semiJoinKeys);
      run.entry(far).semiJoin = { keys: found.keys.length, complete: found.complete };
      keys.set(predicate, found.keys);
    } catch (error) {
      for (const root of roots) {
        failedRoots.add(root);
        const level = plan.roots[root];
        if (level?.kind === 'level') run.failed(far, level.level.path, error);
      }
    }
  }));
  return { keys, failedRoots };
}

async function answer(predicate: RelatedPredicate, here: TableAt, plan: AuthorizedPlan, run: FederatedRun, options: Options, context: RemoteContext): Promise<{ keys: readonly string[]; complete: boolean }> {
  const { link, where, quantifier } = predicate;
  const limit = options.semiJoinKeys;
  if (!link.target.table.remote) throw new DureError('BAD_USER_INPUT', 'A condition on rows of an attached source cannot be asked from another one. Ask that source for the rows first.');
  if (quantifier === 'every') throw new DureError('BAD_USER_INPUT', 'every cannot be asked of an external source. Use some or none.');
  const level = { at: link.target, path: [], where };
  const { search } = context.source?.tables.get(link.target.table.name)?.capabilities ?? { search: false };
  const whole = search && divide(where, context.source!.tables.get(link.target.table.name)!.capabilities, run.bindings).kept.length === 0;
  if (whole) {
    const found = await matchingKeys(level, limit, context);
    if (found.complete) return found;
  }
  // The source cannot choose by itself, or knows too many: the identifiers at hand are asked for, if there are not too many of these.
  const home = homeOf(here) === '' ? options.own : options.homes.sql(homeOf(here));
  if (!home) throw new DureError('SOURCE_DOWN', 'The source of the rows is not ready on this server.');
  const keys = home.compileKeys(plan, here, link.on[0]!.here, limit + 1);
  const held = await (home === options.own ? run.turn.within(() => keys.run(run.bindings, run.signal)) : keys.run(run.bindings, run.signal));
  if (held.length > limit) throw tooMany(link.target, limit);
  return { keys: await keysThatSatisfy(level, held, context), complete: true };
}

function tooMany(far: TableAt, limit: number): DureError {
  return new DureError('LIMIT_EXCEEDED', `The condition on ${far.dataset.source!.id} takes more than ${limit} identifiers. Make it narrower, or ask ${far.dataset.source!.id} first and filter by the identifiers.`, { source: far.dataset.source!.id, limit });
}

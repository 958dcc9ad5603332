/**
 * One plan over several sources. Each part goes to the source that its rows live in; where a level belongs to another source than its
 * parent, the parent's text holds marks with the link's values, and the level is asked once for all of them. Conditions on rows of
 * another source become lists of identifiers first. What fails is missing and told; the rest arrives.
 */
import type { CursorCodec } from '../plan/cursor.js';
import type { TableAt } from '../plan/link.js';
import type { Level } from '../plan/plan.js';
import type { Bindings, RelatedPredicate } from '../plan/predicate.js';
import { closedNow } from '../policy/closed.js';
import type { AuthorizedPlan } from '../policy/authorize.js';
import { SourceError } from '../sources/remote/remoteSource.js';
import type { Answers, CompiledLevel, CompiledPlan, DatabaseTurn, LevelAnswers, PlanParts, RootAnswer, Source, SqlHome } from '../sources/source.js';
import { findCuts, type Cuts } from './cuts.js';
import { homeOf, type Homes } from './homes.js';
import { cutMark, fill, keysOf, takeApart } from './marks.js';
import { levelByKeys, remoteRoot, type RemoteContext } from './remoteLevel.js';
import { FederatedRun } from './run.js';
import { nothingForeign, resolveForeign } from './semiJoin.js';

export interface FederationOptions {
  /** Dure's own database. */
  readonly own: SqlHome;
  readonly homes: Homes;
  readonly codec: CursorCodec;
  /** How long one operation waits for sources in all. */
  readonly timeoutMs: number;
  /** Rows of a search that are looked through where conditions are checked here. */
  readonly scanned: number;
  /** Identifiers in a condition on another source's rows. */
  readonly semiJoinKeys: number;
  /** A token that tells another Dure site who asks. */
  readonly token?: (bindings: Bindings, source: string) => Promise<string | undefined>;
}

export class FederatedSource implements Source {
  constructor(private readonly options: FederationOptions) {}

  compile(plan: AuthorizedPlan): CompiledPlan {
    const cuts = findCuts(plan);
    return cuts.none ? this.options.own.compile(plan) : new FederatedPlan(plan, cuts, this.options);
  }
}

/** Whoever needs no turn. */
const always: DatabaseTurn = { within: (work) => work() };

class FederatedPlan implements CompiledPlan {
  readonly elsewhere = true;
  /** Root numbers by the source that answers them. */
  private readonly roots = new Map<string, Set<number>>();
  private readonly plans = new Map<SqlHome, Map<string, CompiledPlan>>();
  private readonly levels = new Map<Level, { home: SqlHome; compiled: CompiledLevel }>();

  constructor(private readonly plan: AuthorizedPlan, private readonly cuts: Cuts, private readonly options: FederationOptions) {
    plan.roots.forEach((root, index) => {
      if (root.kind !== 'level') return;
      const home = homeOf(root.level.at);
      const held = this.roots.get(home);
      if (held) held.add(index);
      else this.roots.set(home, new Set([index]));
    });
  }

  get text(): string {
    return this.roots.has('') ? this.sqlPlan(this.options.own, '').text : '';
  }

  async run(bindings: Bindings, signal: AbortSignal, turn: DatabaseTurn = always): Promise<Answers> {
    const { token, timeoutMs } = this.options;
    const run = new FederatedRun(bindings, signal, timeoutMs, turn, token && ((source) => token(bindings, source)));
    const foreign = this.cuts.foreign.size === 0 ? nothingForeign : await resolveForeign(this.plan, this.cuts, run, this.options, (at) => {
      const closed = closedNow(this.plan.relation(at), bindings);
      if (closed) throw closed;
      return this.context(at, run);
    });
    const answers = new Map<number, RootAnswer>();
    for (const index of foreign.failedRoots) answers.set(index, { json: 'null' });
    const asked: Bindings = { ...bindings, foreign: foreign.keys };
    await Promise.all([...this.roots].map(([home, indices]) => this.home(home, new Set([...indices].filter((index) => !answers.has(index))), asked, run, answers)));
    const texts = [...answers.values()].flatMap((answer) => (answer.json === undefined ? [] : [answer.json]));
    const filled = await this.below(texts, asked, run);
    let next = 0;
    for (const [index, answer] of answers) if (answer.json !== undefined) answers.set(index, { ...answer, json: filled[next++]! });
    return Object.assign(answers, { errors: run.errors, provenance: run.provenance() });
  }

  /** The roots of one source. */
  private async home(id: string, roots: ReadonlySet<number>, bindings: Bindings, run: FederatedRun, answers: Map<number, RootAnswer>): Promise<void> {
    if (roots.size === 0) return;
    const sql = id === '' ? this.options.own : this.options.homes.sql(id);
    const places = [...roots].flatMap((index) => { const root = this.plan.roots[index]!; return root.kind === 'level' ? [root.level] : []; });
    if (sql) {
      try {
        const plan = this.sqlPlan(sql, id);
        const found = await (id === '' ? run.turn.within(() => plan.run(bindings, run.signal)) : plan.run(bindings, run.signal));
        if (id !== '') run.answeredBy(places[0]!.at, { fetchedAt: new Date(), requests: 1 });
        for (const [index, answer] of found) if (!answers.has(index)) answers.set(index, answer);
        for (const { path, error } of found.errors ?? []) run.complain(path, error);
      } catch (error) {
        for (const index of roots) {
          const root = this.plan.roots[index]!;
          answers.set(index, { json: 'null' });
          if (root.kind === 'level') this.missing(root.level, error, run);
        }
      }
      return;
    }
    await Promise.all([...roots].map(async (index) => {
      const root = this.plan.roots[index]!;
      if (root.kind !== 'level') return;
      const closed = closedNow(this.plan.relation(root.level.at), bindings);
      if (closed) {
        answers.set(index, { closed });
        return;
      }
      try {
        if (!root.level.at.table.remote) throw new SourceError('SOURCE_DOWN', `The source ${id} is not ready on this server.`, { source: id });
        answers.set(index, { json: await remoteRoot(root.level, this.context(root.level.at, run)) });
      } catch (error) {
        answers.set(index, { json: 'null' });
        run.failed(root.level.at, root.level.path, error);
      }
    }));
  }

  /** What our own database did not give is no matter of a source's. */
  private missing(level: Level, error: unknown, run: FederatedRun): void {
    if (homeOf(level.at) === '') run.complain(level.path, error);
    else run.failed(level.at, level.path, error);
  }

  /** These texts with every mark replaced, however deep. All levels that the texts lead to are asked at the same time. */
  private async below(texts: readonly string[], bindings: Bindings, run: FederatedRun): Promise<readonly string[]> {
    const apart = texts.map(takeApart);
    const keys = keysOf(apart);
    if (keys.size === 0) return texts;
    const answers = new Map<number, ReadonlyMap<string, string>>();
    await Promise.all([...keys].map(async ([number, values]) => {
      const level = this.cuts.byNumber[number]!;
      try {
        const found = await this.level(level, [...values], bindings, run);
        const filled = await this.below([...found.values()], bindings, run);
        const byKey = new Map<string, string>();
        let next = 0;
        for (const key of found.keys()) byKey.set(key, filled[next++]!);
        answers.set(number, byKey);
      } catch (error) {
        run.failed(level.at, level.path, error, values.size);
      }
    }));
    return apart.map((marked) => fill(marked, ({ number, key }) => answers.get(number)?.get(key) ?? 'null'));
  }

  private async level(level: Level, keys: readonly string[], bindings: Bindings, run: FederatedRun): Promise<ReadonlyMap<string, string>> {
    const closed = level.at.table.remote && closedNow(this.plan.relation(level.at), bindings);
    if (closed) {
      run.complain(level.path, closed);
      return new Map();
    }
    if (level.at.table.remote) return levelByKeys(level, keys, this.context(level.at, run));
    const id = homeOf(level.at);
    const home = id === '' ? this.options.own : this.options.homes.sql(id);
    if (!home) throw new SourceError('SOURCE_DOWN', `The source ${id} is not ready on this server.`, { source: id });
    let compiled = this.levels.get(level);
    if (compiled?.home !== home) this.levels.set(level, (compiled = { home, compiled: home.compileLevel(this.plan, level, this.parts(new Set())) }));
    const { compiled: ready } = compiled;
    const ask = (): Promise<LevelAnswers> => ready.run(keys, bindings, run.signal);
    const { answers, errors } = await (id === '' ? run.turn.within(ask) : ask());
    if (id !== '') run.answeredBy(level.at, { fetchedAt: new Date(), requests: 1 });
    for (const { path, error } of errors) run.complain(path, error);
    return answers;
  }

  private sqlPlan(home: SqlHome, id: string): CompiledPlan {
    let plans = this.plans.get(home);
    if (!plans) this.plans.set(home, (plans = new Map()));
    let compiled = plans.get(id);
    if (!compiled) plans.set(id, (compiled = home.compile(this.plan, this.parts(this.roots.get(id) ?? new Set()))));
    return compiled;
  }

  private parts(roots: ReadonlySet<number>): PlanParts {
    return {
      roots, mark: cutMark, cuts: this.cuts.levels,
      foreign: (predicate: RelatedPredicate) => (this.cuts.foreign.has(predicate) ? (bindings) => bindings.foreign?.get(predicate) ?? [] : undefined),
    };
  }

  private context(at: TableAt, run: FederatedRun): RemoteContext {
    return {
      plan: this.plan, run, source: this.options.homes.remote(homeOf(at)), codec: this.options.codec, scanned: this.options.scanned,
      cut: (item) => this.cuts.levels.get(item.level),
    };
  }
}

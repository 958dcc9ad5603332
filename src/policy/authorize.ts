/**
 * Plan and decisions make an AuthorizedPlan, here and nowhere else: the brand cannot be had otherwise, and a source runs nothing
 * without it. Every table and every column that the plan names is judged before anything runs.
 */
import type { Column, Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { columnsOfAggregate, columnsOfGroups } from '../plan/aggregate.js';
import type { Link, TableAt } from '../plan/link.js';
import type { ConnectionLevel, Level, PlannedRoot, QueryPlan, RowItem, RowKeys } from '../plan/plan.js';
import { visitPredicate, type Predicate } from '../plan/predicate.js';
import { useOf, type NoisyFigure, type ReleasePlan } from '../plan/release.js';
import type { Budget, DatasetDecision, Obligation, TableDecision } from './decide.js';
import { closedTable, tableAt } from './decide.js';
import { granularityRefusal, neededBy } from './granularity.js';
import { noisyUse, type NoisyUse } from './noise.js';
import type { Override } from './override.js';
import type { Reason } from './reason.js';
import { chooseRelease } from './release.js';
import { transferRefusal } from './transfer.js';
import { readableRelation, type ReadableRelation } from './relation.js';
import type { Granularity, Release, TransformKind } from './rule.js';

declare const authorized: unique symbol;

export interface Withheld {
  readonly path: readonly string[];
  readonly column: string;
  /** What is read instead; `deny`: nothing. */
  readonly treatment: TransformKind;
  readonly rule: string;
  readonly reason: string;
  readonly howToAsk?: string;
}

export interface Refusal {
  readonly path: readonly string[];
  readonly error: unknown;
}

export interface AuthorizedPlan {
  readonly [authorized]: true;
  readonly roots: readonly PlannedRoot[];
  readonly relation: (at: TableAt) => ReadableRelation;
  /** Levels below a root that may not be read: null in the answer, each with a refusal. */
  readonly refusedLevels: ReadonlySet<Level>;
  readonly refusals: readonly Refusal[];
  readonly withheld: readonly Withheld[];
  readonly releases: ReadonlyMap<ReleasePlan, Release>;
  /** Figures that need noise, to be paid for before anything runs. */
  readonly noisy: ReadonlyMap<NoisyFigure, NoisyUse>;
  /** Datasets that the plan reads, with the version; for provenance and the access log. */
  readonly reads: readonly TableAt[];
  /** Whether sources add counts of rows to the answer (plan/rowCount.ts). */
  readonly countsRows: boolean;
  /** What the rules ask in return for what is read, once a rule. */
  readonly obligations: readonly (Obligation & { readonly dataset: Dataset })[];
  /** To be counted before anything runs, once a rule. */
  readonly budgets: readonly (Budget & { readonly dataset: Dataset })[];
  /** Tables that a grant opened: its conditions are the caller's own. */
  readonly granted: readonly TableAt[];
  readonly overrides: readonly { readonly dataset: Dataset; readonly override: Override }[];
}

export type Decide = (dataset: Dataset) => DatasetDecision;

export function authorize(plan: QueryPlan, decide: Decide, countsRows: (dataset: Dataset) => boolean = () => false): AuthorizedPlan {
  const judge = new Judge(decide);
  const roots = plan.roots.map((root): PlannedRoot => {
    if (root.kind === 'failed') return root;
    const before = new Map(judge.reads);
    const withheld = judge.withheld.length;
    const refusals = judge.refusals.length;
    try {
      judge.root(root.level);
      return root;
    } catch (error) {
      if (!(error instanceof DureError)) throw error;
      // Nothing of this root is read, nor told of.
      judge.reads = before;
      judge.withheld.length = withheld;
      judge.refusals.length = refusals;
      for (const [figure, use] of judge.noisy) if (root.level.path.every((key, i) => use.path[i] === key)) judge.noisy.delete(figure);
      return { kind: 'failed', path: root.level.path, error };
    }
  });
  return Object.freeze({
    roots, releases: judge.releases, noisy: judge.noisy, relation: (at: TableAt) => judge.relation(at), refusedLevels: judge.refused, refusals: judge.refusals, withheld: judge.withheld, reads: [...judge.reads.values()],
    countsRows: [...judge.reads.values()].some(({ dataset }) => countsRows(dataset)),
    ...dutiesOf([...judge.reads.values()], decide),
  }) as unknown as AuthorizedPlan;
}

type Duties = Pick<AuthorizedPlan, 'obligations' | 'budgets' | 'granted' | 'overrides'>;

function dutiesOf(reads: readonly TableAt[], decide: Decide): Duties {
  const obligations = new Map<string, Obligation & { readonly dataset: Dataset }>();
  const budgets = new Map<string, Budget & { readonly dataset: Dataset }>();
  const overrides = new Map<string, { readonly dataset: Dataset; readonly override: Override }>();
  const granted: TableAt[] = [];
  for (const at of reads) {
    const { dataset } = at;
    const decision = decide(dataset);
    const table = tableAt(decision, at)!;
    for (const duty of table.obligations) obligations.set(`${dataset.id} ${duty.rule}`, { ...duty, dataset });
    for (const budget of table.budgets) budgets.set(`${dataset.id} ${budget.rule}`, { ...budget, dataset });
    if (table.grant) granted.push(at);
    if (decision.override) overrides.set(dataset.id, { dataset, override: decision.override });
  }
  return { obligations: [...obligations.values()], budgets: [...budgets.values()], granted, overrides: [...overrides.values()] };
}

class Judge {
  readonly refused = new Set<Level>();
  readonly refusals: Refusal[] = [];
  readonly withheld: Withheld[] = [];
  reads = new Map<string, TableAt>();
  readonly releases = new Map<ReleasePlan, Release>();
  readonly noisy = new Map<NoisyFigure, NoisyUse>();
  private readonly relations = new Map<string, ReadableRelation>();

  constructor(private readonly decide: Decide) {}

  /** Only relations that were judged readable are handed out. */
  relation(at: TableAt): ReadableRelation {
    const found = this.relations.get(keyOf(at));
    if (!found) throw new Error(`table ${at.table.name} was not authorized`);
    return found;
  }

  root(level: Level): void {
    const decision = this.open(level.at);
    if (!decision.readable) throw forbidden(decision.reason);
    this.enough(neededBy(level), level.at, decision);
    this.level(level, decision);
  }

  private enough(needed: Granularity, at: TableAt, decision: TableDecision): void {
    const refused = granularityRefusal(needed, at.dataset, decision, at);
    if (refused) throw refused;
  }

  private level(level: Level, decision: TableDecision): void {
    this.predicate(level.where, level.at);
    if (level.shape === 'row' && level.keys) this.keys(level.keys, level.at);
    if (level.shape === 'row') this.row(level.row, level.at, level.path, decision);
    else this.connection(level, decision);
  }

  /** A key that is read as something else finds rows that it does not belong to, so it is refused as a withheld one is. */
  private keys({ parts }: RowKeys, at: TableAt): void {
    for (const { column } of parts) if (column && this.relation(at).access(column).kind !== 'plain') throw this.columnRefused(column, at, 'A representation');
  }

  private connection(level: ConnectionLevel, decision: TableDecision): void {
    for (const term of level.order) this.readable(term.column, level.at, 'orderBy');
    for (const item of level.items) {
      const path = [...level.path, item.key];
      if (item.kind === 'nodes') this.row(item.row, level.at, path, decision);
      if (item.kind === 'edges') {
        for (const edge of item.items) if (edge.kind === 'node') this.row(edge.row, level.at, [...path, edge.key], decision);
      }
      // A figure over a withheld column would tell of it, so it is refused like a filter.
      if (item.kind === 'aggregate') for (const column of columnsOfAggregate(item.items)) this.readable(column, level.at, 'aggregate');
      if (item.kind === 'release') this.release(item.release, level.at, decision);
      if (item.kind === 'noisy') {
        for (const figure of item.items) if (figure.kind !== 'typename') this.noisy.set(figure, noisyUse(figure, { path: [...path, figure.key], at: level.at, where: level.where, relation: this.relation(level.at) }, decision));
      }
      if (item.kind === 'groups') for (const { column, where } of columnsOfGroups(item.groups)) this.readable(column, level.at, where);
    }
  }

  private release(plan: ReleasePlan, at: TableAt, decision: TableDecision): void {
    this.releases.set(plan, chooseRelease(useOf(plan), at, decision));
  }

  private row(items: readonly RowItem[], at: TableAt, path: readonly string[], decision: TableDecision): void {
    for (const item of items) {
      if (item.kind === 'column') this.selected(item.column, at, [...path, item.key], decision);
      if (item.kind === 'level') this.below(item.level, at);
      if (item.kind === 'object') this.row(item.items, at, [...path, item.key], decision);
    }
  }

  private selected(column: Column, at: TableAt, path: readonly string[], decision: TableDecision): void {
    const access = this.relation(at).access(column);
    if (access.kind !== 'plain') this.tell(path, at, column, decision);
  }

  private tell(path: readonly string[], at: TableAt, column: Column, decision: TableDecision): void {
    const { rule, reason } = decision.columns.get(column.name)!;
    const access = this.relation(at).access(column);
    this.withheld.push({
      path, column: column.field, treatment: access.kind === 'withheld' ? 'deny' : access.kind as TransformKind, rule,
      reason: (access.kind === 'withheld' ? access.reason : undefined) ?? reason, howToAsk: at.dataset.rules.contact,
    });
  }

  /** A level over a link: its table may be closed, or one of the columns that tie the two together withheld. */
  private below(level: Level, parent: TableAt): void {
    const decision = this.open(level.at);
    if (!decision.readable) {
      this.refused.add(level);
      this.refusals.push({ path: level.path, error: forbidden(decision.reason) });
      return;
    }
    const leaving = transferRefusal(parent, level.at);
    if (leaving) {
      this.refused.add(level);
      this.refusals.push({ path: level.path, error: leaving });
      return;
    }
    if (joinsPersons(level.link!, parent)) {
      this.refused.add(level);
      this.refusals.push({ path: level.path, error: personsApart() });
      return;
    }
    const coarse = granularityRefusal(neededBy(level), level.at.dataset, decision, level.at);
    if (coarse) {
      this.refused.add(level);
      this.refusals.push({ path: level.path, error: coarse });
      return;
    }
    const hidden = this.hiddenBy(level.link!, parent);
    if (hidden) {
      this.refused.add(level);
      this.tell(level.path, hidden.at, hidden.column, this.open(hidden.at));
      return;
    }
    this.level(level, decision);
  }

  /** A column that is read as something else ties rows together that do not belong together, so it closes the link as a withheld one does. */
  private hiddenBy(link: Link, here: TableAt): { at: TableAt; column: Column } | undefined {
    for (const pair of link.on) {
      if (this.sameHash(link, pair, here)) continue;
      if (this.relation(here).access(pair.here).kind !== 'plain') return { at: here, column: pair.here };
      if (this.relation(link.target).access(pair.there).kind !== 'plain') return { at: link.target, column: pair.there };
    }
    return undefined;
  }

  /** Keyed hashes of one key and scope are equal exactly where the values are, so they tie the same rows together. */
  private sameHash(link: Link, pair: Link['on'][number], here: TableAt): boolean {
    const one = this.relation(here).access(pair.here);
    const other = this.relation(link.target).access(pair.there);
    return one.kind === 'hash' && other.kind === 'hash' && one.same === other.same;
  }

  private predicate(where: Predicate, at: TableAt): void {
    visitPredicate(where, {
      column: (column) => this.readable(column, at, 'where'),
      related: (link, far) => {
        const decision = this.open(link.target);
        if (!decision.readable) throw forbidden(decision.reason);
        const leaving = transferRefusal(at, link.target);
        if (leaving) throw leaving;
        if (joinsPersons(link, at)) throw personsApart();
        // Whether a row has a partner is told row by row.
        this.enough('row', link.target, decision);
        const hidden = this.hiddenBy(link, at);
        if (hidden) throw this.columnRefused(hidden.column, hidden.at, 'where');
        this.predicate(far, link.target);
      },
    });
  }

  private readable(column: Column, at: TableAt, where: string): void {
    if (this.relation(at).access(column).kind === 'withheld') throw this.columnRefused(column, at, where);
  }

  private columnRefused(column: Column, at: TableAt, where: string): DureError {
    const restriction = this.open(at).columns.get(column.name);
    return new DureError('FORBIDDEN', `${where} names ${column.field}, which is withheld from you: ${restriction?.reason ?? 'the rules of the dataset withhold it.'}`, {
      column: column.field, rule: restriction?.rule, howToAsk: at.dataset.rules.contact,
    });
  }

  /** The decision on a table; makes its relation where it is readable. */
  private open(at: TableAt): TableDecision {
    const dataset = this.decide(at.dataset);
    const decision = tableAt(dataset, at);
    if (!decision) return closedTable(dataset);
    const key = keyOf(at);
    if (decision.readable) {
      this.reads.set(key, at);
      if (!this.relations.has(key)) this.relations.set(key, readableRelation(at, dataset, decision));
    }
    return decision;
  }
}

/** Keys of persons are never joined across organizations, whatever led here. */
function joinsPersons(link: Link, here: TableAt): boolean {
  return here.dataset.organization.id !== link.target.dataset.organization.id && link.on.some((pair) => pair.here.personKey || pair.there.personKey);
}

function personsApart(): DureError {
  return new DureError('FORBIDDEN', 'Keys of persons are not joined across organizations. Ask for figures of each dataset instead.', { reason: 'PERSON_KEY' });
}

function keyOf(at: TableAt): string {
  return `${at.version.id}/${at.table.name}`;
}

function forbidden(reason: Reason): DureError {
  return new DureError(reason.code === 'PURPOSE_REQUIRED' ? 'PURPOSE_REQUIRED' : 'FORBIDDEN', reason.message, {
    reason: reason.code, rule: reason.rule, allowed: reason.allowed, howToAsk: reason.howToAsk, messageKo: reason.messageKo,
  });
}

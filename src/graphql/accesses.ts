/** What an authorized operation will read, as the audit tells it: one access a dataset, version and decision. Worked out once, when it is compiled. */
import type { Column } from '../catalog/model.js';
import { versionName } from '../catalog/model.js';
import { auditedDataset, type AccessEvent, type RetentionYears } from '../audit/event.js';
import { isAudited, retentionOf, type AuditMode, type AuditScope } from '../audit/governed.js';
import { DureError } from '../errors.js';
import { columnsOfAggregate, columnsOfGroups } from '../plan/aggregate.js';
import type { TableAt } from '../plan/link.js';
import type { Level, QueryPlan, RowItem } from '../plan/plan.js';
import { visitPredicate, type Predicate } from '../plan/predicate.js';
import { useOf, type ReleasePlan } from '../plan/release.js';
import { tableAt } from '../policy/decide.js';
import type { AuthorizedPlan, Decide } from '../policy/authorize.js';

export interface PlannedAccess {
  readonly event: Pick<AccessEvent, 'dataset' | 'version' | 'rulesRevision' | 'tables' | 'withheld' | 'decision' | 'reason' | 'rule'>;
  readonly years: RetentionYears;
  readonly mode: AuditMode;
  /** Numbers of the plan's roots that it is part of. */
  readonly roots: readonly number[];
  /** Response keys of its levels, joined by newlines: an error at one of them says that nothing was read there. */
  readonly paths: ReadonlySet<string>;
  /** Numbers of its tables in the plan's reads. */
  readonly reads: readonly number[];
}

export interface AuditRules { readonly scope: AuditScope; readonly mode: AuditMode }

export function accessesOf(plan: QueryPlan, authorized: AuthorizedPlan, decide: Decide, rules: AuditRules): readonly PlannedAccess[] {
  const collector = new Collector(authorized, decide, rules);
  plan.roots.forEach((root, index) => {
    if (root.kind !== 'level') return;
    const judged = authorized.roots[index];
    if (judged?.kind === 'failed') collector.refused(root.level, index, judged.error);
    else collector.level(root.level, index);
  });
  return collector.accesses();
}

interface Draft {
  readonly at: TableAt;
  readonly decision: 'ALLOWED' | 'REFUSED';
  readonly reason: string;
  readonly rule?: string;
  readonly tables: Map<string, Set<string>>;
  readonly withheld: Set<string>;
  readonly roots: Set<number>;
  readonly paths: Set<string>;
}

class Collector {
  private readonly drafts = new Map<string, Draft>();
  private root = 0;
  /** Set while a refused root is walked: whatever it names was refused with it. */
  private refusal: { readonly reason: string; readonly rule?: string } | undefined;

  constructor(private readonly plan: AuthorizedPlan, private readonly decide: Decide, private readonly rules: AuditRules) {}

  accesses(): PlannedAccess[] {
    return [...this.drafts.values()].map(({ at, decision, reason, rule, tables, withheld, roots, paths }) => ({
      event: {
        dataset: auditedDataset(at.dataset), version: versionName(at.version), rulesRevision: at.dataset.rulesRevision, decision, reason, rule,
        tables: Object.fromEntries([...tables].map(([table, columns]) => [table, [...columns].sort()])),
        ...(withheld.size > 0 && { withheld: [...withheld].sort() }),
      },
      years: retentionOf(at.dataset),
      mode: at.dataset.audit?.mode ?? this.rules.mode,
      roots: [...roots],
      paths,
      reads: decision === 'ALLOWED' ? this.plan.reads.flatMap((read, number) => (read.version.id === at.version.id ? [number] : [])) : [],
    }));
  }

  refused(level: Level, root: number, error: unknown): void {
    const details = error instanceof DureError ? error.details : {};
    this.refusal = { reason: typeof details.reason === 'string' ? details.reason : error instanceof DureError ? error.code : 'INTERNAL', rule: typeof details.rule === 'string' ? details.rule : undefined };
    this.level(level, root);
    this.refusal = undefined;
  }

  level(level: Level, root: number): void {
    this.root = root;
    const { at } = level;
    this.draft(at)?.paths.add(level.path.join('\n'));
    this.touch(at, []);
    this.predicate(level.where, at);
    if (level.shape === 'row' && level.keys) this.touch(at, level.keys.parts.flatMap(({ column }) => column ?? []));
    if (level.shape === 'row') return this.row(level.row, at);
    this.touch(at, level.order.map(({ column }) => column));
    for (const item of level.items) {
      if (item.kind === 'nodes') this.row(item.row, at);
      if (item.kind === 'edges') for (const edge of item.items) if (edge.kind === 'node') this.row(edge.row, at);
      if (item.kind === 'aggregate') this.touch(at, columnsOfAggregate(item.items));
      if (item.kind === 'release') this.touch(at, this.columnsOfRelease(item.release, at));
      if (item.kind === 'noisy') this.touch(at, item.items.flatMap((figure) => (figure.kind === 'sum' ? [figure.column] : [])));
      if (item.kind === 'groups') this.touch(at, columnsOfGroups(item.groups).map(({ column }) => column));
    }
  }

  private columnsOfRelease(release: ReleasePlan, at: TableAt): readonly Column[] {
    const definition = this.plan.releases.get(release);
    const names = new Set([...useOf(release).columns, ...(definition?.dimensions.map(({ column }) => column) ?? [])]);
    return at.table.columns.filter(({ name }) => names.has(name));
  }

  private row(items: readonly RowItem[], at: TableAt): void {
    for (const item of items) {
      if (item.kind === 'column') this.selected(at, item.column);
      if (item.kind === 'object') this.row(item.items, at);
      if (item.kind === 'level') this.below(item.level, at);
    }
  }

  private below(level: Level, parent: TableAt): void {
    this.touch(parent, level.link?.on.map(({ here }) => here) ?? []);
    if (!this.refusal && this.plan.refusedLevels.has(level)) {
      const refusal = this.plan.refusals.find(({ path }) => path.join('\n') === level.path.join('\n'));
      if (refusal) this.refused(level, this.root, refusal.error);
      // Without a refusal it is a link over a withheld column: null, like a withheld cell.
      else this.draft(parent)?.withheld.add(`${parent.table.name}.${level.path.at(-1) ?? ''}`);
      return;
    }
    this.touch(level.at, level.link?.on.map(({ there }) => there) ?? []);
    this.level(level, this.root);
  }

  private predicate(where: Predicate, at: TableAt): void {
    visitPredicate(where, {
      column: (column) => this.touch(at, [column]),
      related: (link, far) => {
        this.touch(at, link.on.map(({ here }) => here));
        this.touch(link.target, link.on.map(({ there }) => there));
        this.predicate(far, link.target);
      },
    });
  }

  private selected(at: TableAt, column: Column): void {
    if (!this.refusal && this.plan.relation(at).access(column).kind === 'withheld') this.draft(at)?.withheld.add(`${at.table.name}.${column.name}`);
    else this.touch(at, [column]);
  }

  private touch(at: TableAt, columns: readonly Column[]): void {
    const draft = this.draft(at);
    if (!draft) return;
    let named = draft.tables.get(at.table.name);
    if (!named) draft.tables.set(at.table.name, (named = new Set()));
    for (const column of columns) named.add(column.name);
  }

  /** Undefined where the dataset is not audited. */
  private draft(at: TableAt): Draft | undefined {
    if (!isAudited(at.dataset, this.rules.scope)) return undefined;
    const allowed = tableAt(this.decide(at.dataset), at)?.reason;
    const { reason, rule } = this.refusal ?? { reason: allowed?.code ?? 'NOT_ADMITTED', rule: allowed?.rule };
    const decision = this.refusal ? 'REFUSED' : 'ALLOWED';
    const key = JSON.stringify([at.version.id, decision, this.refusal ? reason : '']);
    let draft = this.drafts.get(key);
    if (!draft) this.drafts.set(key, (draft = { at, decision, reason, rule, tables: new Map(), withheld: new Set(), roots: new Set(), paths: new Set() }));
    draft.roots.add(this.root);
    return draft;
  }
}

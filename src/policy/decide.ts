/** The decision: what one caller may read of one dataset. Pure: the same asking at the same instant gives the same decision. */
import type { Dataset, Table } from '../catalog/model.js';
import { attribute, hasScope, isComplete, type Identity } from '../identity/identity.js';
import type { Asking } from './asking.js';
import { restrict, type ColumnRestriction } from './columns.js';
import { evaluate, grantsColumn } from './condition.js';
import type { Grant } from './grant.js';
import { isFreeOfCells } from './granularity.js';
import { narrow, unnarrowed, type Narrowed } from './narrow.js';
import type { Override } from './override.js';
import { covers } from './purpose.js';
import { refusal, type Reason } from './reason.js';
import type { Condition, RowCondition, Rule, RuleEffect } from './rule.js';

export type { ColumnRestriction } from './columns.js';
export type { Budget, Obligation, OpenWindow } from './narrow.js';
export { reasonCodes, type Reason, type ReasonCode } from './reason.js';

export type RowsRule = Extract<Rule, { effect: 'rows' }>;

export interface TableDecision extends Omit<Narrowed, 'refusal'> {
  readonly readable: boolean;
  readonly reason: Reason;
  /** Who asks may know that the table is there, whatever keeps them from reading it now. */
  readonly admitted: boolean;
  /** Row rules that bind this caller; a row must satisfy all. */
  readonly rows: readonly RowsRule[];
  /** A row rule names an attribute of the caller that is not known: no row satisfies it. */
  readonly noRows: boolean;
  /** By column name. */
  readonly columns: ReadonlyMap<string, ColumnRestriction>;
  /** What a rule was opened by; its interval is judged by the database's clock. */
  readonly grant?: Grant;
}

export interface DatasetDecision {
  readonly dataset: Dataset;
  /** Equal for two callers only if the same rules bind both alike: fit for caches of compiled statements (attribute values travel as parameters). */
  readonly key: string;
  /** True if any table is readable, leaving the clock aside. */
  readonly readable: boolean;
  /** True if the caller may know of the dataset although it is not listed. */
  readonly admitted: boolean;
  readonly reason: Reason;
  /** Judged by the database's clock when a statement runs; absent for those whom the embargo does not bind. */
  readonly embargoUntil?: Date;
  /** An emergency override opened everything. */
  readonly override?: Override;
  /** Milliseconds since the epoch: from then on another decision may hold, since a grant or an override begins or ends. */
  readonly validUntil?: number;
  /** By table name, as the newest version that has the table is decided. What is read goes by `tableAt`. */
  readonly tables: ReadonlyMap<string, TableDecision>;
  /** Where rules are for some majors only: by `MAJOR/NAME`. */
  readonly byMajor?: ReadonlyMap<string, TableDecision>;
}

/** The decision on a table of one version; undefined where the dataset has none of that name. */
export function tableAt(decision: DatasetDecision, { version, table }: { readonly version: { readonly major: number }; readonly table: Pick<Table, 'name'> }): TableDecision | undefined {
  return decision.byMajor ? decision.byMajor.get(`${version.major}/${table.name}`) : decision.tables.get(table.name);
}

/** The decisions on a table in all versions. */
export function everyTable(decision: DatasetDecision, name: string): readonly TableDecision[] {
  const found = decision.byMajor ? [...decision.byMajor].flatMap(([key, table]) => (key.slice(key.indexOf('/') + 1) === name ? [table] : [])) : [decision.tables.get(name)];
  return found.flatMap((table) => table ?? []);
}

/** Deny by default: nothing is readable that neither the visibility nor an allow rule opens, and a deny rule wins over both. */
export function decideDataset(dataset: Dataset, asking: Asking, now = Date.now()): DatasetDecision {
  const { identity } = asking;
  const member = identity.memberships.some((m) => m.organization === dataset.organization.slug);
  const override = dataset.overrides && overrideOf(dataset.overrides, identity, now);
  const grants = asking.grants.length === 0 ? asking.grants : asking.grants.filter((grant) => grant.dataset === dataset.id && isOf(grant, identity));
  const tables = new Map<string, TableDecision>();
  const byMajor = dataset.rules.rules.some((rule) => rule.majors !== undefined) ? new Map<string, TableDecision>() : undefined;
  for (const version of dataset.versions) {
    for (const { name } of version.tables) {
      const key = `${version.major}/${name}`;
      if (byMajor ? byMajor.has(key) : tables.has(name)) continue;
      const open = override && hasScope(identity, 'read') ? overridden(override) : new TableJudge(dataset, name, version.major, asking, member, grants, now).decide();
      const decided = dataset.freeze ? frozen(dataset, open) : open;
      byMajor?.set(key, decided);
      if (!tables.has(name)) tables.set(name, decided);
    }
  }
  const decisions = [...(byMajor ?? tables).values()];
  const open = decisions.find((t) => t.readable);
  const embargoUntil = dataset.embargoUntil && !member && !override ? dataset.embargoUntil : undefined;
  return Object.freeze({
    dataset,
    key: decisionKey(dataset, byMajor ?? tables, embargoUntil, override),
    readable: open !== undefined,
    admitted: decisions.some((t) => t.admitted),
    reason: (open ?? decisions[0])?.reason ?? refusal(dataset, 'NOT_ADMITTED'),
    embargoUntil,
    override: dataset.freeze ? undefined : override,
    validUntil: nextInstant([...grants, ...(dataset.overrides ?? [])], now),
    tables,
    byMajor,
  });
}

/** The override that ends last, so that the end of another one does not close anything early. */
function overrideOf(overrides: readonly Override[], identity: Identity, now: number): Override | undefined {
  if (identity.kind === 'anonymous') return undefined;
  return overrides
    .filter((override) => override.subject === identity.subject && override.issuer === identity.issuer && override.from.getTime() <= now && now < override.until.getTime())
    .sort((a, b) => b.until.getTime() - a.until.getTime())[0];
}

function overridden(override: Override): TableDecision {
  const reason: Reason = {
    code: 'OVERRIDE', message: `An emergency override opens this to you until ${override.until.toISOString()}.`, messageKo: `긴급 열람 조치로 ${override.until.toISOString()}까지 열람할 수 있습니다.`,
  };
  return { ...unnarrowed, readable: true, admitted: true, reason, rows: [], noRows: false, columns: new Map() };
}

/** Nothing opens what an incident closed, be it membership or an override; whoever knew of the table still does. */
function frozen(dataset: Dataset, { admitted }: TableDecision): TableDecision {
  return { ...closed(refusal(dataset, 'FROZEN')), admitted };
}

function isOf(grant: Grant, identity: Identity): boolean {
  return identity.kind !== 'anonymous' && grant.subject === identity.subject && grant.issuer === identity.issuer;
}

function nextInstant(periods: readonly { readonly from?: Date; readonly until?: Date }[], now: number): number | undefined {
  let next: number | undefined;
  for (const { from, until } of periods) {
    for (const instant of [from?.getTime(), until?.getTime()]) if (instant !== undefined && instant > now && (next === undefined || instant < next)) next = instant;
  }
  return next;
}

/** Of whom such a rule does not bind more is read than of others: not only sooner, or with fewer duties. */
const opening: ReadonlySet<RuleEffect> = new Set(['rows', 'granularity', 'purpose', 'channel', 'destination', 'window']);

/** Judges one table for one asking. */
class TableJudge {
  private readonly rules: readonly Rule[];

  constructor(
    private readonly dataset: Dataset, private readonly table: string, major: number, private readonly asking: Asking, private readonly member: boolean,
    private readonly grants: readonly Grant[], private readonly now: number,
  ) {
    this.rules = dataset.rules.rules.filter((rule) => (rule.tables === undefined || rule.tables.includes(table)) && (rule.majors === undefined || rule.majors.includes(major)));
  }

  decide(): TableDecision {
    const { dataset, asking, table } = this;
    const { identity } = asking;
    if (!hasScope(identity, 'read')) return closed(refusal(dataset, 'SCOPE_MISSING'));
    const grant = this.bestGrant();
    const place = { grant, table };
    let spared = false;
    // Whether a condition holds by the grant and not without it.
    const byGrant = (condition: Condition, column?: string): boolean => grant !== undefined && evaluate(condition, asking, { ...place, column }) === true && evaluate(condition, asking, { table, column }) !== true;
    for (const rule of this.rules) {
      if (rule.effect !== 'deny') continue;
      if (evaluate(rule.to, asking, place) !== false) return closed(refusal(dataset, 'DENIED_BY_RULE', rule));
      if (grant && evaluate(rule.to, asking, { table }) !== false) spared = true;
    }
    const reason = this.admitted(grant);
    if (!reason) {
      const wanted = this.grantedPurposes();
      // Who holds a grant may know of the table: what for they ask this time hides nothing.
      if (wanted.length > 0) return { ...closed(refusal(dataset, asking.purpose ? 'PURPOSE_NOT_ALLOWED' : 'PURPOSE_REQUIRED', undefined, wanted)), admitted: true };
      return closed(refusal(dataset, identity.kind === 'anonymous' ? 'SIGN_IN' : 'NOT_ADMITTED'));
    }
    // What does not rest on the grant does not end with it, and is not limited to its columns and granularity.
    const rests = reason.code === 'GRANTED' || spared || this.rules.some((rule) => opening.has(rule.effect) && 'unless' in rule && rule.unless !== undefined && byGrant(rule.unless));
    const coarse = grant?.granularity !== undefined && !isFreeOfCells(grant.granularity);
    let used = rests;
    const rows: RowsRule[] = [];
    const columns = new Map<string, ColumnRestriction>();
    const narrowing: Rule[] = [];
    for (const rule of this.rules) {
      if (rule.effect === 'allow' || rule.effect === 'deny') continue;
      if (rule.effect === 'columns') {
        for (const column of rule.columns) {
          const exempt = rule.unless !== undefined && evaluate(rule.unless, asking, { ...place, column }) === true;
          const granted = exempt && byGrant(rule.unless!, column);
          // One for figures shows no cell of a table whose rows are read without it.
          if (!exempt || (granted && coarse && !rests)) restrict(columns, column, rule);
          else if (granted) used = true;
        }
        continue;
      }
      if (rule.unless && evaluate(rule.unless, asking, place) === true) {
        if (byGrant(rule.unless)) used = true;
        continue;
      }
      if (rule.effect === 'rows') rows.push(rule);
      else narrowing.push(rule);
    }
    if (rests && grant) this.withholdUngranted(columns, grant);
    if (rests && grant?.granularity) narrowing.push({ id: 'grant', effect: 'granularity', atMost: grant.granularity, reason: 'No more was granted to you.' });
    const { refusal: refused, ...narrowed } = narrow(dataset, narrowing, asking);
    if (refused) return { ...closed(refused), admitted: true };
    const noRows = rows.some((rule) => attributesOf(rule.where).some((name) => attribute(identity, name) === undefined) || negatedAttributes(rule.where).some((name) => !isComplete(identity, name)));
    return { ...narrowed, readable: true, admitted: true, reason, rows, noRows, columns, ...(used && grant ? { grant } : {}) };
  }

  private admitted(grant: Grant | undefined): Reason | undefined {
    const { dataset, asking, member, table } = this;
    if (dataset.visibility === 'PUBLIC') return { code: 'PUBLIC', message: 'The dataset is public.', messageKo: '공개 데이터셋입니다.' };
    if (member) return { code: 'MEMBER', message: 'You are a member of the organization that owns it.', messageKo: '소유 기관의 구성원입니다.' };
    if (dataset.visibility === 'REGISTERED' && asking.identity.kind !== 'anonymous') {
      return { code: 'REGISTERED', message: 'Open to everybody who has signed in.', messageKo: '로그인한 모든 사용자에게 공개됩니다.' };
    }
    const allows = this.rules.flatMap((rule) => (rule.effect === 'allow' ? [rule] : []));
    const plain = allows.find((rule) => evaluate(rule.to, asking, { table }) === true);
    if (plain) return { code: 'ALLOWED_BY_RULE', rule: plain.id, message: 'A rule of the dataset admits you.', messageKo: '데이터셋의 규칙에 따라 허용됩니다.' };
    const granted = grant && allows.find((rule) => evaluate(rule.to, asking, { grant, table }) === true);
    return granted && { code: 'GRANTED', rule: granted.id, message: 'Access was granted to you.', messageKo: '승인된 접근 권한이 있습니다.' };
  }

  /** One grant decides: two may not lend each other their columns, times and purposes. The one with most columns, then the one that ends last. */
  private bestGrant(): Grant | undefined {
    const { purpose } = this.asking;
    const usable = this.grants.filter((grant) => this.isInForce(grant) && (grant.purpose === undefined || (purpose !== undefined && covers(grant.purpose, purpose.code))));
    const size = (grant: Grant): number => grant.columns?.[this.table]?.length ?? Number.POSITIVE_INFINITY;
    const end = (grant: Grant): number => grant.until?.getTime() ?? Number.POSITIVE_INFINITY;
    return usable.reduce<Grant | undefined>((best, grant) => (!best || size(grant) > size(best) || (size(grant) === size(best) && end(grant) > end(best)) ? grant : best), undefined);
  }

  private isInForce(grant: Grant): boolean {
    return (grant.country === undefined || grant.country === this.asking.destination) && (grant.tables === undefined || grant.tables.includes(this.table)) && (grant.from?.getTime() ?? 0) <= this.now && this.now < (grant.until?.getTime() ?? Number.POSITIVE_INFINITY);
  }

  /** What must be declared for a grant that this caller holds to open the table. */
  private grantedPurposes(): readonly string[] {
    const { asking, table } = this;
    const opening = this.grants.filter((grant) => grant.purpose !== undefined && this.isInForce(grant)
      && this.rules.some((rule) => rule.effect === 'allow' && evaluate(rule.to, asking, { grant, table }) === true));
    return [...new Set(opening.map((grant) => grant.purpose!))];
  }

  /** Columns of any version: an older one may have some that the newest has not. */
  private withholdUngranted(columns: Map<string, ColumnRestriction>, grant: Grant): void {
    for (const table of this.dataset.versions.flatMap((version) => version.tables)) {
      if (table.name !== this.table) continue;
      for (const column of table.columns) {
        if (!grantsColumn(grant, { table: this.table, column: column.name })) columns.set(column.name, { rule: 'grant', transform: { kind: 'deny' }, reason: 'The access that was granted to you does not include this column.' });
      }
    }
  }
}

function closed(reason: Reason): TableDecision {
  return { ...unnarrowed, readable: false, admitted: false, reason, rows: [], noRows: true, columns: new Map() };
}

/** For tables that no version of the dataset has. */
export function closedTable(decision: DatasetDecision): TableDecision {
  return closed(decision.reason);
}

export function attributesOf(where: RowCondition): readonly string[] {
  if ('and' in where) return where.and.flatMap(attributesOf);
  if ('or' in where) return where.or.flatMap(attributesOf);
  if ('not' in where) return attributesOf(where.not);
  return 'value' in where && typeof where.value === 'object' && 'attribute' in where.value ? [where.value.attribute] : [];
}

/** Those that choose rows by what is not in them: a list that may be incomplete would choose too many. */
function negatedAttributes(where: RowCondition, negated = false): readonly string[] {
  if ('and' in where) return where.and.flatMap((part) => negatedAttributes(part, negated));
  if ('or' in where) return where.or.flatMap((part) => negatedAttributes(part, negated));
  if ('not' in where) return negatedAttributes(where.not, !negated);
  return 'op' in where && negated !== (where.op === 'notIn') ? attributesOf(where) : [];
}

/** Holds ids of rules and what follows from them; of grants and overrides only what the statement's text depends on. */
function decisionKey(dataset: Dataset, tables: ReadonlyMap<string, TableDecision>, embargoUntil: Date | undefined, override: Override | undefined): string {
  const parts = [dataset.id, String(dataset.rulesRevision), embargoUntil ? String(embargoUntil.getTime()) : '', override ? `override ${override.id}` : '', dataset.freeze ? `frozen ${dataset.freeze.incident}` : ''];
  for (const [name, table] of tables) {
    parts.push(JSON.stringify([
      name, table.readable, table.reason.code, table.reason.rule ?? null, table.noRows, table.rows.map((r) => r.id), [...table.columns].map(([c, r]) => [c, r.rule, r.transform]),
      table.granularity, table.minimumCell, table.minimumContributors, table.noise ?? null, table.windows.map((w) => w.rule), table.budgets.map((b) => b.rule), table.obligations.map((o) => o.rule),
      table.grant ? [table.grant.from !== undefined, table.grant.until !== undefined] : null, table.reason.allowed ?? null,
    ]));
  }
  return parts.join('|');
}

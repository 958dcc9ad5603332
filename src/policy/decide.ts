/** The decision: what one caller may read of one dataset. Pure: no clock, no database. */
import type { Dataset, Table } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import { attribute, hasScope, type Identity } from '../identity/identity.js';
import { evaluate } from './condition.js';
import type { RowCondition, Rule, Transform } from './rule.js';

export const reasonCodes = [
  'PUBLIC', 'REGISTERED', 'MEMBER', 'ALLOWED_BY_RULE',
  'SIGN_IN', 'NOT_ADMITTED', 'DENIED_BY_RULE', 'SCOPE_MISSING', 'EMBARGO',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly messageKo: string;
  readonly rule?: string;
  readonly howToAsk?: string;
}

export interface ColumnRestriction {
  readonly rule: string;
  readonly transform: Transform;
  readonly reason: string;
}

export type RowsRule = Extract<Rule, { effect: 'rows' }>;

export interface TableDecision {
  readonly readable: boolean;
  readonly reason: Reason;
  /** Row rules that bind this caller; a row must satisfy all. */
  readonly rows: readonly RowsRule[];
  /** A row rule names an attribute of the caller that is not known: no row satisfies it. */
  readonly noRows: boolean;
  /** By column name. */
  readonly columns: ReadonlyMap<string, ColumnRestriction>;
}

export interface DatasetDecision {
  readonly dataset: Dataset;
  /** Equal for two callers only if the same rules bind both alike: fit for caches of compiled statements (attribute values travel as parameters). */
  readonly key: string;
  /** True if any table is readable, leaving the embargo aside. */
  readonly readable: boolean;
  readonly reason: Reason;
  /** Judged by the database's clock when a statement runs; absent for those whom the embargo does not bind. */
  readonly embargoUntil?: Date;
  /** By table name, for the tables of every version. */
  readonly tables: ReadonlyMap<string, TableDecision>;
}

/** Deny by default: nothing is readable that neither the visibility nor an allow rule opens, and a deny rule wins over both. */
export function decideDataset(dataset: Dataset, identity: Identity): DatasetDecision {
  const member = identity.memberships.some((m) => m.organization === dataset.organization.slug);
  const tables = new Map<string, TableDecision>();
  for (const table of tablesOf(dataset)) {
    if (!tables.has(table.name)) tables.set(table.name, decideTable(dataset, table.name, identity, member));
  }
  const decisions = [...tables.values()];
  const open = decisions.find((t) => t.readable);
  const embargoUntil = dataset.embargoUntil && !member ? dataset.embargoUntil : undefined;
  return Object.freeze({
    dataset,
    key: decisionKey(dataset, tables, embargoUntil),
    readable: open !== undefined,
    reason: (open ?? decisions[0])?.reason ?? refusal(dataset, 'NOT_ADMITTED'),
    embargoUntil,
    tables,
  });
}

function tablesOf(dataset: Dataset): readonly Pick<Table, 'name'>[] {
  return dataset.versions.flatMap((version) => version.tables);
}

function decideTable(dataset: Dataset, table: string, identity: Identity, member: boolean): TableDecision {
  const rules = dataset.rules.rules.filter((rule) => rule.tables === undefined || rule.tables.includes(table));
  const closed = (reason: Reason): TableDecision => ({ readable: false, reason, rows: [], noRows: true, columns: new Map() });
  if (!hasScope(identity, 'read')) return closed(refusal(dataset, 'SCOPE_MISSING'));

  for (const rule of rules) {
    if (rule.effect === 'deny' && evaluate(rule.to, identity) !== false) return closed(refusal(dataset, 'DENIED_BY_RULE', rule));
  }
  const reason = admitted(dataset, rules, identity, member);
  if (!reason) return closed(refusal(dataset, identity.kind === 'anonymous' ? 'SIGN_IN' : 'NOT_ADMITTED'));

  const rows: RowsRule[] = [];
  const columns = new Map<string, ColumnRestriction>();
  for (const rule of rules) {
    if (rule.effect !== 'rows' && rule.effect !== 'columns') continue;
    if (rule.unless && evaluate(rule.unless, identity) === true) continue;
    if (rule.effect === 'rows') rows.push(rule);
    else for (const column of rule.columns) restrict(columns, column, rule);
  }
  return { readable: true, reason, rows, noRows: rows.some((rule) => attributesOf(rule.where).some((name) => attribute(identity, name) === undefined)), columns };
}

function attributesOf(where: RowCondition): readonly string[] {
  if ('and' in where) return where.and.flatMap(attributesOf);
  if ('or' in where) return where.or.flatMap(attributesOf);
  if ('not' in where) return attributesOf(where.not);
  return 'value' in where && typeof where.value === 'object' && 'attribute' in where.value ? [where.value.attribute] : [];
}

function admitted(dataset: Dataset, rules: readonly Rule[], identity: Identity, member: boolean): Reason | undefined {
  if (dataset.visibility === 'PUBLIC') return { code: 'PUBLIC', message: 'The dataset is public.', messageKo: '공개 데이터셋입니다.' };
  if (member) return { code: 'MEMBER', message: 'You are a member of the organization that owns it.', messageKo: '소유 기관의 구성원입니다.' };
  if (dataset.visibility === 'REGISTERED' && identity.kind !== 'anonymous') {
    return { code: 'REGISTERED', message: 'Open to everybody who has signed in.', messageKo: '로그인한 모든 사용자에게 공개됩니다.' };
  }
  for (const rule of rules) {
    if (rule.effect === 'allow' && evaluate(rule.to, identity) === true) {
      return { code: 'ALLOWED_BY_RULE', rule: rule.id, message: 'A rule of the dataset admits you.', messageKo: '데이터셋의 규칙에 따라 허용됩니다.' };
    }
  }
  return undefined;
}

/** Several rules on one column: the one that shows least wins (deny, null, mask); of two masks both would show different parts, so the column becomes null. */
function restrict(columns: Map<string, ColumnRestriction>, column: string, rule: Extract<Rule, { effect: 'columns' }>): void {
  const next: ColumnRestriction = { rule: rule.id, transform: rule.transform, reason: rule.reason ?? 'The dataset\'s rules withhold this column.' };
  const held = columns.get(column);
  if (!held || severity[next.transform.kind] > severity[held.transform.kind]) columns.set(column, next);
  else if (held.transform.kind === 'mask' && next.transform.kind === 'mask' && JSON.stringify(held.transform) !== JSON.stringify(next.transform)) {
    columns.set(column, { ...held, transform: { kind: 'null' } });
  }
}
const severity: Record<Transform['kind'], number> = { mask: 1, null: 2, deny: 3 };

function refusal(dataset: Dataset, code: ReasonCode, rule?: Rule): Reason {
  const path = datasetPath(dataset);
  const howToAsk = dataset.rules.contact ?? `Ask the organization ${dataset.organization.title} (${dataset.organization.slug}) for access to ${path}.`;
  switch (code) {
    case 'SIGN_IN':
      return { code, howToAsk, message: `${path} is not open to anonymous callers. Send a token in the authorization header.`, messageKo: `${path} 데이터셋은 로그인 후 이용할 수 있습니다. authorization 헤더에 토큰을 넣으십시오.` };
    case 'SCOPE_MISSING':
      return { code, howToAsk, message: 'This API token lacks the scope "read".', messageKo: '이 API 토큰에는 "read" 권한 범위가 없습니다.' };
    case 'DENIED_BY_RULE':
      return { code, howToAsk, rule: rule?.id, message: rule?.reason ?? `A rule of ${path} refuses this access.`, messageKo: rule?.reason ?? `${path}의 규칙에 따라 거부되었습니다.` };
    default:
      return { code, howToAsk, message: `You may not read ${path}: no rule admits you.`, messageKo: `${path}을(를) 읽을 권한이 없습니다. 허용하는 규칙이 없습니다.` };
  }
}

function decisionKey(dataset: Dataset, tables: ReadonlyMap<string, TableDecision>, embargoUntil: Date | undefined): string {
  const parts = [dataset.id, String(dataset.rulesRevision), embargoUntil ? String(embargoUntil.getTime()) : ''];
  for (const [name, table] of tables) {
    parts.push(JSON.stringify([name, table.readable, table.reason.code, table.reason.rule ?? null, table.noRows, table.rows.map((r) => r.id), [...table.columns].map(([c, r]) => [c, r.rule, r.transform])]));
  }
  return parts.join('|');
}

/** What the rules that narrow a table (all but rows and columns) leave to one caller. */
import type { Dataset } from '../catalog/model.js';
import type { Asking } from './asking.js';
import { canonicalJson } from '../canonicalJson.js';
import { covers, honours } from './purpose.js';
import { refusal, type Reason } from './reason.js';
import { channels, granularities, type BudgetPeriod, type Granularity, type MinimumContributors, type Noise, type ObligationKind, type Rule } from './rule.js';

/** An interval of time in which a table is open; judged by the database's clock. */
export interface OpenWindow {
  readonly rule: string;
  readonly reason?: string;
  readonly from?: Date;
  readonly until?: Date;
}

export interface Budget {
  readonly rule: string;
  readonly queries: number;
  readonly per: BudgetPeriod;
}

export interface Obligation {
  readonly rule: string;
  readonly kind: ObligationKind;
  readonly text?: string;
}

export interface Narrowed {
  /** Set where the table is closed to this request. */
  readonly refusal?: Reason;
  readonly granularity: Granularity;
  /** The rule that set the granularity. */
  readonly granularityRule?: string;
  /** Fewest rows that a figure may be about; 1 where no rule says so. */
  readonly minimumCell: number;
  readonly minimumContributors: readonly MinimumContributors[];
  /** Noise that figures may be had with, and the rule that says so; absent where a rule with a minimum gives none, or another. */
  readonly noise?: Noise & { readonly rule: string };
  /** All must be open. */
  readonly windows: readonly OpenWindow[];
  /** Each is counted by itself. */
  readonly budgets: readonly Budget[];
  readonly obligations: readonly Obligation[];
}

export const unnarrowed: Narrowed = Object.freeze({ granularity: 'export', minimumCell: 1, minimumContributors: [], windows: [], budgets: [], obligations: [] });

/** @param rules those that bind the caller at this table */
export function narrow(dataset: Dataset, rules: readonly Rule[], asking: Asking): Narrowed {
  let refused: Reason | undefined;
  let granularity: Granularity = 'export';
  let granularityRule: string | undefined;
  let minimumCell = 1;
  const minimumContributors: MinimumContributors[] = [];
  const minima: Extract<Rule, { effect: 'granularity' }>[] = [];
  const windows: OpenWindow[] = [];
  const budgets: Budget[] = [];
  const obligations: Obligation[] = [];
  for (const rule of rules) {
    switch (rule.effect) {
      case 'granularity':
        if (granularities.indexOf(rule.atMost) < granularities.indexOf(granularity)) [granularity, granularityRule] = [rule.atMost, rule.id];
        minimumCell = Math.max(minimumCell, rule.minimumCell ?? 1);
        if (rule.minimumContributors) minimumContributors.push(rule.minimumContributors);
        if (rule.minimumContributors || (rule.minimumCell ?? 1) > 1) minima.push(rule);
        if (rule.atMost === 'existence') refused ??= refusal(dataset, 'EXISTENCE_ONLY', rule);
        break;
      case 'purpose': refused ??= purposeRefusal(dataset, rule, asking); break;
      case 'channel': if (!rule.allowed.includes(asking.channel)) refused ??= refusal(dataset, 'CHANNEL_NOT_ALLOWED', rule, channels.filter((c) => rule.allowed.includes(c))); break;
      case 'destination': if (!mayGo(rule, asking.destination)) refused ??= refusal(dataset, 'TRANSFER_REFUSED', rule); break;
      case 'window': windows.push({ rule: rule.id, ...(rule.reason ? { reason: rule.reason } : {}), ...(rule.from ? { from: new Date(rule.from) } : {}), ...(rule.until ? { until: new Date(rule.until) } : {}) }); break;
      case 'budget': budgets.push({ rule: rule.id, queries: rule.queries, per: rule.per }); break;
      case 'obligation': obligations.push({ rule: rule.id, kind: rule.kind, ...(rule.text ? { text: rule.text } : {}) }); break;
      case 'allow': case 'deny': case 'rows': case 'columns': break;
    }
  }
  // A file of rows is more than rows one page at a time.
  if (asking.channel === 'export' && granularity !== 'export') refused ??= refusal(dataset, 'CHANNEL_NOT_ALLOWED', rules.find((rule) => rule.id === granularityRule), channels.filter((c) => c !== 'export'));
  const noise = noiseOf(minima);
  return { refusal: refused, granularity, granularityRule, minimumCell, minimumContributors, ...(noise ? { noise } : {}), windows, budgets, obligations };
}

/** Rules that differ in their noise, or in whom they count as one contributor, do not make one promise: then there is none. */
function noiseOf([first, ...others]: readonly Extract<Rule, { effect: 'granularity' }>[]): Narrowed['noise'] {
  if (!first?.noise) return undefined;
  const terms = ({ noise, minimumContributors }: typeof first): string => canonicalJson([noise, minimumContributors?.column]);
  return others.every((other) => terms(other) === terms(first)) ? { ...first.noise, rule: first.id } : undefined;
}

function purposeRefusal(dataset: Dataset, rule: Extract<Rule, { effect: 'purpose' }>, { purpose }: Asking): Reason | undefined {
  const allowed = [...rule.allowed, ...(rule.honour ?? []).map((code) => `with ${code}`)];
  if (!purpose) return refusal(dataset, 'PURPOSE_REQUIRED', rule, allowed);
  const covered = rule.allowed.some((code) => covers(code, purpose.code)) && (rule.honour ?? []).every((code) => honours(purpose, code));
  return covered ? undefined : refusal(dataset, 'PURPOSE_NOT_ALLOWED', rule, allowed);
}

/** Home needs no basis; anywhere else needs one that is recorded, and that transfers are not stopped. Nowhere known is nowhere allowed. */
export function mayGo(rule: Extract<Rule, { effect: 'destination' }>, destination: string | undefined): boolean {
  if (destination === undefined) return false;
  if (rule.home.includes(destination)) return true;
  return rule.stopped !== true && (rule.transfers ?? []).some((transfer) => transfer.country === destination);
}

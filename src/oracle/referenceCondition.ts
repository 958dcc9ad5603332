/** Conditions of rules judged a second time, from docs/access.md and not from policy/: what the oracle holds the server against must not share its mistakes. */
import { attribute, type Identity } from '../identity/identity.js';
import type { Grant } from '../policy/grant.js';
import type { Condition, RowCondition, RuleValue } from '../policy/rule.js';

export type Known = boolean | undefined;

export interface Caller {
  readonly identity: Identity;
  /** A DUO code; only NRES covers GRU covers HMB covers DS. */
  readonly purpose?: string;
  readonly channel: string;
  readonly destination?: string;
  /** What the caller was given; of any dataset. */
  readonly grants?: readonly Grant[];
}

/** What a condition is asked about: the grant that decides there, and the column where a rule is about columns. */
export interface GrantedPlace {
  readonly grant?: Grant;
  readonly table?: string;
  readonly column?: string;
}

/** Undefined: it depends on what nobody asserted. */
export function holds(condition: Condition, caller: Caller, place: GrantedPlace = {}): Known {
  if ('all' in condition) return conjunction(condition.all.map((part) => holds(part, caller, place)));
  if ('any' in condition) return inverse(conjunction(condition.any.map((part) => inverse(holds(part, caller, place)))));
  if ('not' in condition) return inverse(holds(condition.not, caller, place));
  if ('everyone' in condition) return true;
  if ('authenticated' in condition) return caller.identity.kind !== 'anonymous';
  if ('grant' in condition) return place.grant !== undefined && isGranted(place.grant, place.table, place.column);
  if ('channel' in condition) return (condition.channel as readonly string[]).includes(caller.channel);
  if ('destination' in condition) return caller.destination === undefined ? undefined : condition.destination.includes(caller.destination);
  if ('purpose' in condition) return caller.purpose === undefined ? undefined : condition.purpose.some((code) => lineage(caller.purpose!).includes(code));
  if ('visa' in condition) return caller.identity.kind === 'anonymous' ? undefined : caller.identity.visas.some((visa) => visa.type === condition.visa.type && (condition.visa.value ?? visa.value) === visa.value && (condition.visa.source ?? visa.source) === visa.source && (condition.visa.by ?? visa.by) === visa.by && visa.expiresAt > Date.now());
  const value = attribute(caller.identity, condition.attribute);
  if (value === undefined) return undefined;
  const parts: Known[] = [];
  if (condition.eq !== undefined) parts.push(typeof condition.eq === typeof value ? condition.eq === value : undefined);
  if (condition.in !== undefined) parts.push(condition.in.some((one) => typeof one === typeof value) ? (condition.in as readonly unknown[]).includes(value) : undefined);
  if (condition.contains !== undefined) parts.push(typeof value === 'object' ? value.includes(condition.contains) : undefined);
  return parts.length > 0 ? conjunction(parts) : undefined;
}

/** Whether a grant covers a column; any grant of the table will do where no column is meant. */
export function isGranted({ columns }: Grant, table: string | undefined, column: string | undefined): boolean {
  const named = table === undefined ? undefined : columns?.[table];
  return named === undefined || column === undefined || named.includes(column);
}

const parents: Readonly<Record<string, string>> = { DUO_0000042: 'DUO_0000004', DUO_0000006: 'DUO_0000042', DUO_0000007: 'DUO_0000006', DUO_0000011: 'DUO_0000042' };
export function lineage(code: string): readonly string[] {
  return parents[code] === undefined ? [code] : [code, ...lineage(parents[code])];
}

/** A cell as the reference compares it; undefined where it cannot judge the column's kind. */
export type ReadCell = (column: string) => { readonly value: string | number | boolean | null } | undefined;

/** Whether a row satisfies a row condition; 'unjudged' where a column is of a kind that the reference leaves alone. */
export function rowHolds(where: RowCondition, cell: ReadCell, identity: Identity): Known | 'unjudged' {
  if ('and' in where) return combine(where.and.map((part) => rowHolds(part, cell, identity)), conjunction);
  if ('or' in where) return combine(where.or.map((part) => rowHolds(part, cell, identity)), (parts) => inverse(conjunction(parts.map(inverse))));
  if ('not' in where) return combine([rowHolds(where.not, cell, identity)], ([part]) => inverse(part));
  const read = cell(where.column);
  if (!read) return 'unjudged';
  const { value } = read;
  if ('isNull' in where) return (value === null) === where.isNull;
  const given = constant(where.value, identity);
  if (value === null || given === undefined) return undefined;
  const list = Array.isArray(given) ? (given as readonly (string | number)[]) : undefined;
  switch (where.op) {
    case 'in': return list?.some((one) => one === value);
    case 'notIn': return list === undefined ? undefined : !list.some((one) => one === value);
    case 'startsWith': return String(value).startsWith(String(given));
    case 'contains': return String(value).includes(String(given));
    case 'like': return 'unjudged';
    default:
      if (typeof given !== typeof value) return 'unjudged';
      return compare(where.op, value, given as string | number | boolean);
  }
}

function compare(op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte', a: string | number | boolean, b: string | number | boolean): boolean {
  switch (op) {
    case 'eq': return a === b;
    case 'ne': return a !== b;
    case 'lt': return a < b;
    case 'lte': return a <= b;
    case 'gt': return a > b;
    case 'gte': return a >= b;
  }
}

function constant(value: RuleValue, identity: Identity): unknown {
  return typeof value === 'object' && 'attribute' in value ? attribute(identity, value.attribute) : value;
}

function combine(parts: readonly (Known | 'unjudged')[], join: (parts: readonly Known[]) => Known): Known | 'unjudged' {
  return parts.includes('unjudged') ? 'unjudged' : join(parts as readonly Known[]);
}

function conjunction(parts: readonly Known[]): Known {
  if (parts.some((part) => part === false)) return false;
  return parts.every((part) => part === true) ? true : undefined;
}

function inverse(value: Known): Known {
  return value === undefined ? undefined : !value;
}

/**
 * What one caller may know of a table, judged a second time from docs/access.md: which tables are closed, which rows are hidden, what a
 * transform leaves of a cell. Where it is not sure it says "may know", so that a difference that the oracle finds is a leak for certain.
 *
 * The secret by granularity: `row` and `export`: hidden rows and what transforms hide. `aggregate` and `count` without a minimum cell
 * answer filters freely, which tells single rows (docs/access.md says so): the same, and which row is which (their numbers). With a
 * minimum cell or contributor count, and at `existence`: everything.
 */
import type { Column, Dataset, Table, Version } from '../catalog/model.js';
import { attribute } from '../identity/identity.js';
import { granularities, type Rule, type Transform } from '../policy/rule.js';
import { holds, lineage, rowHolds, type Caller } from './referenceCondition.js';

/** A row as texts, by the columns' order. */
export type Cells = readonly (string | null)[];

export interface TableSecret {
  /** Nothing of the table may be known. */
  readonly all: boolean;
  readonly hidden: (row: Cells) => boolean | 'unjudged';
  /** By the column's place: what is left of it. Absent: all. */
  readonly transforms: ReadonlyMap<number, Transform>;
  /** Row numbers are secret, too: rows may stand for each other. */
  readonly unordered: boolean;
}

export function secretOf(dataset: Dataset, version: Version, table: Table, caller: Caller, now = Date.now()): TableSecret {
  const rules = dataset.rules.rules.filter((rule) => (rule.tables?.includes(table.name) ?? true) && (rule.majors?.includes(version.major) ?? true));
  const binding = rules.filter((rule) => !('unless' in rule && rule.unless !== undefined && holds(rule.unless, caller) === true));
  const least = Math.min(...binding.map((rule) => (rule.effect === 'granularity' ? granularities.indexOf(rule.atMost) : granularities.length)));
  const figures = least <= granularities.indexOf('aggregate');
  const cells = binding.some((rule) => rule.effect === 'granularity' && ((rule.minimumCell ?? 1) > 1 || rule.minimumContributors !== undefined));
  const transforms = new Map<number, Transform>();
  for (const rule of binding) {
    if (rule.effect !== 'columns') continue;
    for (const name of rule.columns) {
      const place = table.columns.findIndex((column) => column.name === name);
      if (place >= 0) transforms.set(place, both(transforms.get(place), rule.transform));
    }
  }
  const rows = binding.flatMap((rule) => (rule.effect === 'rows' ? [rule.where] : []));
  return {
    all: isClosed(dataset, rules, binding, caller, now) || least === 0 || (figures && cells),
    unordered: figures,
    transforms,
    hidden: (row) => {
      let unsure = false;
      for (const where of rows) {
        if (names(where).some((name) => !table.columns.some((column) => column.name === name)) || attributes(where).some((name) => attribute(caller.identity, name) === undefined)) return true;
        const truth = rowHolds(where, (name) => readCell(table.columns, name, row), caller.identity);
        if (truth === 'unjudged') unsure = true;
        else if (truth !== true) return true;
      }
      return unsure ? 'unjudged' : false;
    },
  };
}

function isClosed(dataset: Dataset, rules: readonly Rule[], binding: readonly Rule[], caller: Caller, now: number): boolean {
  const { identity } = caller;
  const member = identity.memberships.some(({ organization }) => organization === dataset.organization.slug);
  const open = dataset.visibility === 'PUBLIC' || member || (dataset.visibility === 'REGISTERED' && identity.kind !== 'anonymous') || rules.some((rule) => rule.effect === 'allow' && holds(rule.to, caller) === true);
  if (!open || rules.some((rule) => rule.effect === 'deny' && holds(rule.to, caller) !== false)) return true;
  if (dataset.embargoUntil !== undefined && dataset.embargoUntil.getTime() > now && !member) return true;
  return binding.some((rule) => {
    switch (rule.effect) {
      case 'window': return (rule.from !== undefined && Date.parse(rule.from) > now) || (rule.until !== undefined && Date.parse(rule.until) <= now);
      case 'channel': return !(rule.allowed as readonly string[]).includes(caller.channel);
      // What is honoured is not declared by any caller of the oracle.
      case 'purpose': return caller.purpose === undefined || (rule.honour?.length ?? 0) > 0 || !rule.allowed.some((code) => lineage(caller.purpose!).includes(code));
      case 'destination': return caller.destination === undefined || !(rule.home.includes(caller.destination) || (rule.stopped !== true && (rule.transfers ?? []).some(({ country }) => country === caller.destination)));
      default: return false;
    }
  });
}

/** What two transforms leave: docs/access.md, "Several rules on one table". */
function both(a: Transform | undefined, b: Transform): Transform {
  if (a === undefined) return b;
  if (a.kind === 'deny' || b.kind === 'deny') return { kind: 'deny' };
  if (a.kind === 'null' || b.kind === 'null') return { kind: 'null' };
  if (a.kind === 'generalise' && b.kind === 'generalise') return { kind: 'generalise', to: a.to === 'year' || b.to === 'year' ? 'year' : a.to === 'quarter' || b.to === 'quarter' ? 'quarter' : 'month' };
  return JSON.stringify(a) === JSON.stringify(b) ? a : { kind: 'null' };
}

function readCell(columns: readonly Column[], name: string, row: Cells): { readonly value: string | number | boolean | null } | undefined {
  const place = columns.findIndex((column) => column.name === name);
  const text = row[place] ?? null;
  switch (columns[place]?.kind) {
    case 'text': case 'enum': case 'date': case 'yearmonth': return { value: text };
    case 'int32': case 'float': return { value: text === null ? null : Number(text) };
    case 'boolean': return { value: text === null ? null : text === 't' || text === 'true' };
    default: return undefined;
  }
}

type Where = Extract<Rule, { effect: 'rows' }>['where'];
function parts(where: Where): readonly Where[] {
  if ('and' in where) return where.and.flatMap(parts);
  if ('or' in where) return where.or.flatMap(parts);
  return 'not' in where ? parts(where.not) : [where];
}
const names = (where: Where): readonly string[] => parts(where).flatMap((part) => ('column' in part ? [part.column] : []));
const attributes = (where: Where): readonly string[] => parts(where).flatMap((part) => ('value' in part && typeof part.value === 'object' && 'attribute' in part.value ? [part.value.attribute] : []));

/**
 * What one caller may know of a table, judged a second time from docs/access.md: which tables are closed, which rows are hidden, what a
 * transform leaves of a cell. Where it is not sure it says "may know", so that a difference that the oracle finds is a leak for certain.
 *
 * The secret by granularity: `row` and `export`: hidden rows and what transforms hide. `aggregate` and `count` without a minimum cell
 * answer filters freely, which tells single rows (docs/access.md says so): the same, and which row is which (their numbers). With a
 * minimum cell or contributor count, and at `existence`: everything; but where noise is offered and asked for, what the rules hide, since
 * noise is drawn for figures over what they show. Cells of a release: all of them, for whom it is not.
 */
import type { Column, Dataset, Table, Version } from '../catalog/model.js';
import { attribute } from '../identity/identity.js';
import type { Grant } from '../policy/grant.js';
import { granularities, type Condition, type Release, type Rule, type Transform } from '../policy/rule.js';
import { holds, isGranted, lineage, rowHolds, type Caller, type GrantedPlace } from './referenceCondition.js';

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

/** What rules bind one caller at a table. */
interface Bound {
  /** Of granularity, from least to most, by its number. */
  readonly least: number;
  /** Rules with a minimum. */
  readonly minima: readonly Extract<Rule, { effect: 'granularity' }>[];
  readonly transforms: ReadonlyMap<number, Transform>;
  readonly rows: readonly Where[];
}

function boundOf(dataset: Dataset, version: Version, table: Table, caller: Caller, now: number): Bound | 'closed' | 'open' {
  if (!caller.identity.scopes.includes('read') || dataset.freeze) return 'closed';
  if (isOverridden(dataset, caller, now)) return 'open';
  const rules = dataset.rules.rules.filter((rule) => (rule.tables?.includes(table.name) ?? true) && (rule.majors?.includes(version.major) ?? true));
  const grant = grantFor(dataset, table, caller, now);
  const place = { ...(grant ? { grant } : {}), table: table.name };
  const admitted = admissionOf(dataset, rules, caller, place);
  const binding = rules.filter((rule) => rule.effect === 'columns' || !('unless' in rule && rule.unless !== undefined && holds(rule.unless, caller, place) === true));
  if (!admitted || isClosed(dataset, rules, binding, caller, place, now)) return 'closed';
  const granted = grant && (admitted === 'GRANTED' || opensMore(rules, caller, place)) ? grant : undefined;
  // Where the rows are there without it, one for figures shows no cell more.
  const figuresOnly = !granted && grant?.granularity !== undefined && granularities.indexOf(grant.granularity) < granularities.indexOf('row');
  const granularity = binding.flatMap((rule) => (rule.effect === 'granularity' ? [rule] : []));
  const levels = [...granularity.map(({ atMost }) => atMost), ...(granted?.granularity ? [granted.granularity] : [])];
  const transforms = new Map<number, Transform>();
  for (const rule of binding) {
    if (rule.effect !== 'columns') continue;
    for (const name of rule.columns) {
      const index = table.columns.findIndex((column) => column.name === name);
      if (index >= 0 && !isSpared(rule.unless, caller, { ...(figuresOnly ? {} : place), table: table.name, column: name })) transforms.set(index, both(transforms.get(index), rule.transform));
    }
  }
  // What rests on a grant is open for its columns.
  if (granted) table.columns.forEach(({ name }, index) => { if (!isGranted(granted, table.name, name)) transforms.set(index, { kind: 'deny' }); });
  return {
    least: Math.min(granularities.length, ...levels.map((level) => granularities.indexOf(level))), transforms,
    minima: granularity.filter(({ minimumCell = 1, minimumContributors }) => minimumCell > 1 || minimumContributors !== undefined),
    rows: binding.flatMap((rule) => (rule.effect === 'rows' ? [rule.where] : [])),
  };
}

/** @param noisy figures with noise are asked: they are about rows that the rules show, so only what these hide is secret where noise is offered */
export function secretOf(dataset: Dataset, version: Version, table: Table, caller: Caller, noisy = false, now = Date.now()): TableSecret {
  const bound = boundOf(dataset, version, table, caller, now);
  if (bound === 'closed') return closed;
  if (bound === 'open') return open;
  const { least, minima, transforms, rows } = bound;
  const figures = least <= granularities.indexOf('aggregate');
  return {
    all: least === 0 || (figures && minima.length > 0 && !(noisy && minima.some(({ noise }) => noise !== undefined))),
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

/** Whether the cells of a release may not be known: docs/disclosure.md, "It is made of all rows as they are". */
export function isReleaseSecret(dataset: Dataset, version: Version, table: Table, release: Release, caller: Caller, now = Date.now()): boolean {
  const bound = boundOf(dataset, version, table, caller, now);
  if (bound === 'closed') return true;
  if (bound === 'open') return false;
  const { least, minima, transforms, rows } = bound;
  if (least < granularities.indexOf('count') || rows.length > 0) return true;
  if (minima.some(({ minimumCell = 1, minimumContributors: asked }) => release.minimumCell < minimumCell || (asked !== undefined && (release.minimumContributors?.column !== asked.column || release.minimumContributors.count < asked.count)))) return true;
  const read = (name: string): Transform | undefined => transforms.get(table.columns.findIndex((column) => column.name === name));
  // A dimension may be as coarse as the transform.
  return (release.sums ?? []).some((name) => read(name) !== undefined) || release.dimensions.some(({ column }) => ['deny', 'null', 'mask', 'hash'].includes(read(column)?.kind ?? ''));
}

const closed: TableSecret = { all: true, unordered: false, transforms: new Map(), hidden: () => true };
const open: TableSecret = { all: false, unordered: false, transforms: new Map(), hidden: () => false };

/** An emergency override opens a dataset to one person, past every rule but a freeze. */
function isOverridden({ overrides = [] }: Dataset, { identity }: Caller, now: number): boolean {
  return identity.kind !== 'anonymous' && overrides.some(({ subject, issuer, from, until }) => subject === identity.subject && issuer === identity.issuer && from.getTime() <= now && now < until.getTime());
}

/** The one grant that decides: of those in force for what is asked the one with most columns of the table, then the one that ends last. */
function grantFor({ id }: Dataset, { name }: Table, { identity, grants = [], purpose, destination }: Caller, now: number): Grant | undefined {
  if (identity.kind === 'anonymous') return undefined;
  const forever = Number.POSITIVE_INFINITY;
  return grants
    .filter((grant) => grant.dataset === id && grant.subject === identity.subject && grant.issuer === identity.issuer)
    .filter((grant) => (grant.tables?.includes(name) ?? true) && (grant.country === undefined || grant.country === destination))
    .filter((grant) => grant.purpose === undefined || (purpose !== undefined && lineage(purpose).includes(grant.purpose)))
    .filter(({ from, until }) => (from?.getTime() ?? 0) <= now && now < (until?.getTime() ?? forever))
    .sort((a, b) => (b.columns?.[name]?.length ?? 1e9) - (a.columns?.[name]?.length ?? 1e9) || (b.until?.getTime() ?? 1e15) - (a.until?.getTime() ?? 1e15))[0];
}

/** By what the table is open; undefined where nothing opens it. */
function admissionOf(dataset: Dataset, rules: readonly Rule[], caller: Caller, place: GrantedPlace): 'PLAIN' | 'GRANTED' | undefined {
  const { identity } = caller;
  if (dataset.visibility === 'PUBLIC' || isMember(dataset, caller) || (dataset.visibility === 'REGISTERED' && identity.kind !== 'anonymous')) return 'PLAIN';
  const admits = (at: GrantedPlace): boolean => rules.some((rule) => rule.effect === 'allow' && holds(rule.to, caller, at) === true);
  if (admits({ table: place.table! })) return 'PLAIN';
  return place.grant && admits(place) ? 'GRANTED' : undefined;
}

/** Whether some denial is not there because of the grant, or some rule that would keep more back than cells, haste and duties. */
function opensMore(rules: readonly Rule[], caller: Caller, place: GrantedPlace): boolean {
  const without = { table: place.table! };
  return rules.some((rule) => {
    if (rule.effect === 'deny') return holds(rule.to, caller, place) === false && holds(rule.to, caller, without) !== false;
    if (rule.effect === 'allow' || rule.effect === 'columns' || rule.effect === 'budget' || rule.effect === 'obligation') return false;
    return isSpared(rule.unless, caller, place) && !isSpared(rule.unless, caller, without);
  });
}

function isSpared(unless: Condition | undefined, caller: Caller, place: GrantedPlace): boolean {
  return unless !== undefined && holds(unless, caller, place) === true;
}

function isMember({ organization }: Dataset, { identity }: Caller): boolean {
  return identity.memberships.some((membership) => membership.organization === organization.slug);
}

function isClosed(dataset: Dataset, rules: readonly Rule[], binding: readonly Rule[], caller: Caller, place: GrantedPlace, now: number): boolean {
  if (rules.some((rule) => rule.effect === 'deny' && holds(rule.to, caller, place) !== false)) return true;
  if (dataset.embargoUntil !== undefined && dataset.embargoUntil.getTime() > now && !isMember(dataset, caller)) return true;
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

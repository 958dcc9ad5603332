/** One tree for a user's filter and for a rule; the two are joined by AND over the readable relation. */
import type { Column } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import type { DatePart } from './dateParts.js';
import type { Link, TableAt } from './link.js';
import type { NoisyFigure } from './release.js';

/** What a statement is run with: everything that may differ between two runs of one compiled statement. */
export interface Bindings {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  readonly requestId?: string;
  /** What the caller declared, as policy/purpose.ts writes it. */
  readonly purpose?: string;
  /** The parents' link values, where one level is asked for many of them. */
  readonly keys?: readonly (string | null)[];
  /** Values that satisfy conditions on rows of other sources, by the condition. */
  readonly foreign?: ReadonlyMap<RelatedPredicate, readonly unknown[]>;
  /** The noise of a figure, in its units; absent where a statement is only explained. */
  readonly noise?: (figure: NoisyFigure) => bigint | undefined;
  /** From when and until when the grant holds that opens a table to this caller. */
  readonly granted?: (at: TableAt) => { readonly from?: Date; readonly until?: Date } | undefined;
}

/** A value that is known when the statement runs. It travels as a parameter, never as text of the statement. */
export interface Operand {
  readonly read: (bindings: Bindings) => unknown;
}

export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte';
export type TextMatch = 'like' | 'ilike' | 'startsWith' | 'endsWith' | 'contains';

export const structuredTests = ['containsAll', 'overlaps', 'containsJson', 'hasKey', 'near', 'inBox'] as const;
export type StructuredTest = (typeof structuredTests)[number];

/** Order holds between two numbers or two texts; values of other types are neither less nor greater. Texts match only texts. */
export type JsonPathTest =
  | { readonly kind: 'isNull'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly value: Operand }
  | { readonly kind: 'in'; readonly values: Operand }
  | { readonly kind: 'match'; readonly match: TextMatch; readonly value: Operand };

export type Predicate =
  | { readonly op: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'compare'; readonly column: Column; readonly comparison: Comparison; readonly value: Operand }
  | { readonly op: 'in'; readonly column: Column; readonly values: Operand }
  | { readonly op: 'isNull'; readonly column: Column; readonly value: boolean }
  | { readonly op: 'match'; readonly column: Column; readonly match: TextMatch; readonly value: Operand }
  /** Words in a text or in the items of a list (`searchTerms` reads the value). */
  | { readonly op: 'search'; readonly column: Column; readonly value: Operand }
  /** A part of a day, instant (UTC) or time of day, compared as an integer; of `in` the value is a list. */
  | { readonly op: 'datePart'; readonly column: Column; readonly part: DatePart; readonly comparison: Comparison | 'in'; readonly value: Operand }
  /** The value at a path in JSON, where there is one that is not null. `path` reads a list of keys and of positions as text. */
  | { readonly op: 'jsonPath'; readonly column: Column; readonly path: Operand; readonly test: JsonPathTest }
  /** Tests of lists, JSON and points. `fields` are the argument's parts by name. */
  | { readonly op: 'structured'; readonly column: Column; readonly test: StructuredTest; readonly value: Operand }
  /** The row with this key (`~N` of a row id). */
  | { readonly op: 'rowNumber'; readonly value: Operand }
  /** Rows of another table that hang on this one by a link. */
  | { readonly op: 'related'; readonly link: Link; readonly quantifier: 'some' | 'none' | 'every'; readonly where: Predicate };

export type RelatedPredicate = Extract<Predicate, { op: 'related' }>;

export const everything: Predicate = Object.freeze({ op: 'constant', value: true });
export const nothing: Predicate = Object.freeze({ op: 'constant', value: false });

/** Conjunction, simplified: constants vanish, nested conjunctions are flattened. */
export function all(predicates: readonly Predicate[]): Predicate {
  const flat = predicates.flatMap((p) => (p.op === 'and' ? p.of : [p])).filter((p) => !(p.op === 'constant' && p.value));
  if (flat.some((p) => p.op === 'constant')) return nothing;
  if (flat.length === 0) return everything;
  return flat.length === 1 ? flat[0]! : Object.freeze({ op: 'and', of: flat });
}

/** Every column that the predicate names in its own table (those of related tables are visited with their link). */
export function visitPredicate(predicate: Predicate, visit: { column?: (column: Column) => void; related?: (link: Link, where: Predicate) => void }): void {
  switch (predicate.op) {
    case 'and': case 'or': predicate.of.forEach((p) => visitPredicate(p, visit)); return;
    case 'not': visitPredicate(predicate.of, visit); return;
    case 'compare': case 'in': case 'isNull': case 'match': case 'search': case 'datePart': case 'jsonPath': case 'structured': visit.column?.(predicate.column); return;
    case 'related': visit.related?.(predicate.link, predicate.where); return;
    case 'constant': case 'rowNumber': return;
  }
}

/** The operands in a fixed order; with `shapeOf` they say what question was asked (cursors are bound to it). */
export function operandsOf(predicate: Predicate): readonly Operand[] {
  switch (predicate.op) {
    case 'and': case 'or': return predicate.of.flatMap(operandsOf);
    case 'not': return operandsOf(predicate.of);
    case 'compare': case 'match': case 'search': case 'datePart': case 'structured': case 'rowNumber': return [predicate.value];
    case 'jsonPath': return [predicate.path, ...pathOperands(predicate.test)];
    case 'in': return [predicate.values];
    case 'related': return operandsOf(predicate.where);
    case 'constant': case 'isNull': return [];
  }
}

function pathOperands(test: JsonPathTest): readonly Operand[] {
  switch (test.kind) {
    case 'isNull': return [];
    case 'in': return [test.values];
    case 'compare': case 'match': return [test.value];
  }
}

export function shapeOf(predicate: Predicate): string {
  switch (predicate.op) {
    case 'and': case 'or': return `${predicate.op}(${predicate.of.map(shapeOf).join(',')})`;
    case 'not': return `not(${shapeOf(predicate.of)})`;
    case 'constant': return String(predicate.value);
    case 'compare': return `${predicate.column.field} ${predicate.comparison}`;
    case 'in': return `${predicate.column.field} in`;
    case 'isNull': return `${predicate.column.field} isNull ${predicate.value}`;
    case 'match': return `${predicate.column.field} ${predicate.match}`;
    case 'search': return `${predicate.column.field} matches`;
    case 'datePart': return `${predicate.column.field} ${predicate.part} ${predicate.comparison}`;
    case 'jsonPath': {
      const { test } = predicate;
      return `${predicate.column.field} at ${test.kind === 'compare' ? test.comparison : test.kind === 'match' ? test.match : test.kind === 'isNull' ? `isNull ${test.value}` : 'in'}`;
    }
    case 'structured': return `${predicate.column.field} ${predicate.test}`;
    case 'rowNumber': return 'rowNumber';
    case 'related': return `${predicate.quantifier} ${predicate.link.name}(${shapeOf(predicate.where)})`;
  }
}

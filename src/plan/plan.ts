/**
 * The relational plan of an operation's dataset fields. Immutable levels: each is one table's part, with the link that ties it to its
 * parent. It knows every column that it touches, and nothing of rules (policy) or of statements (sources).
 */
import type { Column } from '../catalog/model.js';
import type { AggregateItem, GroupsPlan } from './aggregate.js';
import type { Link, TableAt } from './link.js';
import type { Bindings, Predicate } from './predicate.js';
import type { NoisyItem, ReleasePlan } from './release.js';
import type { Representations } from './representations.js';

export interface OrderTerm {
  readonly column: Column;
  readonly direction: 'ASC' | 'DESC';
}

/** A page. Its size stands in the statement itself: PostgreSQL plans a page of ten unlike one of an unknown size. */
export interface Page {
  readonly backward: boolean;
  readonly limit: number;
  readonly after?: CursorUse;
  readonly before?: CursorUse;
}

/** A cursor that came with the request; `nulls` says which of its values are null, since the comparison's text depends on it. */
export interface CursorUse {
  readonly read: (bindings: Bindings) => readonly (string | null)[];
  readonly nulls: readonly boolean[];
}

/** What is selected of a row, in the order of the answer. */
export type RowItem =
  | { readonly kind: 'column'; readonly key: string; readonly column: Column }
  /** A column or link that this version of the table does not have. */
  | { readonly kind: 'absent'; readonly key: string }
  | { readonly kind: 'id'; readonly key: string }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'level'; readonly key: string; readonly level: Level }
  /** A frame around some of the row's links. */
  | { readonly kind: 'object'; readonly key: string; readonly items: readonly RowItem[] };

/** What is selected of a connection. */
export type ConnectionItem =
  | { readonly kind: 'totalCount'; readonly key: string }
  | { readonly kind: 'nodes'; readonly key: string; readonly row: readonly RowItem[] }
  | { readonly kind: 'edges'; readonly key: string; readonly items: readonly EdgeItem[] }
  | { readonly kind: 'pageInfo'; readonly key: string; readonly items: readonly PageInfoItem[] }
  | { readonly kind: 'aggregate'; readonly key: string; readonly items: readonly AggregateItem[] }
  | { readonly kind: 'groups'; readonly key: string; readonly groups: GroupsPlan }
  | { readonly kind: 'release'; readonly key: string; readonly release: ReleasePlan }
  | { readonly kind: 'noisy'; readonly key: string; readonly items: readonly NoisyItem[] }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };
export type EdgeItem =
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly row: readonly RowItem[] }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };
export interface PageInfoItem {
  readonly kind: 'hasNextPage' | 'hasPreviousPage' | 'startCursor' | 'endCursor' | 'typename';
  readonly key: string;
}

interface LevelBase {
  /** Response keys from the root; list indices are left out. */
  readonly path: readonly string[];
  readonly at: TableAt;
  readonly link?: Link;
  readonly where: Predicate;
}
/** One row or none: a parent by foreign key, or a row by its id. */
export interface RowLevel extends LevelBase {
  readonly shape: 'row';
  readonly row: readonly RowItem[];
  /** Of a root only, whose `where` is then everything: one row or none for each of many keys. The answer is a JSON text sequence: texts with U+001E between them. */
  readonly keys?: RowKeys;
}

/** Keys of rows, in lists of equal length. */
export interface RowKeys {
  /** The columns that together are a key; the row number where there is no column. */
  readonly parts: readonly { readonly column?: Column; readonly read: (bindings: Bindings) => readonly unknown[] }[];
  /** There are at most so many; for the cost. */
  readonly most: number;
}

/** Stands between the texts of a sequence. No JSON text holds it: in strings control characters are escaped (RFC 8259, section 7; RFC 7464). */
export const recordSeparator = '\u001e';

export interface ConnectionLevel extends LevelBase {
  readonly shape: 'connection';
  readonly order: readonly OrderTerm[];
  readonly page: Page;
  readonly items: readonly ConnectionItem[];
  /** What cursors of this level are bound to, for these bindings. */
  readonly cursorContext: (bindings: Bindings) => string;
}
export type Level = RowLevel | ConnectionLevel;

/** Where the pieces stand in the answer. */
export type Skeleton =
  | { readonly kind: 'object'; readonly fields: readonly { readonly key: string; readonly value: Skeleton }[] }
  | { readonly kind: 'root'; readonly index: number }
  | { readonly kind: 'static'; readonly path: readonly string[] }
  /** A list put together from several roots, each a sequence: their numbers by the group of representations. */
  | { readonly kind: 'entities'; readonly path: readonly string[]; readonly read: (bindings: Bindings) => Representations; readonly roots: ReadonlyMap<string, number> }
  | { readonly kind: 'text'; readonly json: string };

export interface QueryPlan {
  readonly roots: readonly PlannedRoot[];
  readonly skeleton: Skeleton;
  /** What the plan depends on beside the shape of the variables (page sizes, directions, which values of a cursor are null): equal strings, equal plan. */
  readonly structure: readonly ((bindings: Bindings) => string)[];
}

/** A root field is either a level or, where its arguments were wrong, the error that stands in its place. */
export type PlannedRoot =
  | { readonly kind: 'level'; readonly level: Level }
  | { readonly kind: 'failed'; readonly path: readonly string[]; readonly error: unknown };

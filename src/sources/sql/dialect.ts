/**
 * What differs between databases in the statements that the compiler writes. Types go by PostgreSQL's names (`float8`, `text[]`), which a
 * dialect translates. JSON is whatever the dialect nests in objects and lists: a value of type json in PostgreSQL, its text elsewhere; in
 * both it is written alike, so that an answer's text does not tell where it was made.
 */
import type { Column } from '../../catalog/model.js';
import type { DateUnit } from '../../plan/aggregate.js';
import type { DatePart } from '../../plan/dateParts.js';
import type { ReadableRelation } from '../../policy/relation.js';
import type { DatePeriod } from '../../policy/rule.js';
import type { TextMatch } from '../../plan/predicate.js';
import type { StatementWriter } from './statement.js';

/** The clauses of an aggregate over a page's rows: ` order by …` and ` filter (where …)`, or nothing. */
export interface AggregateClauses { readonly order: string; readonly filter: string }

export interface JsonDialect {
  /** Text of our own, such as a type's name. */
  readonly string: (text: string) => string;
  /** An expression of type text. */
  readonly text: (sql: string) => string;
  /** A number or a boolean. */
  readonly plain: (sql: string) => string;
  /** A column's value as the answer shows it: 64-bit integers and decimals as strings, instants in UTC with `Z`, floats in their shortest form. */
  readonly column: (column: Pick<Column, 'kind' | 'item'>, sql: string) => string;
  /** Keeps the order of its entries. An expression that is null stands as null. */
  readonly object: (entries: readonly (readonly [string, string])[]) => string;
  /** Of JSON expressions, an aggregate: `[]` over no rows. */
  readonly list: (sql: string, clauses: AggregateClauses) => string;
}

/** Tests of a row's values. All must be total. */
export interface FilterDialect {
  readonly match: (match: TextMatch, column: string, parameter: string) => string;
  readonly listTest: (test: 'containsAll' | 'overlaps', sql: string, parameter: string) => string;
  /** Whether a point lies in a box, as an index over points answers it (edges belong to it); absent where there is none. */
  readonly insideBox?: (sql: string, west: string, south: string, east: string, north: string) => string;
  readonly jsonTest: (test: 'containsJson' | 'hasKey', sql: string, parameter: string) => string;
  /** What is at a path (a list of texts) in JSON, comparable with other JSON; null where there is nothing or JSON's null. */
  readonly jsonAt: (sql: string, path: string) => string;
  /** The text where what was found is one; else null. */
  readonly jsonAtText: (found: string) => string;
  /** Two numbers, or two texts by code point; null for other pairs. */
  readonly jsonAtOrder: (found: string, operator: string, other: string) => string;
  /** A number that is compared with parameters of type numeric; of instants in UTC. */
  readonly datePart: (part: DatePart, column: Pick<Column, 'kind'>, sql: string) => string;
  /** Whether a text, or a list of texts, has the words that the terms (search.ts) ask for. docs/decisions/006 says what folding is. */
  readonly search: (column: Pick<Column, 'kind' | 'fullText'>, sql: string, terms: string) => string;
}

export interface Dialect extends FilterDialect {
  /** The parameter of this number as a value of the type. What is no value of it must have become null before. */
  readonly parameter: (number: number, type: string) => string;
  /** A parameter's value as this database's client sends it, from the text (or list of texts) that PostgreSQL would take. */
  readonly argument: (type: string, value: unknown) => unknown;
  readonly cast: (sql: string, type: string) => string;
  /** A typed null. */
  readonly null: (type: string) => string;
  /** The instant at which the statement runs, comparable with a parameter of type timestamptz. */
  readonly now: string;
  /** Whether an aggregate without an order of its own takes the rows as the sub-select below it orders them. */
  readonly keepsOrder: boolean;
  /** Whether counts of rows stand in columns beside the JSON (tally.ts) instead of marks in it; it takes lateral joins that keep the order of what is before them. */
  readonly talliesBeside: boolean;
  /** Whether `(a, b) > ($1, $2)` is worth writing. */
  readonly comparesRows: boolean;
  readonly json: JsonDialect;
  /** A value of the type as text that a parameter of the type reads back. */
  readonly text: (type: string, sql: string) => string;
  /** A value as the text in which it travels to Node: of lists, JSON and points their JSON, of others what the answer shows. */
  readonly wire: (column: Pick<Column, 'kind' | 'item'>, sql: string) => string;
  /** A key's value as the answer shows it, but as text. */
  readonly keyText: (column: Pick<Column, 'kind'>, sql: string) => string;
  /** The text of a JSON array of texts. */
  readonly textArray: (texts: readonly string[]) => string;
  /** A column's value as JSON text that its source reads back. */
  readonly linkText: (column: Column, sql: string) => string;
  /** The UTF-8 bytes of a text in lower-case hexadecimal digits. */
  readonly hex: (sql: string) => string;
  /** The text of a list of texts that a cast reads back. */
  readonly listText: (items: readonly string[]) => string;
  /** `from` item `alias(v, n)`: the values of a list of texts with their numbers from 1. */
  readonly numbered: (list: string, alias: string) => string;
  readonly point: (part: 'longitude' | 'latitude', sql: string) => string;
  readonly percentile: (continuous: boolean, place: string, sql: string) => string;
  /** A figure whose type must be able to hold it; an error of the database otherwise. */
  readonly sum: (column: Pick<Column, 'kind'>, sql: string) => string;
  /** Of exact numbers exact as far as the database can; of others a float. */
  readonly mean: (column: Pick<Column, 'kind'>, figure: 'avg' | 'stddev_samp', sql: string) => string;
  /** What is compared with a parameter of the type, or with a list of them, where it may have to be brought to the parameter's type first. */
  readonly comparable: (type: string, sql: string) => string;
  /** The beginning of the period, in UTC. */
  readonly truncate: (unit: DateUnit, column: Pick<Column, 'kind'>, sql: string) => string;
  /** `from` text of a table that has no segments; absent where every table has some. */
  readonly tableOf?: (relation: ReadableRelation, writer: StatementWriter) => string;
  /** A value that is only compared for being equal, in a form that finds an index; absent where that is the value itself. */
  readonly equatable?: (kind: Column['kind'], sql: string) => string;
  /** Cells that rules transform; without it each of these is read as null. */
  readonly transforms?: TransformDialect;
}

/** Each is total, and its value has the column's type: what it cannot transform it turns into null. */
export interface TransformDialect {
  readonly step: (how: 'round' | 'bin', kind: Column['kind'], step: number, sql: string) => string;
  readonly period: (kind: Column['kind'], period: DatePeriod, sql: string) => string;
  readonly place: (degrees: number, sql: string) => string;
}

/** Conditions on rows that a remote source gave: checked here, and put in the source's own terms where it can check them itself. */
import { visitPredicate, type Bindings, type Predicate, type TextMatch } from '../plan/predicate.js';
import type { RemoteCapabilities, RemoteFilter, RemoteRow } from '../sources/remote/remoteSource.js';
import { DureError } from '../errors.js';
import { holds } from './values.js';

/** Three-valued, as in SQL: null where it is not known. */
export function evaluate(predicate: Predicate, row: RemoteRow, bindings: Bindings): boolean | null {
  switch (predicate.op) {
    case 'constant': return predicate.value;
    case 'not': return opposite(evaluate(predicate.of, row, bindings));
    case 'and': return predicate.of.reduce<boolean | null>((sum, part) => and(sum, evaluate(part, row, bindings)), true);
    case 'or': return opposite(predicate.of.reduce<boolean | null>((sum, part) => and(sum, opposite(evaluate(part, row, bindings))), true));
    case 'isNull': return (row[predicate.column.name] ?? null) === null ? predicate.value : !predicate.value;
    case 'compare': return holds(predicate.column, predicate.comparison, row[predicate.column.name], predicate.value.read(bindings));
    case 'in': {
      const value = row[predicate.column.name] ?? null;
      const list = predicate.values.read(bindings);
      if (value === null || !Array.isArray(list)) return null;
      const found = list.map((item) => holds(predicate.column, 'eq', value, item));
      return found.includes(true) ? true : found.includes(null) ? null : false;
    }
    case 'match': {
      const value = row[predicate.column.name];
      const pattern = predicate.value.read(bindings);
      return typeof value === 'string' && typeof pattern === 'string' ? matches(predicate.match, value, pattern) : null;
    }
    case 'structured': {
      const value = row[predicate.column.name];
      const wanted = predicate.value.read(bindings);
      if (!listTests.has(predicate.test) || !Array.isArray(value) || !Array.isArray(wanted)) return null;
      const has = (item: unknown): boolean => value.some((held) => holds(predicate.column, 'eq', held, item) === true);
      return predicate.test === 'overlaps' ? wanted.some(has) : wanted.every(has);
    }
    default: throw unanswerable();
  }
}
const listTests: ReadonlySet<string> = new Set(['containsAll', 'overlaps']);

/** Refused before anything is asked: a condition that can be checked neither there nor here. */
export function unanswerable(): DureError {
  return new DureError('BAD_USER_INPUT', 'This condition cannot be asked of an external source. Use comparisons, in, isNull, like, startsWith or contains.');
}

/** Whether `evaluate` knows it. */
export function canEvaluate(predicate: Predicate): boolean {
  switch (predicate.op) {
    case 'and': case 'or': return predicate.of.every(canEvaluate);
    case 'not': return canEvaluate(predicate.of);
    case 'match': return knownMatches.has(predicate.match);
    case 'structured': return listTests.has(predicate.test);
    case 'constant': case 'isNull': case 'compare': case 'in': return true;
    default: return false;
  }
}
const knownMatches: ReadonlySet<TextMatch> = new Set(['like', 'ilike', 'startsWith', 'contains']);

function and(a: boolean | null, b: boolean | null): boolean | null {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

function opposite(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

function matches(match: TextMatch, value: string, pattern: string): boolean | null {
  if (match === 'startsWith') return value.startsWith(pattern);
  if (match === 'contains') return value.includes(pattern);
  if (match === 'like') return like([...value], marksOf(pattern));
  if (match === 'ilike') return like([...value.toLowerCase()], marksOf(pattern.toLowerCase()));
  return null;
}

/** LIKE by the greedy algorithm with one step back: time is the product of the two lengths at most, where a regular expression could run for ever. */
function like(text: readonly string[], pattern: readonly Mark[]): boolean {
  let [at, mark, star, from] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = pattern[mark];
    if (wanted !== undefined && wanted !== many && (wanted === one || wanted === text[at])) {
      at += 1;
      mark += 1;
    } else if (wanted === many) {
      star = mark;
      from = at;
      mark += 1;
    } else if (star >= 0) {
      mark = star + 1;
      from += 1;
      at = from;
    } else return false;
  }
  while (pattern[mark] === many) mark += 1;
  return mark === pattern.length;
}

const one = Symbol('any one character');
const many = Symbol('any characters');
type Mark = string | typeof one | typeof many;

/** `\` takes the next character as it is. */
function marksOf(pattern: string): readonly Mark[] {
  const marks: Mark[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index]!;
    if (character === '\\' && index + 1 < characters.length) marks.push(characters[(index += 1)]!);
    else marks.push(character === '%' ? many : character === '_' ? one : character);
  }
  return marks;
}

/** In the source's terms, with its values; undefined where it cannot be said. */
export function remoteFilter(predicate: Predicate, bindings: Bindings): RemoteFilter | undefined {
  switch (predicate.op) {
    case 'and': case 'or': {
      const of = predicate.of.map((part) => remoteFilter(part, bindings));
      return of.every((part) => part !== undefined) ? { op: predicate.op, of } : undefined;
    }
    case 'not': {
      const of = remoteFilter(predicate.of, bindings);
      return of && { op: 'not', of };
    }
    case 'isNull': return predicate;
    case 'compare': {
      const value = predicate.value.read(bindings);
      return value === null || value === undefined ? undefined : { ...predicate, value };
    }
    case 'in': {
      const values = predicate.values.read(bindings);
      return Array.isArray(values) ? { op: 'in', column: predicate.column, values: values.filter((value) => value !== null) } : undefined;
    }
    case 'match': {
      const value = predicate.value.read(bindings);
      return typeof value === 'string' ? { op: 'match', column: predicate.column, match: predicate.match, value } : undefined;
    }
    case 'structured': {
      const values = predicate.value.read(bindings);
      return (predicate.test === 'containsAll' || predicate.test === 'overlaps') && Array.isArray(values) ? { op: 'list', column: predicate.column, test: predicate.test, values: values.filter((value) => value !== null) } : undefined;
    }
    default: return undefined;
  }
}

export interface Division {
  /** What the source checks. */
  readonly pushed?: RemoteFilter;
  /** The parts that the source was asked, also those that it answers with too many rows. */
  readonly asked: readonly Predicate[];
  /** What is checked here, after the source. */
  readonly kept: readonly Predicate[];
}

/** The parts of a conjunction that the source can answer go to it, the others stay. */
export function divide(predicate: Predicate, capabilities: RemoteCapabilities, bindings: Bindings): Division {
  const parts = predicate.op === 'and' ? predicate.of : [predicate];
  const pushed: RemoteFilter[] = [];
  const asked: Predicate[] = [];
  const kept: Predicate[] = [];
  for (const part of parts) {
    if (part.op === 'constant' && part.value) continue;
    const filter = remoteFilter(part, bindings);
    const exact = filter !== undefined && capabilities.filter(filter);
    if (!exact && !canEvaluate(part)) throw unanswerable();
    if (filter && (exact || capabilities.narrows?.(filter))) {
      pushed.push(filter);
      asked.push(part);
    }
    if (!exact) kept.push(part);
  }
  return { pushed: pushed.length === 0 ? undefined : pushed.length === 1 ? pushed[0]! : { op: 'and', of: pushed }, asked, kept };
}

/** The names of the columns that conditions speak of, for provenance. */
export function columnsOf(predicates: readonly Predicate[]): readonly string[] {
  const names = new Set<string>();
  for (const predicate of predicates) visitPredicate(predicate, { column: (column) => names.add(column.field) });
  return [...names];
}

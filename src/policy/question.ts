/** Conditions in one form for the ways in which the same can be written. What it does not know to be equal is another question, and is paid for. */
import type { Bindings, JsonPathTest, Predicate } from '../plan/predicate.js';
import { canonicalJson } from '../canonicalJson.js';

type Form = boolean | string | { readonly op: 'and' | 'or'; readonly of: readonly string[] };

/** Nested conjunctions are flattened, repetitions dropped, parts put in order, `not` moved inwards (De Morgan holds for SQL's three values). */
export function canonicalPredicate(predicate: Predicate, bindings: Bindings): string {
  return textOf(formOf(predicate, bindings, false));
}

function textOf(form: Form): string {
  return typeof form === 'object' ? `${form.op}(${form.of.join(',')})` : String(form);
}

function formOf(predicate: Predicate, bindings: Bindings, negated: boolean): Form {
  switch (predicate.op) {
    case 'constant': return predicate.value !== negated;
    case 'not': return formOf(predicate.of, bindings, !negated);
    case 'and': case 'or': return joined((predicate.op === 'and') !== negated ? 'and' : 'or', predicate.of.map((part) => formOf(part, bindings, negated)));
    // Either is true or false, never unknown.
    case 'isNull': return `${predicate.column.name} isNull ${predicate.value !== negated}`;
    default: return `${negated ? 'not ' : ''}${leaf(predicate, bindings)}`;
  }
}

function joined(op: 'and' | 'or', parts: readonly Form[]): Form {
  const texts = new Set<string>();
  for (const part of parts) {
    if (part === (op === 'or')) return part;
    if (typeof part === 'boolean') continue;
    if (typeof part === 'object' && part.op === op) part.of.forEach((text) => texts.add(text));
    else texts.add(textOf(part));
  }
  if (texts.size === 0) return op === 'and';
  const [first] = texts;
  return texts.size === 1 ? first! : { op, of: [...texts].sort() };
}

function leaf(predicate: Exclude<Predicate, { op: 'and' | 'or' | 'not' | 'constant' | 'isNull' }>, bindings: Bindings): string {
  switch (predicate.op) {
    case 'compare': return canonicalJson([predicate.column.name, predicate.comparison, plain(predicate.value.read(bindings))]);
    case 'in': {
      const values = predicate.values.read(bindings);
      if (!Array.isArray(values)) return canonicalJson([predicate.column.name, 'in', plain(values)]);
      const distinct = [...new Set(values.map((value) => canonicalJson(plain(value))))].sort();
      return distinct.length === 1 && distinct[0] !== 'null' ? `[${JSON.stringify(predicate.column.name)},"eq",${distinct[0]}]` : `[${JSON.stringify(predicate.column.name)},"in",[${distinct.join(',')}]]`;
    }
    case 'match': return canonicalJson([predicate.column.name, predicate.match, plain(predicate.value.read(bindings))]);
    case 'search': return canonicalJson([predicate.column.name, 'search', plain(predicate.value.read(bindings))]);
    case 'datePart': return canonicalJson([predicate.column.name, predicate.part, predicate.comparison, plain(predicate.value.read(bindings))]);
    case 'structured': return canonicalJson([predicate.column.name, predicate.test, plain(predicate.value.read(bindings))]);
    case 'jsonPath': return canonicalJson([predicate.column.name, plain(predicate.path.read(bindings)), testOf(predicate.test, bindings)]);
    case 'rowNumber': return canonicalJson(['_rid', plain(predicate.value.read(bindings))]);
    case 'related': throw new Error('a figure with noise does not lead to another table');
  }
}

function testOf(test: JsonPathTest, bindings: Bindings): unknown {
  switch (test.kind) {
    case 'isNull': return ['isNull', test.value];
    case 'compare': return [test.comparison, plain(test.value.read(bindings))];
    case 'match': return [test.match, plain(test.value.read(bindings))];
    case 'in': return ['in', plain(test.values.read(bindings))];
  }
}

/** Values that are not JSON as text, each kind apart. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return { date: value.toISOString() };
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
  if (value === undefined) return { undefined: true };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
  return value;
}

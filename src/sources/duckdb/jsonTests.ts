/**
 * PostgreSQL's tests of jsonb, on texts. https://www.postgresql.org/docs/current/datatype-json.html#JSON-CONTAINMENT
 * Numbers are compared exactly: a parsed value holds them as tagged texts.
 */
import { compareDecimals, decimalText, parseDecimal } from '../decimal.js';

type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json };
class JsonNumber { constructor(readonly text: string) {} }

/** `value @> asked`. Text that is no JSON contains nothing and is contained in nothing. */
export function jsonContains(value: string, asked: string): boolean {
  const [whole, part] = [parse(value), parse(asked)];
  if (whole === undefined || part === undefined) return false;
  // Only at the top does an array contain a scalar by itself.
  if (Array.isArray(whole) && !isContainer(part)) return whole.some((item: Json) => contains(item, part));
  return contains(whole, part);
}

/** `value ? key`: a key of an object, or a string among the items of an array, or that string itself. */
export function hasKey(value: string, key: string): boolean {
  const json = parse(value);
  if (Array.isArray(json)) return json.includes(key);
  if (isContainer(json)) return Object.hasOwn(json, key);
  return json === key;
}

/** `value #> path` in a form in which equal values are equal texts; null where there is nothing, or JSON's null. */
export function jsonAt(value: string, path: readonly (string | null)[]): string | null {
  let found = parse(value);
  for (const part of path) {
    if (part === null || !isContainer(found)) return null;
    if (Array.isArray(found)) {
      if (!/^[+-]?\d{1,9}$/.test(part)) return null;
      found = (found as readonly Json[]).at(Number(part));
    } else {
      found = Object.hasOwn(found, part) ? (found as { readonly [key: string]: Json })[part] : undefined;
    }
  }
  return found === undefined || found === null ? null : canonical(found);
}

/** Any JSON text in the form that `jsonAt` gives; null where it is none. */
export function canonicalJson(text: string): string | null {
  const json = parse(text);
  return json === undefined ? null : canonical(json);
}

/** The string that a canonical text is; null for other values. */
export function jsonString(found: string): string | null {
  return found.startsWith('"') ? (JSON.parse(found) as string) : null;
}

/** Below, equal or above (-1, 0, 1), of two numbers or of two texts by code point; null for other pairs. Both canonical. */
export function jsonOrder(found: string, other: string): number | null {
  const [a, b] = [jsonString(found), jsonString(other)];
  if (a !== null && b !== null) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a !== null || b !== null) return null;
  const [x, y] = [parseDecimal(found), parseDecimal(other)];
  return x && y ? compareDecimals(x, y) : null;
}

function contains(whole: Json, part: Json): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((item: Json) => whole.some((candidate: Json) => contains(candidate, item)));
  if (part instanceof JsonNumber) return whole instanceof JsonNumber && whole.text === part.text;
  if (!isContainer(part)) return whole === part;
  if (!isContainer(whole) || Array.isArray(whole)) return false;
  const object = whole as { readonly [key: string]: Json };
  return Object.entries(part).every(([key, item]) => Object.hasOwn(object, key) && contains(object[key]!, item));
}

function canonical(json: Json): string {
  if (json instanceof JsonNumber) return json.text;
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`;
  if (!isContainer(json)) return JSON.stringify(json);
  return `{${Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function isContainer(json: Json | undefined): json is readonly Json[] | { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !(json instanceof JsonNumber);
}

function parse(text: string): Json | undefined {
  try {
    return (JSON.parse as (text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown) => unknown)(text, (_key, value, { source }) => {
      if (typeof value !== 'number') return value;
      const exact = parseDecimal(source ?? String(value));
      return new JsonNumber(exact ? decimalText(exact) : String(value));
    }) as Json;
  } catch {
    return undefined;
  }
}

/** PostgreSQL's tests of jsonb, on texts. https://www.postgresql.org/docs/current/datatype-json.html#JSON-CONTAINMENT */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `value @> asked`. Text that is no JSON contains nothing and is contained in nothing. */
export function jsonContains(value: string, asked: string): boolean {
  const [whole, part] = [parse(value), parse(asked)];
  if (whole === undefined || part === undefined) return false;
  // Only at the top does an array contain a scalar by itself.
  if (Array.isArray(whole) && !isContainer(part)) return whole.some((item: Json) => item === part);
  return contains(whole, part);
}

/** `value ? key`: a key of an object, or a string among the items of an array, or that string itself. */
export function hasKey(value: string, key: string): boolean {
  const json = parse(value);
  if (Array.isArray(json)) return json.includes(key);
  if (isContainer(json)) return Object.hasOwn(json, key);
  return json === key;
}

function contains(whole: Json, part: Json): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((item: Json) => whole.some((candidate: Json) => contains(candidate, item)));
  if (!isContainer(part)) return whole === part;
  if (!isContainer(whole) || Array.isArray(whole)) return false;
  const object = whole as { readonly [key: string]: Json };
  return Object.entries(part).every(([key, item]) => Object.hasOwn(object, key) && contains(object[key]!, item));
}

function isContainer(json: Json | undefined): json is readonly Json[] | { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

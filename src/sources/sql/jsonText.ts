/** Deeper JSON than anybody writes could exhaust the stack of the database's parser. */
const deepest = 200;

/** JSON for jsonb, which holds neither U+0000 nor half of a surrogate pair: nothing contains such a value. */
export function jsonText(value: unknown): string | null {
  if (tooDeep(value, deepest)) return null;
  const text = JSON.stringify(value);
  return text === undefined || /\\u0000|\\ud[89a-f]/i.test(text) || text.length > 100_000 ? null : text;
}

function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((part) => tooDeep(part, left - 1));
}

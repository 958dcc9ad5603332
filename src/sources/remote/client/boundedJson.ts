/** JSON of a stranger: parsed only if it does not nest deeper than allowed. */

export class JsonRefused extends Error {}

/** @throws JsonRefused */
export function parseBoundedJson(text: string, maxDepth: number): unknown {
  if (depthExceeds(text, maxDepth)) throw new JsonRefused(`nests deeper than the ${maxDepth} levels that are allowed`);
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
  } catch {
    throw new JsonRefused('is not JSON');
  }
}

/** One pass; strings are jumped over. Text that is no JSON may be counted wrongly, and is refused by the parser then. */
function depthExceeds(text: string, most: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: i = endOfString(text, i); break;
      case 0x5b: case 0x7b:
        depth += 1;
        if (depth > most) return true;
        break;
      case 0x5d: case 0x7d: depth -= 1; break;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return quote;
    from = quote + 1;
  }
}

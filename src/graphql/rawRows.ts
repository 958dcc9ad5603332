/** The rows of an answer as the JSON texts of their cells: nothing is made a number and written anew. */

/** @param text JSON whose members at `path` lead to an object with `nodes`; every node has its cells in the order of the selection */
export function rawRows(text: string, path: readonly string[]): { readonly members: ReadonlyMap<string, string>; readonly rows: readonly (readonly string[])[] } {
  let at = 0;
  for (const key of path) {
    const found = membersAt(text, at).find((member) => member.key === key);
    if (!found) throw new Error(`the answer has no ${key}`);
    at = found.start;
  }
  const members = new Map<string, string>();
  let rows: readonly (readonly string[])[] = [];
  for (const { key, start, end } of membersAt(text, at)) {
    if (key === 'nodes') rows = itemsAt(text, start).map((item) => membersAt(text, item.start).map((cell) => text.slice(cell.start, cell.end)));
    else members.set(key, text.slice(start, end));
  }
  return { members, rows };
}

interface Span { readonly start: number; readonly end: number }

function membersAt(text: string, start: number): readonly (Span & { readonly key: string })[] {
  const members: (Span & { readonly key: string })[] = [];
  let at = expect(text, start, '{');
  while (text[at] !== '}') {
    const keyEnd = skip(text, at);
    const value = expect(text, blank(text, keyEnd), ':');
    const end = skip(text, value);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)) as string, start: value, end });
    at = blank(text, end);
    if (text[at] === ',') at = blank(text, at + 1);
  }
  return members;
}

function itemsAt(text: string, start: number): readonly Span[] {
  const items: Span[] = [];
  let at = expect(text, start, '[');
  while (text[at] !== ']') {
    const end = skip(text, at);
    items.push({ start: at, end });
    at = blank(text, end);
    if (text[at] === ',') at = blank(text, at + 1);
  }
  return items;
}

/** Behind the character, and the blanks after it. */
function expect(text: string, at: number, character: string): number {
  if (text[at] !== character) throw new Error(`the answer has ${JSON.stringify(text.slice(at, at + 10))} where ${character} was due`);
  return blank(text, at + 1);
}

function blank(text: string, at: number): number {
  let here = at;
  while (text[here] === ' ' || text[here] === '\n' || text[here] === '\t' || text[here] === '\r') here += 1;
  return here;
}

/** The end of the value that begins here. */
function skip(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return stringEnd(text, at);
  if (first !== '{' && first !== '[') {
    let here = at;
    while (here < text.length && !',]} \n\t\r'.includes(text[here]!)) here += 1;
    if (here === at) throw new Error('the answer ends where a value was due');
    return here;
  }
  let depth = 0;
  for (let here = at; here < text.length; here += 1) {
    const character = text[here];
    if (character === '"') here = stringEnd(text, here) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if ((character === '}' || character === ']') && (depth -= 1) === 0) return here + 1;
  }
  throw new Error('the answer ends within a value');
}

function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new Error('the answer ends within a text');
}

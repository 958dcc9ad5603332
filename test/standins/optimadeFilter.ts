/**
 * The OPTIMADE filter language (specification 1.2, "Filter language"), evaluated over plain records: the provider's side, written
 * apart from the connector's so that one checks the other.
 */
type Attributes = Readonly<Record<string, unknown>>;
type Scalar = string | number | boolean;

export interface FilterContext {
  /** Whether a property can be asked for; a foreign prefix is unknown but allowed. */
  readonly property: (name: string) => 'known' | 'foreign' | 'unknown';
  /** What `NOT` makes of a comparison with an unknown value: providers differ. */
  readonly negatedUnknown: boolean;
}

export class FilterMistake extends Error {
  constructor(readonly position: number, message: string) { super(message); }
}

/** true, false, or undefined where a value is not known. */
type Test = (record: Attributes) => boolean | undefined;

interface Token { readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol' | 'end'; readonly text: string; readonly value?: Scalar; readonly at: number }

const tokenPattern = /\s*(?:([A-Z]+)(?![\w])|([a-z_][a-z_0-9]*)|("(?:[^"\\]|\\["\\])*")|([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(<=|>=|!=|[=<>(),:.]))/y;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (!match) throw new FilterMistake(at, 'unexpected character');
    const [whole, word, name, string, number, symbol] = match;
    at += whole.length;
    const start = at - whole.trimStart().length;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, at: start });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at: start });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string, value: string.slice(1, -1).replace(/\\(["\\])/g, '$1'), at: start });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, value: Number(number), at: start });
    else tokens.push({ kind: 'symbol', text: symbol!, at: start });
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

const relations: Readonly<Record<string, (a: Scalar, b: Scalar) => boolean>> = {
  '=': (a, b) => a === b, '!=': (a, b) => a !== b, '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};
const mirrored: Readonly<Record<string, string>> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export function readFilter(text: string, context: FilterContext): (record: Attributes) => boolean {
  const tokens = tokenize(text);
  let index = 0;
  const peek = (): Token => tokens[index]!;
  const next = (): Token => tokens[index++]!;
  const accept = (value: string): boolean => (peek().kind !== 'string' && peek().text === value ? (index += 1, true) : false);
  const expect = (value: string): void => { if (!accept(value)) throw new FilterMistake(peek().at, `expected ${value}`); };

  function expression(): Test {
    const parts = [clause()];
    while (accept('OR')) parts.push(clause());
    return parts.length === 1 ? parts[0]! : (record) => { const results = parts.map((part) => part(record)); return results.includes(true) ? true : results.includes(undefined) ? undefined : false; };
  }
  function clause(): Test {
    const parts = [phrase()];
    while (accept('AND')) parts.push(phrase());
    return parts.length === 1 ? parts[0]! : (record) => { const results = parts.map((part) => part(record)); return results.includes(false) ? false : results.includes(undefined) ? undefined : true; };
  }
  function phrase(): Test {
    if (accept('NOT')) {
      const inner = accept('(') ? closed() : comparison();
      return (record) => { const result = inner(record); return result === undefined ? (context.negatedUnknown ? true : undefined) : !result; };
    }
    return accept('(') ? closed() : comparison();
  }
  function closed(): Test {
    const inner = expression();
    expect(')');
    return inner;
  }

  function comparison(): Test {
    if (peek().kind === 'string' || peek().kind === 'number') {
      const value = next().value!;
      const operator = relation();
      return compared(property(), mirrored[operator]!, value);
    }
    const name = property();
    const token = peek();
    if (accept('IS')) {
      if (accept('KNOWN')) return (record) => record[name] !== null && record[name] !== undefined;
      expect('UNKNOWN');
      return (record) => record[name] === null || record[name] === undefined;
    }
    if (accept('CONTAINS')) return textual(name, (value, part) => value.includes(part));
    if (accept('STARTS')) { accept('WITH'); return textual(name, (value, part) => value.startsWith(part)); }
    if (accept('ENDS')) { accept('WITH'); return textual(name, (value, part) => value.endsWith(part)); }
    if (accept('HAS')) return has(name);
    if (accept('LENGTH')) {
      const operator = peek().kind === 'symbol' ? relation() : '=';
      const length = constant();
      return (record) => (Array.isArray(record[name]) ? relations[operator]!((record[name] as unknown[]).length, length) : undefined);
    }
    if (token.kind === 'symbol' && Object.hasOwn(relations, token.text)) {
      const operator = relation();
      // A property on the right, or a boolean word.
      if (peek().kind === 'name') throw new FilterMistake(peek().at, 'comparing two properties is not supported');
      return compared(name, operator, constant());
    }
    throw new FilterMistake(token.at, 'expected an operator');
  }

  function property(): string {
    const token = next();
    if (token.kind !== 'name') throw new FilterMistake(token.at, 'expected a property');
    let name = token.text;
    while (accept('.')) name += `.${next().text}`;
    if (context.property(name.split('.')[0]!) === 'unknown') throw new FilterMistake(token.at, `the property ${name} is not known`);
    return name;
  }
  function relation(): string {
    const token = next();
    if (!Object.hasOwn(relations, token.text)) throw new FilterMistake(token.at, 'expected a comparison');
    return token.text;
  }
  function constant(): Scalar {
    const token = next();
    if (token.kind === 'word' && (token.text === 'TRUE' || token.text === 'FALSE')) return token.text === 'TRUE';
    if (token.value === undefined) throw new FilterMistake(token.at, 'expected a value');
    return token.value;
  }
  function compared(name: string, operator: string, given: Scalar): Test {
    return (record) => {
      const value = record[name];
      if (value === null || value === undefined) return undefined;
      // Timestamps are written as text and compared as instants.
      if (name === 'last_modified') return relations[operator]!(Date.parse(String(value)), Date.parse(String(given)));
      return typeof value === typeof given ? relations[operator]!(value as Scalar, given) : operator === '!=';
    };
  }
  function textual(name: string, test: (value: string, part: string) => boolean): Test {
    const part = constant();
    return (record) => (typeof record[name] === 'string' ? test(record[name] as string, String(part)) : undefined);
  }
  function has(name: string): Test {
    const mode = accept('ALL') ? 'ALL' : accept('ANY') ? 'ANY' : accept('ONLY') ? 'ONLY' : 'ONE';
    const wanted: ((value: unknown) => boolean)[] = [];
    do {
      const operator = peek().kind === 'symbol' && Object.hasOwn(relations, peek().text) ? relation() : '=';
      const value = constant();
      wanted.push((item) => relations[operator]!(item as Scalar, value));
    } while (mode !== 'ONE' && accept(','));
    return (record) => {
      const list = record[name];
      if (!Array.isArray(list)) return undefined;
      const found = (test: (value: unknown) => boolean): boolean => list.some(test);
      return mode === 'ANY' ? wanted.some(found) : mode === 'ONLY' ? list.every((item) => wanted.some((test) => test(item))) : wanted.every(found);
    };
  }

  const test = expression();
  if (peek().kind !== 'end') throw new FilterMistake(peek().at, 'unexpected text after the filter');
  return (record) => test(record) === true;
}

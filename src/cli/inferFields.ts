/** Types of columns, guessed from their cells. A guess is only a beginning: whoever knows the data corrects it. */
export interface InferredField {
  readonly name: string;
  readonly type: string;
  readonly constraints?: { readonly required?: true; readonly unique?: true };
}

const kinds: readonly (readonly [type: string, matches: (cell: string) => boolean])[] = [
  ['boolean', (cell) => /^(true|false)$/.test(cell)],
  // A leading zero or more digits than a number holds is a code, not a quantity.
  ['integer', (cell) => /^-?(0|[1-9]\d{0,17})$/.test(cell)],
  ['number', (cell) => /^-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$/.test(cell) && !/^-?0\d/.test(cell)],
  ['date', (cell) => /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(cell)],
  ['datetime', (cell) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(cell)],
];

export function inferFields(header: readonly string[], rows: readonly (readonly string[])[]): { readonly fields: readonly InferredField[]; readonly primaryKey?: string } {
  let primaryKey: string | undefined;
  const fields = header.map((name, index): InferredField => {
    const cells = rows.map((row) => row[index] ?? '');
    const filled = cells.filter((cell) => cell !== '');
    const type = filled.length === 0 ? 'string' : kinds.find(([, matches]) => filled.every(matches))?.[0] ?? 'string';
    const required = filled.length === cells.length && cells.length > 0;
    const unique = required && new Set(cells).size === cells.length && ['string', 'integer'].includes(type);
    if (unique && primaryKey === undefined && index === 0) primaryKey = name;
    return { name, type, ...(required ? { constraints: { required: true } } : {}) };
  });
  return { fields, ...(primaryKey === undefined ? {} : { primaryKey }) };
}

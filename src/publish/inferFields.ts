/** Types of columns, guessed from their cells. A guess is only a beginning: whoever knows the data corrects it in a descriptor. */
export interface InferredField {
  readonly name: string;
  readonly type: string;
  readonly constraints?: { readonly required: true };
}

const kinds: readonly (readonly [type: string, matches: (cell: string) => boolean])[] = [
  ['boolean', (cell) => /^(true|false)$/.test(cell)],
  // A leading zero or more digits than a number holds is a code, not a quantity.
  ['integer', (cell) => /^-?(0|[1-9]\d{0,17})$/.test(cell)],
  ['number', (cell) => /^-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$/.test(cell) && !/^-?0\d/.test(cell) && Number.isFinite(Number(cell))],
  ['date', (cell) => isDate(cell)],
  ['datetime', (cell) => /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$/.test(cell) && isDate(cell.slice(0, 10))],
];

function isDate(cell: string): boolean {
  if (!/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(cell)) return false;
  const date = new Date(`${cell}T00:00:00Z`);
  return cell !== '0000-00-00' && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(cell);
}

/** Takes rows one by one and keeps of each column which types it may still have. */
export class FieldInference {
  private readonly columns: { candidates: typeof kinds; filled: number }[];
  private rows = 0;

  constructor(private readonly header: readonly string[]) {
    this.columns = header.map(() => ({ candidates: kinds, filled: 0 }));
  }

  /** Cells beyond the header's are left to validation to tell. */
  row(cells: readonly string[], count = cells.length): void {
    this.rows += 1;
    for (let index = 0; index < this.columns.length && index < count; index += 1) {
      const cell = cells[index]!;
      if (cell === '') continue;
      const column = this.columns[index]!;
      column.filled += 1;
      if (column.candidates.length > 0 && !column.candidates.every(([, matches]) => matches(cell))) column.candidates = column.candidates.filter(([, matches]) => matches(cell));
    }
  }

  get fields(): readonly InferredField[] {
    return this.header.map((name, index): InferredField => {
      const { candidates, filled } = this.columns[index]!;
      const type = filled === 0 ? 'string' : candidates[0]?.[0] ?? 'string';
      return { name, type, ...(filled === this.rows && this.rows > 0 ? { constraints: { required: true } } : {}) };
    });
  }
}

/** Also guesses a primary key: a first column of names or numbers in which no value comes twice. */
export function inferFields(header: readonly string[], rows: readonly (readonly string[])[]): { readonly fields: readonly InferredField[]; readonly primaryKey?: string } {
  const inference = new FieldInference(header);
  for (const row of rows) inference.row(row);
  const { fields } = inference;
  const [first] = fields;
  const isKey = first?.constraints?.required === true && ['string', 'integer'].includes(first.type) && new Set(rows.map((row) => row[0])).size === rows.length;
  return { fields, ...(isKey ? { primaryKey: first.name } : {}) };
}

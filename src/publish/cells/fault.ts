/** What is wrong with one cell. A cell reader returns it instead of the text for COPY: throwing for a million wrong values would be slow. */
export class Fault {
  constructor(readonly rule: string, readonly message: string) {}
}

/** Reads a cell that is not missing: its text as PostgreSQL's input takes it, not yet escaped for COPY. */
export type CellReader = (cell: string) => string | Fault;

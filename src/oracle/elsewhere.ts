/** Sources elsewhere, as the oracle needs them: with two sets of rows, and with a record of what left for them. */
import type { Table } from '../catalog/model.js';
import type { Side } from '../sources/postgres/twoCopies.js';
import type { Source, SqlHome } from '../sources/source.js';
import type { NumberedRow } from './change.js';

export interface Elsewhere {
  /** The one that answers questions from now on. */
  side: Side;
  /** Answers over the copies of our own tables and over the sources' rows. */
  source(own: SqlHome): Source;
  rows(table: Table): readonly NumberedRow[];
  write(table: Table, side: Side, rows: readonly NumberedRow[]): void;
  /** What sources were asked since this was called last, as text: identifiers of hidden rows must not be in it, nor may it differ by them. */
  asked(): string;
}

/**
 * Counts of an answer's rows that travel in columns beside the JSON: what a level read, and what was read below its rows. A mark in each list
 * of the JSON (plan/rowCount.ts) would cost a hundred lists a tenth of their statement; a number that is added up costs nothing.
 */
import type { StatementWriter } from './statement.js';

/** A `select` of a level: its JSON as `j` and, where rows are counted beside it, a column for each table (by its number in the plan's reads). */
export interface LevelSql {
  readonly text: string;
  readonly tables: readonly number[];
}

export function tallyColumn(table: number): string {
  return `k${table}`;
}

/** What hangs below one row: the levels as joins, and what they have read. */
export class Tally {
  private readonly joined: string[] = [];
  private readonly counts = new Map<number, string[]>();

  /** @returns the level's JSON, null where `opens` do not all hold (then nothing of it is read) */
  join({ text, tables }: LevelSql, opens: readonly string[], writer: StatementWriter): string {
    const alias = writer.alias();
    this.joined.push(` left join lateral (${gated(text, opens)}) ${alias} on true`);
    for (const table of tables) this.add(table, `coalesce(${alias}.${tallyColumn(table)}, 0)`);
    return `${alias}.j`;
  }

  add(table: number, count: string): void {
    const counts = this.counts.get(table);
    if (counts) counts.push(count);
    else this.counts.set(table, [count]);
  }

  get tables(): readonly number[] {
    return [...this.counts.keys()];
  }

  /** Stands after the row's `from` item. */
  get joins(): string {
    return this.joined.join('');
  }

  /** As columns of a `select`. @param whole what is made of the sum of each */
  columns(whole: (sum: string) => string = (sum) => sum): readonly string[] {
    return [...this.counts].map(([table, counts]) => `${whole(counts.join(' + '))} as ${tallyColumn(table)}`);
  }
}

/** A condition without columns goes before the join: PostgreSQL then does not even begin to read. */
export function gated(text: string, opens: readonly string[]): string {
  return opens.length === 0 ? text : `select x.* from (select 1 where ${opens.join(' and ')}) o cross join lateral (${text}) x`;
}

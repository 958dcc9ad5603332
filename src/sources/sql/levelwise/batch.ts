/** The keys that rows hand down to the levels below them. */
import type { Column } from '../../../catalog/model.js';
import type { Link } from '../../../plan/link.js';
import { encode, encodeList, sqlType } from '../codec.js';
import type { Dialect } from '../dialect.js';
import type { Selection } from './levelStatement.js';

/** Texts and nulls by position; the first is the parent's number. */
export type Row = readonly unknown[];

/** Reads a row's key of a link: its values as texts that parameters of their types take; undefined where one is null. */
export type ReadKey = (row: Row) => readonly string[] | undefined;

export function readKey(link: Link, column: (column: Column) => string, selection: Selection, dialect: Dialect): ReadKey {
  const positions = link.on.map(({ here }) => ({
    list: here.kind === 'list',
    at: selection.add(here.kind === 'list' ? dialect.linkText(here, column(here)) : dialect.text(sqlType(here.kind), column(here))),
  }));
  return (row) => {
    const texts: string[] = [];
    for (const { list, at } of positions) {
      const text = row[at] as string | null;
      if (text === null) return undefined;
      texts.push(list ? dialect.listText((JSON.parse(text) as unknown[]).filter((item) => item !== null).map(String)) : text);
    }
    return texts;
  };
}

export interface DistinctKeys {
  /** A list for each column of the link. */
  readonly parents: readonly (readonly string[])[];
  readonly numberOf: (row: Row) => number | undefined;
  readonly size: number;
}

export function distinctKeys(rows: readonly Row[], read: ReadKey): DistinctKeys {
  const numbers = new Map<string, number>();
  const ofRow = new Map<Row, number>();
  const keys: (readonly string[])[] = [];
  for (const row of rows) {
    const key = read(row);
    if (key === undefined) continue;
    const name = JSON.stringify(key);
    let number = numbers.get(name);
    if (number === undefined) numbers.set(name, (number = keys.push(key)));
    ofRow.set(row, number);
  }
  return { parents: (keys[0] ?? []).map((_, column) => keys.map((key) => key[column]!)), numberOf: (row) => ofRow.get(row), size: keys.length };
}

/** Values of a column (of the row number, where there is none) as the keys of a batch; null where one is no value of its kind. */
export function keyTexts(column: Column | undefined, values: readonly unknown[], dialect: Dialect): readonly (string | null)[] {
  const kind = column?.kind ?? 'int64';
  if (kind === 'list') return values.map((value) => dialect.listText((encodeList(column!.item!, value) ?? []).filter((text) => text !== null)));
  return values.map((value) => dialect.argument(sqlType(kind), encode(kind, value)) as string | null);
}

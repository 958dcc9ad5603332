/** Rows out of an answer's body. */
import { SourceError, type RemoteRow } from '../remote/remoteSource.js';
import type { FieldPath } from './fieldPath.js';
import type { ColumnSpec } from './spec.js';
import { readValue, unreadable } from './values.js';

/**
 * The records at a path. One object stands for a list of one, null and an empty text for an empty list.
 * @throws SourceError SOURCE_INVALID where there is nothing like a list
 */
export function recordsAt(body: unknown, path: FieldPath, source: string): readonly unknown[] {
  const found = path.at(body);
  if (Array.isArray(found)) return found;
  if (found === null || found === '') return [];
  if (typeof found === 'object') return [found];
  // `items: ""` where there are no items: the name below it is then missing.
  if (found === undefined && path.text !== '' && emptyOnTheWay(body, path.text)) return [];
  throw new SourceError('SOURCE_INVALID', `${source} sent an answer without ${path.text === '' ? 'rows' : `“${path.text}”`}.`, { source });
}

/**
 * Records that are of quite another form (an error with status 200) are no rows.
 * @param always columns that every record has, one of which one record at least has to have
 * @throws SourceError SOURCE_INVALID
 */
export function holdForm(records: readonly unknown[], always: readonly ColumnSpec[], source: string): void {
  if (records.length === 0 || always.length === 0 || records.some((record) => always.some(({ path }) => path.first(record) !== undefined))) return;
  throw new SourceError('SOURCE_INVALID', `${source} sent an answer whose rows have no “${always[0]!.path.text}”.`, { source });
}

function emptyOnTheWay(body: unknown, text: string): boolean {
  let value = body;
  for (const name of text.split('.')) {
    if (value === '' || value === null) return true;
    if (typeof value !== 'object' || value === undefined) return false;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return false;
}

export interface Counter { unreadable: number }

export function readRow(record: unknown, columns: readonly ColumnSpec[], counter: Counter): RemoteRow {
  const row: Record<string, unknown> = {};
  for (const column of columns) row[column.column.name] = readCell(record, column, counter);
  return row;
}

export function readCell(record: unknown, { column, path, reading }: ColumnSpec, counter: Counter): unknown {
  if (column.kind === 'json') return path.at(record) ?? null;
  if (column.kind !== 'list') {
    const value = readValue(column.kind, column.values, path.first(record), reading);
    if (value !== unreadable) return value;
    counter.unreadable += 1;
    return null;
  }
  const found = path.all(record);
  if (found.length === 0) return Array.isArray(path.at(record)) ? [] : null;
  const items = found.map((item) => readValue(column.item!, undefined, item, reading));
  counter.unreadable += items.filter((item) => item === unreadable).length;
  return items.filter((item) => item !== unreadable && item !== null);
}

/**
 * Row ids: `org/dataset/table/=KEY` by primary key, `org/dataset/table/~N` by row number where there is no key or the caller may not
 * read it. A key of several columns is a JSON array of their texts.
 */
import { majorField } from './version.js';
import type { TableAt } from './link.js';

export interface RowId {
  readonly organization: string;
  /** The dataset's field: `superconductivity`, or `superconductivity_v1` for an older major. */
  readonly dataset: string;
  readonly table: string;
  readonly key: { readonly by: 'number'; readonly value: string } | { readonly by: 'key'; readonly text: string };
}

export function rowIdPrefix(at: TableAt): string {
  return `${at.dataset.organization.slug}/${majorField(at.dataset, at.version.major)}/${at.table.field}/`;
}

const pattern = /^([a-z][a-z0-9-]*)\/([A-Za-z]\w*)\/([A-Za-z_]\w*)\/([=~])([^]*)$/;

/** Undefined where the text is not a row id. */
export function parseRowId(id: string): RowId | undefined {
  const match = pattern.exec(id);
  if (!match) return undefined;
  const [, organization, dataset, table, mark, rest] = match as unknown as [string, string, string, string, string, string];
  if (mark === '~') return /^\d{1,18}$/.test(rest) ? { organization, dataset, table, key: { by: 'number', value: rest } } : undefined;
  return { organization, dataset, table, key: { by: 'key', text: rest } };
}

/** The values of a key of `columns` columns; undefined where the text is not such a key. */
export function keyValues(text: string, columns: number): readonly string[] | undefined {
  if (columns === 1) return [text];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length === columns && value.every((v) => typeof v === 'string') ? (value as string[]) : undefined;
  } catch {
    return undefined;
  }
}

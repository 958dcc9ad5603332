/**
 * Row ids: `org/dataset/table/=KEY` by primary key, `org/dataset/table/~TEXT` by row number (plan/rowNumber.ts) where there is no key or the caller may not
 * read it. A key of several columns is a JSON array of their texts.
 */
import { majorField } from './version.js';
import { versionName } from '../catalog/model.js';
import type { TableAt } from './link.js';

export interface RowId {
  readonly organization: string;
  /** The dataset's field: `superconductivity`, or `superconductivity_v1` for an older major. */
  readonly dataset: string;
  readonly table: string;
  readonly key: { readonly by: 'number'; readonly text: string } | { readonly by: 'key'; readonly text: string };
}

export function rowIdPrefix(at: TableAt): string {
  return `${at.dataset.organization.slug}/${majorField(at.dataset, at.version.major)}/${at.table.field}/`;
}

/** What row numbers are bound to: rows of another version may have them too. */
export function numberedTable(at: TableAt): string {
  return `${rowIdPrefix(at)}@${versionName(at.version)}`;
}

const pattern = /^([a-z][a-z0-9-]*)\/([A-Za-z]\w*)\/([A-Za-z_]\w*)\/([=~])([^]*)$/;

/** Undefined where the text is not a row id. */
export function parseRowId(id: string): RowId | undefined {
  const match = pattern.exec(id);
  if (!match) return undefined;
  const [, organization, dataset, table, mark, rest] = match as unknown as [string, string, string, string, string, string];
  if (mark === '~') return /^[\w-]{22,120}$/.test(rest) ? { organization, dataset, table, key: { by: 'number', text: rest } } : undefined;
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

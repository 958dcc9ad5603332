/** The address of a request, put together from the source's own, a path and parameters. */
import type { Column } from '../../catalog/model.js';
import type { Param } from './directives.js';
import type { TableSpec } from './spec.js';

export function address(url: string, path: string, params: readonly (readonly [name: string, value: string])[]): string {
  const query = params.map(([name, value]) => `${encodeURIComponent(name)}=${parameterText(value)}`).join('&');
  return new URL(`${url}${path}${query === '' ? '' : `?${query}`}`).href;
}

/** Commas stay as they are: they are legal in a query, and lists are shorter so. */
function parameterText(value: string): string {
  return encodeURIComponent(value).replaceAll('%2C', ',');
}

export function pairs(params: readonly Param[]): readonly (readonly [string, string])[] {
  return params.map(({ name, value }) => [name, value] as const);
}

export interface Selection {
  /** For `{fields}`. */
  readonly text: string;
  readonly params: readonly (readonly [string, string])[];
}

/** What the source is told to send, for these columns and the key. */
export function selection(table: TableSpec, columns: readonly Column[]): Selection {
  const { select } = table;
  if (!select) return { text: '', params: [] };
  const names = new Set(select.always);
  const wanted = new Set(columns.map(({ name }) => name));
  for (const [name, column] of table.columns) if (column.select !== undefined && (wanted.has(name) || column === table.key)) names.add(column.select);
  if (names.size === 0) {
    // Nothing at all cannot be asked for.
    const any = [...table.columns.values()].find((column) => column.select !== undefined)?.select;
    if (any !== undefined) names.add(any);
  }
  const text = [...names].join(select.separator);
  return select.name === undefined ? { text: encodeURIComponent(text).replaceAll('%2C', ','), params: [] } : { text, params: [[select.name, text]] };
}

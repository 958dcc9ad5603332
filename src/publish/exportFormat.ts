/** Rows as lines of a file. Cells come as the JSON texts of an answer, so that no value goes through a number of JavaScript. */
import type { Column } from '../catalog/model.js';

export const exportFormats = ['CSV', 'NDJSON'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface LineFormat {
  readonly format: ExportFormat;
  /** CSV for spreadsheets: a byte order mark, and an apostrophe before texts that a spreadsheet would run as formulas. */
  readonly forSpreadsheets: boolean;
}

export const extensionOf: Readonly<Record<ExportFormat, string>> = { CSV: 'csv', NDJSON: 'ndjson' };

/** What stands before the rows. */
export function head(columns: readonly Pick<Column, 'name'>[], { format, forSpreadsheets }: LineFormat): string {
  return format === 'CSV' ? `${forSpreadsheets ? '\ufeff' : ''}${columns.map(({ name }) => quoted(forSpreadsheets ? harmless(name) : name)).join(',')}\r\n` : '';
}

/** @param cells JSON texts, one a column. RFC 4180 for CSV, where null is an empty cell and an empty text `""`. */
export function line(columns: readonly Pick<Column, 'name' | 'kind'>[], cells: readonly string[], { format, forSpreadsheets }: LineFormat): string {
  if (format === 'NDJSON') return `{${columns.map(({ name }, index) => `${JSON.stringify(name)}:${oneLine(cells[index]!)}`).join(',')}}\n`;
  return `${columns.map(({ kind }, index) => csvCell(cells[index]!, kind, forSpreadsheets)).join(',')}\r\n`;
}

function csvCell(json: string, kind: Column['kind'], forSpreadsheets: boolean): string {
  if (json === 'null') return '';
  if (kind === 'json' || kind === 'list') return quoted(json);
  if (kind === 'geopoint') return quoted(pointText(json));
  if (!json.startsWith('"')) return json;
  const text = json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
  return text === '' ? '""' : quoted(forSpreadsheets && (kind === 'text' || kind === 'enum') ? harmless(text) : text);
}

/** `longitude, latitude`, as Table Schema writes a point. */
function pointText(json: string): string {
  const number = (name: string): string => new RegExp(`"${name}"\\s*:\\s*([^,}\\s]+)`).exec(json)?.[1] ?? '';
  return `${number('longitude')}, ${number('latitude')}`;
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** https://owasp.org/www-community/attacks/CSV_Injection */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** JSON has line breaks between its tokens only. */
function oneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, ' ');
}

/**
 * Rows of a source elsewhere as a table to publish. They come as JSON values, and each cell of the file that is loaded is its value's JSON
 * text: so every kind passes as it is, and what a text holds can be mistaken for nothing else.
 */
import { createHash } from 'node:crypto';
import type { Column, License, TableDefinition, VersionMetadata } from '../catalog/model.js';
import { Fault, type CellReader } from './cells/fault.js';
import { identified } from './cells/identifiers.js';
import type { TableDraft, ColumnDraft } from './tableDraft.js';

export interface MirroredTable {
  /** `organization/dataset` of the source. */
  readonly path: string;
  readonly version: string;
  /** Another where what the asker may read, or the table, is another. */
  readonly state: string;
  readonly table: Pick<TableDefinition, 'name' | 'field' | 'title' | 'description'>;
  readonly columns: readonly Column[];
  /** Empty where not all of its columns are mirrored. */
  readonly primaryKey: readonly string[];
  readonly metadata: VersionMetadata;
}

export const mirrorFile = 'rows.csv';

export function mirrorDraft({ table, columns, primaryKey }: MirroredTable): TableDraft {
  return {
    name: table.name, declared: table.field, title: table.title, description: table.description, file: mirrorFile, encoding: 'utf-8', fieldsMatch: 'exact', primaryKey, uniqueKeys: [], foreignKeys: [],
    dialect: { delimiter: ',', quote: '"', doubleQuote: true, skipInitialSpace: false, header: true },
    columns: columns.map((column, index): ColumnDraft => {
      const key = primaryKey.includes(column.name);
      return {
        ...column, physical: `c${index + 1}`, declared: column.field, facet: false, fullText: false, unique: false, required: key,
        read: reader(column), missing: new Set(['null']), indexed: key || column.namespace !== undefined,
      };
    }),
  };
}

/** The file's text of rows, whose first line names the columns. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`;
}

const wrong = new Fault('type', 'is no value of its kind');
const nul = new Fault('type', 'holds a NUL character or half of a surrogate pair, which PostgreSQL cannot');

function reader(column: Pick<Column, 'kind' | 'item' | 'namespace'>): CellReader {
  const text = identified(column.kind === 'list' ? undefined : column.namespace, (cell) => cell);
  return (cell) => {
    let value: unknown;
    try {
      value = JSON.parse(cell);
    } catch {
      return wrong;
    }
    if (/\\u0000/.test(cell) || !cell.isWellFormed()) return nul;
    switch (column.kind) {
      case 'json': return cell;
      case 'list': return Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object') ? arrayText(value) : wrong;
      case 'geopoint': {
        const { longitude, latitude } = value as { readonly longitude?: unknown; readonly latitude?: unknown };
        return typeof longitude === 'number' && typeof latitude === 'number' ? `(${longitude},${latitude})` : wrong;
      }
      default: return typeof value === 'object' ? wrong : text(column.kind === 'duration' ? signedParts(String(value)) : String(value));
    }
  };
}

/** PostgreSQL reads a sign before each part of a duration, not before the whole. */
function signedParts(text: string): string {
  return text.startsWith('-') ? text.slice(1).replace(/\d+(\.\d+)?/g, '-$&') : text;
}

function arrayText(items: readonly unknown[]): string {
  return `{${items.map((item) => (item === null ? 'NULL' : `"${String(item).replace(/[\\"]/g, '\\$&')}"`)).join(',')}}`;
}

/** Terms under which nothing derived may be shared: a selection is derived. */
export function forbidsDerivatives(licenses: readonly License[]): License | undefined {
  return licenses.find(({ name, title, path }) => [name, title, path].some((text) => text !== undefined && (/(^|[^a-z])nd([^a-z]|$)/i.test(text) || /no[- ]?deriv/i.test(text))));
}

/** The same for the same rows in whatever order they came: the sum of the rows' digests. */
export class RowsDigest {
  private sum = 0n;
  rows = 0;

  add(row: string): void {
    this.sum = (this.sum + BigInt(`0x${createHash('sha256').update(row).digest('hex')}`)) % (1n << 256n);
    this.rows += 1;
  }

  /** @param about what else makes a new version */
  text(about: unknown): string {
    return createHash('sha256').update(JSON.stringify([about, this.rows, this.sum.toString(16)])).digest('hex');
  }
}

export interface MirrorFacts {
  readonly source: string;
  readonly version: string;
  readonly release?: string;
  readonly fetchedAt?: string;
  readonly where?: unknown;
  readonly digest: string;
}

/** The descriptor of the mirror: the source's licence and citation, and where it came from. The key `sync` is what the next mirror is compared with. */
export function mirrorDescriptor(name: string, mirrored: MirroredTable, facts: MirrorFacts): Readonly<Record<string, unknown>> {
  const { metadata, table, columns, primaryKey } = mirrored;
  const licenses = metadata.licenses.filter(({ name: short, path }) => short !== undefined || path !== undefined);
  const release = facts.release === undefined ? '' : `, release ${facts.release}`;
  return {
    name, title: metadata.title, ...(metadata.titleKo === undefined ? {} : { 'dure:titleKo': metadata.titleKo }), ...(metadata.description === undefined ? {} : { description: metadata.description }),
    licenses: licenses.length > 0 ? licenses : [{ name: 'notspecified', title: 'Not specified' }], ...(metadata.citation === undefined ? {} : { 'dure:citation': metadata.citation }),
    sources: [{ title: `${facts.source} ${facts.version}${release}${facts.fetchedAt === undefined ? '' : `, fetched ${facts.fetchedAt}`}`, ...(metadata.homepage === undefined ? {} : { path: metadata.homepage }) }],
    resources: [{ name: table.name, path: mirrorFile, ...(table.title === undefined ? {} : { title: table.title }), schema: { fields: columns.map((column) => ({ name: column.name, type: fieldType(column) })), primaryKey: primaryKey.length > 0 ? primaryKey : undefined } }],
    sync: facts,
  };
}

function fieldType({ kind }: Pick<Column, 'kind'>): string {
  switch (kind) {
    case 'int32': case 'int64': return 'integer';
    case 'decimal': case 'float': return 'number';
    case 'text': case 'enum': return 'string';
    case 'json': return 'any';
    default: return kind;
  }
}

/** The datapackage.json of an exported file: what it is, under what terms, and what of the dataset is not in it. */
import { citationOf } from '../catalog/erased.js';
import { datasetPath, versionName, type Column, type Dataset, type Table, type Version } from '../catalog/model.js';
import { extensionOf, type LineFormat } from './exportFormat.js';

export interface ExportedTable {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly where?: unknown;
}

export interface WithheldColumn { readonly table: string; readonly column: string; readonly treatment: string; readonly rule: string; readonly reason: string }

export interface ExportContents {
  readonly dataset: Dataset;
  readonly version: Version;
  readonly tables: readonly ExportedTable[];
  /** Columns that are not read as they are. */
  readonly withheld: readonly WithheldColumn[];
  /** Tables that rows are left out of. */
  readonly narrowed: readonly { readonly table: string; readonly rule: string; readonly reason?: string }[];
  /** Tables of the version that the asker may not take away. */
  readonly closed: readonly { readonly table: string; readonly reason: string }[];
  readonly obligations: readonly { readonly rule: string; readonly kind: string; readonly text?: string }[];
}

export interface WrittenTable { readonly rows: number; readonly bytes: number; readonly sha256: string }

/** Names in the file are ours, whatever the package calls its tables. */
export function fileOf({ table }: ExportedTable, { format }: LineFormat): string {
  return `${table.field}.${extensionOf[format]}`;
}

export function exportDescriptor(contents: ExportContents, written: readonly WrittenTable[], lines: LineFormat, about: { readonly id: string; readonly at: Date; readonly reason: string; readonly purpose?: string }): Readonly<Record<string, unknown>> {
  const { dataset, version, tables, withheld, narrowed, closed, obligations } = contents;
  const { metadata } = version;
  const citation = citationOf(version);
  const exported = new Set(tables.map(({ table }) => table.name));
  return {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json', name: dataset.name, version: versionName(version), title: metadata.title, ...(metadata.titleKo === undefined ? {} : { 'dure:titleKo': metadata.titleKo }),
    ...(metadata.description === undefined ? {} : { description: metadata.description }), ...(metadata.homepage === undefined ? {} : { homepage: metadata.homepage }),
    licenses: metadata.licenses, contributors: metadata.contributors.map(({ email: _email, ...person }) => person), sources: metadata.sources, ...(citation === undefined ? {} : { 'dure:citation': citation }),
    created: about.at.toISOString(),
    resources: tables.map((one, index) => {
      const plain = (names: readonly string[]): boolean => names.every((name) => one.columns.some((column) => column.name === name) && !withheld.some((column) => column.table === one.table.name && column.column === name));
      const { table } = one;
      const keys = one.where === undefined && narrowed.every((n) => n.table !== table.name) ? table.foreignKeys.filter((key) => exported.has(key.table) && plain(key.columns) && narrowed.every((n) => n.table !== key.table) && tables.find((far) => far.table.name === key.table)!.where === undefined && key.referenced.every((name) => tables.find((far) => far.table.name === key.table)!.columns.some((column) => column.name === name))) : [];
      return {
        name: table.name, path: fileOf(one, lines), 'dure:name': table.field, ...(table.title === undefined ? {} : { title: table.title }), ...(table.description === undefined ? {} : { description: table.description }),
        ...(lines.format === 'CSV' ? { format: 'csv', mediatype: 'text/csv', dialect: { lineTerminator: '\r\n' } } : { format: 'ndjson', mediatype: 'application/x-ndjson' }), encoding: 'utf-8',
        bytes: written[index]!.bytes, hash: `sha256:${written[index]!.sha256}`, rows: written[index]!.rows,
        schema: {
          fields: one.columns.map((column) => fieldOf(column, lines, plain([column.name]))), missingValues: [''],
          ...(table.primaryKey.length > 0 && plain(table.primaryKey) ? { primaryKey: table.primaryKey } : {}),
          ...(keys.length > 0 ? { foreignKeys: keys.map((key) => ({ fields: key.columns, reference: { resource: key.table === table.name ? '' : key.table, fields: key.referenced } })) } : {}),
        },
      };
    }),
    export: {
      id: about.id, dataset: datasetPath(dataset), version: versionName(version), rulesRevision: dataset.rulesRevision, at: about.at.toISOString(), reason: about.reason, ...(about.purpose === undefined ? {} : { purpose: about.purpose }),
      selection: tables.map(({ table, columns, where }) => ({ table: table.name, columns: columns.map(({ name }) => name), ...(where === undefined ? {} : { where }) })),
      withheld, rowsLeftOut: narrowed, tablesLeftOut: closed, obligations,
      ...(version.erasures ? { erasures: version.erasures.map(({ at, rows, cells }) => ({ at: at.toISOString(), rows, cells })) } : {}),
      ...(lines.forSpreadsheets ? { changed: "Texts that begin with =, +, -, @, a tab or a carriage return have an apostrophe before them." } : {}),
    },
  };
}

/** @param plain whether its values are what they are: a pseudonym is no identifier of a namespace, and no value of a list of allowed ones */
function fieldOf(column: Column, { format }: LineFormat, plain: boolean): Readonly<Record<string, unknown>> {
  const { name, field, title, description, unit, namespace, personKey } = column;
  return {
    name, ...typeOf(plain || column.kind !== 'enum' ? column : { ...column, kind: 'text' }, format), 'dure:name': field, ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }),
    ...(unit === undefined ? {} : { 'dure:unit': unit }), ...(namespace === undefined || !plain ? {} : { 'dure:namespace': namespace }), ...(personKey && plain ? { 'dure:personKey': true } : {}),
  };
}

function typeOf({ kind, values }: Column, format: LineFormat['format']): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'int32': return { type: 'integer', constraints: { minimum: -2147483648, maximum: 2147483647 } };
    case 'int64': return { type: 'integer' };
    case 'decimal': return { type: 'number', 'dure:exact': true };
    case 'float': return { type: 'number' };
    case 'text': return { type: 'string' };
    case 'enum': return { type: 'string', constraints: { enum: values } };
    case 'json': return { type: 'any' };
    case 'list': return { type: 'array' };
    case 'geopoint': return format === 'CSV' ? { type: 'geopoint' } : { type: 'object' };
    default: return { type: kind };
  }
}

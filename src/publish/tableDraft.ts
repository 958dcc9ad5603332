/** What a resource says of its table, checked, before the names in GraphQL are given. */
import type { Column } from '../catalog/model.js';
import type { CellReader } from './cells/fault.js';
import { dialectOf, type Dialect } from './csv/dialect.js';
import { decoderFor } from './csv/decoder.js';
import type { FieldDescriptor, PackageDescriptor, ResourceDescriptor, TableSchema } from './descriptor.js';
import { readField } from './fields.js';
import type { PackageLimits } from './limits.js';
import { descriptorName, safePath } from './packageFiles.js';
import type { MistakeList } from './report.js';

export interface ColumnDraft extends Omit<Column, 'field'> {
  readonly declared?: string;
  readonly read: CellReader;
  /** Texts that stand for no value. */
  readonly missing: ReadonlySet<string>;
  /** Has an index of the database: what PostgreSQL can put into one is bounded. */
  readonly indexed: boolean;
}

export interface ForeignKeyDraft {
  readonly columns: readonly string[];
  readonly table: string;
  readonly referenced: readonly string[];
  readonly declared?: string;
  readonly declaredBack?: string;
}

export interface TableDraft {
  readonly name: string;
  readonly declared?: string;
  readonly title?: string;
  readonly description?: string;
  /** Path in the package. */
  readonly file: string;
  readonly dialect: Dialect;
  readonly encoding: string;
  readonly fieldsMatch: 'exact' | 'equal';
  readonly columns: readonly ColumnDraft[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKeyDraft[];
}

type Tell = (path: string, message: string) => void;

/** Mistakes go to the list; what is returned is of use only if there are none. */
export function draftTables(descriptor: PackageDescriptor, hasFile: (path: string) => boolean, limits: PackageLimits, mistakes: MistakeList): TableDraft[] {
  const tell: Tell = (path, message) => mistakes.add('descriptor', () => ({ file: descriptorName, path, message }));
  if (descriptor.resources.length > limits.tables) tell('$.resources', `has more than ${limits.tables} tables`);
  const tables = descriptor.resources.map((resource, index) => draftTable(resource, `$.resources[${index}]`, hasFile, limits, tell));
  tellRepeated(tables.map((table) => table.name), '$.resources', tell);
  return tables;
}

function draftTable(resource: ResourceDescriptor, path: string, hasFile: (path: string) => boolean, limits: PackageLimits, tell: Tell): TableDraft {
  const file = safePath(String(resource.path));
  const schema = resource.schema!;
  if (!hasFile(file)) tell(`${path}.path`, `names “${file}”, which is not in the package`);
  try {
    decoderFor(resource.encoding);
  } catch {
    tell(`${path}.encoding`, `“${resource.encoding}” is not known: use utf-8`);
  }
  if (schema.fields.length > limits.columns) tell(`${path}.schema.fields`, `has more than ${limits.columns} columns: split the table`);
  tellRepeated(schema.fields.map((field) => field.name), `${path}.schema.fields`, tell);
  const primaryKey = schema.primaryKey ?? [];
  const columns = schema.fields.map((field, index) => draftColumn(field, index, schema, primaryKey, resource.dialect.nullSequence, `${path}.schema.fields[${index}]`, tell));
  return {
    name: resource.name, declared: resource['dure:name'], title: resource.title, description: resource.description,
    file, dialect: dialectOf(resource), encoding: resource.encoding, fieldsMatch: schema.fieldsMatch, columns, primaryKey,
    // A unique column is a unique key of one: the database's index is the same.
    uniqueKeys: uniqueLists([...schema.uniqueKeys, ...columns.filter((column) => column.unique).map((column) => [column.name])], primaryKey),
    foreignKeys: schema.foreignKeys.map((key) => ({
      columns: key.fields, table: key.reference.resource === '' ? resource.name : key.reference.resource, referenced: key.reference.fields, declared: key['dure:name'], declaredBack: key['dure:backName'],
    })),
  };
}

function draftColumn(field: FieldDescriptor, index: number, schema: TableSchema, primaryKey: readonly string[], nullSequence: string | undefined, path: string, tell: Tell): ColumnDraft {
  const reading = (() => {
    try {
      return readField(field);
    } catch (error) {
      tell(path, (error as Error).message);
      return { kind: 'text' as const, read: (cell: string) => cell };
    }
  })();
  const missing = new Set(field.missingValues ?? schema.missingValues);
  if (nullSequence !== undefined) missing.add(nullSequence);
  const fullText = field['dure:fullText'] ?? false;
  if (fullText && reading.kind !== 'text' && !(reading.kind === 'list' && reading.item === 'text')) tell(path, `has "dure:fullText", which is for texts and lists of texts; it is ${reading.kind}`);
  const keys = [primaryKey, ...schema.uniqueKeys, ...schema.foreignKeys.map((key) => key.fields)];
  return {
    ...reading, name: field.name, physical: `c${index + 1}`, declared: field['dure:name'],
    title: field.title, description: field.description, unit: field['dure:unit'], namespace: field['dure:namespace'],
    facet: field['dure:facet'] ?? false, fullText, personKey: field['dure:personKey'] ?? false,
    required: (field.constraints.required ?? false) || primaryKey.includes(field.name), unique: field.constraints.unique ?? false,
    missing, indexed: (field['dure:facet'] ?? false) || field['dure:namespace'] !== undefined || (field.constraints.unique ?? false) || keys.some((key) => key.includes(field.name)),
  };
}

function uniqueLists(lists: readonly (readonly string[])[], but: readonly string[]): string[][] {
  const seen = new Set([JSON.stringify(but)]);
  return lists.filter((list) => !seen.has(JSON.stringify(list)) && seen.add(JSON.stringify(list))).map((list) => [...list]);
}

function tellRepeated(names: readonly string[], path: string, tell: Tell): void {
  const seen = new Set<string>();
  names.forEach((name, index) => {
    if (seen.has(name)) tell(`${path}[${index}].name`, `“${name}” is used twice`);
    seen.add(name);
  });
}

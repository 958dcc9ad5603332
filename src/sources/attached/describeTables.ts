/** Tables of a database as a dataset: their columns typed and named, each mistake told with its place. */
import type { Column } from '../../catalog/model.js';
import { foreignKeyField, giveNames, graphqlName, reservedColumnFields } from '../../catalog/naming.js';
import { DureError } from '../../errors.js';
import { identifier } from '../file/sqlText.js';
import type { SourceDefinition, SourceTableDefinition } from '../remote/definition.js';
import { columnFields, physicalName } from '../remote/nameColumns.js';
import { parseRelationName, type AttachedOptions, type AttachedTableOptions, type RelationName } from './attachedOptions.js';
import { textValue, typedColumn, type TypedColumn } from './attachedTypes.js';
import type { InspectedColumn, InspectedTable } from './inspectTables.js';

/** A table as it is read. */
export interface AttachedTable {
  readonly options: AttachedTableOptions;
  readonly definition: SourceTableDefinition;
  /** `"schema"."table"`. */
  readonly from: string;
  /** The value of each column in SQL, by the column's physical name. */
  readonly values: ReadonlyMap<string, string>;
  /** In SQL, with the names of the columns that it is made of. */
  readonly key: { readonly columns: readonly string[]; readonly sql: readonly string[]; readonly integer: boolean; /** Declared for a view: nothing holds the database to it. */ readonly declared: boolean };
}

export interface AttachedTables { readonly definition: SourceDefinition; readonly tables: ReadonlyMap<string, AttachedTable> }

/** The places of the chosen tables. @throws DureError SOURCE_INVALID */
export function relationNames(options: AttachedOptions): readonly RelationName[] {
  const mistakes: string[] = [];
  const names = options.tables.map(({ name }) => name);
  for (const name of new Set(names)) if (names.indexOf(name) !== names.lastIndexOf(name)) mistakes.push(`two tables are called ${name}`);
  const relations = options.tables.map(({ name, from }) => {
    const relation = parseRelationName(from);
    if (!relation) mistakes.push(`table ${name}: from is ${JSON.stringify(from)}: write schema.table`);
    else if (/^(pg_|information_schema$)/.test(relation.schema)) mistakes.push(`table ${name}: ${relation.schema} is PostgreSQL's own schema`);
    return relation ?? { schema: '', name: '' };
  });
  if (mistakes.length > 0) throw invalidTables(options.id, mistakes);
  return relations;
}

export function invalidTables(source: string, mistakes: readonly string[]): DureError {
  return new DureError('SOURCE_INVALID', `The tables of ${source} cannot be attached: ${mistakes.join('; ')}.`, { source, mistakes });
}

/** @throws DureError SOURCE_INVALID with every mistake */
export function describeTables(options: AttachedOptions, relations: readonly RelationName[], inspected: readonly (InspectedTable | undefined)[]): AttachedTables {
  const mistakes: string[] = [];
  const fields = giveNames(options.tables.map(({ name }) => ({ key: name, wanted: graphqlName(name) })), new Map());
  const described = options.tables.map((table, index): AttachedTable | undefined => {
    const found = inspected[index];
    const told = found ? describeTable(table, relations[index]!, found, fields.get(table.name)!) : [`there is no ${table.from} that the role may see`];
    if (!Array.isArray(told)) return told as AttachedTable;
    mistakes.push(...(told as readonly string[]).map((mistake) => `table ${table.name}: ${mistake}`));
    return undefined;
  });
  const linked = mistakes.length > 0 ? [] : withLinks(described as readonly AttachedTable[], inspected as readonly InspectedTable[], mistakes);
  if (mistakes.length > 0) throw invalidTables(options.id, mistakes);
  const { id, title, titleKo, description, dataset, homepage, licenses, citation, country } = options;
  return {
    definition: {
      id, kind: 'postgres', title, dataset, licenses, tables: linked.map(({ definition }) => definition),
      ...(titleKo === undefined ? {} : { titleKo }), ...(description === undefined ? {} : { description }), ...(homepage === undefined ? {} : { homepage }), ...(citation === undefined ? {} : { citation }), ...(country === undefined ? {} : { country }),
    },
    tables: new Map(linked.map((table) => [table.options.name, table])),
  };

  function describeTable(table: AttachedTableOptions, { schema, name }: RelationName, found: InspectedTable, field: string): AttachedTable | readonly string[] {
    const { omit = [], columns: declared = {} } = table;
    const known = new Map(found.columns.map((column) => [column.name, column]));
    const wrong = [...omit, ...Object.keys(declared), ...(table.key ?? [])].filter((column) => !known.has(column)).map((column) => `it has no column ${JSON.stringify(column)}`);
    const kept = found.columns.filter((column) => !omit.includes(column.name));
    if (kept.length === 0) wrong.push('no column is left');
    const typed = new Map(kept.flatMap((column): [string, TypedColumn][] => {
      const one = column.readable ? typed_(column, declared[column.name]?.kind) : 'may not be read by the role: grant select on it, or leave it out (omit)';
      if (typeof one !== 'string') return [[column.name, one]];
      wrong.push(`column ${JSON.stringify(column.name)} ${one}`);
      return [];
    }));
    const names = columnFields(kept.map((column) => column.name), declared, wrong);
    const key = table.key ?? found.primaryKey;
    if (key.length === 0) wrong.push('it has no primary key: declare a key of columns that are there and together unique in every row');
    if (wrong.length > 0) return wrong;
    const single = new Set([...(key.length === 1 ? key : []), ...found.uniqueKeys.filter((columns) => columns.length === 1).flat()]);
    const columns = kept.map((column): Column => {
      const { kind, item, values } = typed.get(column.name)!;
      const { title = titleOf(column.comment), unit, namespace } = declared[column.name] ?? {};
      return {
        name: column.name, field: names.get(column.name)!, physical: physicalName(column.name, kind, item), kind, facet: false, personKey: false, required: false, unique: single.has(column.name),
        ...(item === undefined ? {} : { item }), ...(values === undefined ? {} : { values }), ...(title === undefined ? {} : { title }), ...(unit === undefined ? {} : { unit }), ...(namespace === undefined ? {} : { namespace }),
      };
    });
    const title = table.title ?? titleOf(found.comment);
    return {
      options: table, from: `${identifier(schema)}.${identifier(name)}`,
      definition: {
        name: table.name, field, authority: false, columns, ...(key.every((column) => typed.has(column)) ? { primaryKey: key } : {}), ...(title === undefined ? {} : { title }), ...(table.description === undefined ? {} : { description: table.description }),
      },
      values: new Map(columns.map((column) => [column.physical, typed.get(column.name)!.value(identifier(column.name))])),
      key: { columns: key, sql: key.map(identifier), integer: key.length === 1 && ['int4', 'int8'].includes(known.get(key[0]!)!.type.name), declared: table.key !== undefined },
    };
  }

  function typed_(column: InspectedColumn, kind: 'text' | undefined): TypedColumn | string {
    return kind === 'text' ? { kind: 'text', value: textValue } : typedColumn(column.type, options.timeZone);
  }
}

/** The first line of a comment. */
function titleOf(comment: string | undefined): string | undefined {
  const line = comment?.split('\n')[0]!.replace(/[\p{Cc}\p{Cf}]/gu, '').trim().slice(0, 200);
  return line === '' ? undefined : line;
}

interface Tie { readonly columns: readonly string[]; readonly references: string; readonly referenced: readonly string[] }

/** Foreign keys between chosen tables, those that are declared first; both their ends get a field. */
function withLinks(tables: readonly AttachedTable[], inspected: readonly InspectedTable[], mistakes: string[]): readonly AttachedTable[] {
  const ties = new Map(tables.map((table, index) => [table.options.name, tiesOf(table, inspected[index]!, tables, inspected, mistakes)]));
  const names = new Map(tables.map((table) => [table.options.name, giveNames([
    ...table.definition.columns.map(({ name, field }) => ({ key: `column ${name}`, wanted: field })),
    ...ties.get(table.options.name)!.map((tie) => ({ key: forward(tie), wanted: foreignKeyField(tie.columns, fieldOf(tables, tie.references)) })),
    ...tables.flatMap((child) => ties.get(child.options.name)!.filter(({ references }) => references === table.options.name).map((tie) => ({ key: back(child, tie), wanted: child.definition.field }))),
  ], new Map(), (name, given) => given.has(name) || reservedColumnFields.has(name))]));
  return tables.map((table) => ({
    ...table,
    definition: {
      ...table.definition,
      foreignKeys: ties.get(table.options.name)!.map((tie) => ({
        columns: tie.columns, table: tie.references, referenced: tie.referenced, field: names.get(table.options.name)!.get(forward(tie))!, backField: names.get(tie.references)!.get(back(table, tie))!,
      })),
    },
  }));
}

function tiesOf(table: AttachedTable, found: InspectedTable, tables: readonly AttachedTable[], inspected: readonly InspectedTable[], mistakes: string[]): readonly Tie[] {
  const has = (one: AttachedTable, columns: readonly string[]): boolean => columns.every((name) => one.definition.columns.some((column) => column.name === name));
  const declared = (table.options.links ?? []).flatMap(({ columns, references, referenced }): Tie[] => {
    const far = tables.find(({ options }) => options.name === references);
    const there = referenced ?? far?.key.columns ?? [];
    const wrong = !far ? `there is no table ${references} in this source` : !has(table, columns) ? `it has not all of the columns ${columns.join(', ')}` : !has(far, there) ? `${references} has not all of the columns ${there.join(', ')}`
      : columns.length !== there.length ? `${columns.length} columns cannot lead to ${there.length}` : undefined;
    if (wrong !== undefined) mistakes.push(`table ${table.options.name}: a link to ${references}: ${wrong}`);
    return wrong === undefined ? [{ columns, references, referenced: there }] : [];
  });
  const own = found.foreignKeys.flatMap(({ columns, references, referenced }): Tie[] => {
    const far = tables[inspected.findIndex(({ oid }) => oid === references)];
    return far && has(table, columns) && has(far, referenced) ? [{ columns, references: far.options.name, referenced }] : [];
  });
  return [...new Map([...declared, ...own].map((tie) => [forward(tie), tie])).values()];
}

function fieldOf(tables: readonly AttachedTable[], name: string): string {
  return tables.find(({ options }) => options.name === name)!.definition.field;
}

const forward = (tie: Tie): string => `to ${JSON.stringify([tie.columns, tie.references, tie.referenced])}`;
const back = (child: AttachedTable, tie: Tie): string => `from ${JSON.stringify([child.options.name, tie.columns, tie.referenced])}`;

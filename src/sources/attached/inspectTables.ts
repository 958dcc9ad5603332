/** What pg_catalog says of the chosen tables: columns and types, keys, foreign keys, comments. Asks nothing of the rows. */
import type { RelationName } from './attachedOptions.js';
import type { CatalogType } from './attachedTypes.js';

export interface InspectedColumn {
  readonly name: string;
  readonly type: CatalogType;
  readonly comment?: string;
  readonly readable: boolean;
}

export interface InspectedTable {
  readonly oid: number;
  readonly comment?: string;
  readonly columns: readonly InspectedColumn[];
  /** Empty where there is none, as for views. */
  readonly primaryKey: readonly string[];
  /** Unique indexes over columns of which none can be null. */
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly { readonly columns: readonly string[]; readonly references: number; readonly referenced: readonly string[] }[];
}

export type Ask = (text: string, values: readonly unknown[]) => Promise<readonly (readonly unknown[])[]>;

const typeSql = `jsonb_build_object('name', case when bn.nspname = 'pg_catalog' then b.typname else bn.nspname || '.' || b.typname end, 'category', b.typcategory,
  'labels', (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = b.oid))`;

/** Domains may stand on domains. */
const inspectSql = `
  with recursive wanted as (select c.oid, w.n from unnest($1::text[], $2::text[]) with ordinality w(schema, name, n) join pg_namespace s on s.nspname = w.schema
      join pg_class c on c.relnamespace = s.oid and c.relname = w.name and c.relkind in ('r', 'v', 'm', 'f', 'p')),
    bases(oid, base) as (select oid, oid from pg_type union all select bases.oid, t.typbasetype from bases join pg_type t on t.oid = bases.base where t.typtype = 'd'),
    base as (select bases.oid, b.oid as base from bases join pg_type b on b.oid = bases.base where b.typtype <> 'd'),
    types as (select base.oid, ${typeSql} || case when b.typcategory = 'A' and b.typelem <> 0 then jsonb_build_object('item', (
      select ${typeSql} from base i join pg_type b on b.oid = i.base join pg_namespace bn on bn.oid = b.typnamespace where i.oid = outer_b.typelem)) else '{}' end as type
      from base join pg_type b on b.oid = base.base join pg_namespace bn on bn.oid = b.typnamespace join pg_type outer_b on outer_b.oid = base.base)
  select w.n::int, w.oid::int8::text, obj_description(w.oid, 'pg_class'),
    (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', types.type, 'comment', col_description(w.oid, a.attnum), 'readable', has_column_privilege(w.oid, a.attnum, 'select')) order by a.attnum), '[]')
      from pg_attribute a join types on types.oid = a.atttypid where a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped)::text,
    (select jsonb_agg(jsonb_build_object('primary', i.indisprimary, 'columns', (select jsonb_agg(a.attname order by k.n) from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(number, n) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number)) order by i.indexrelid)
      from pg_index i where i.indrelid = w.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        and not exists (select 1 from unnest(i.indkey[0:i.indnkeyatts - 1]) number join pg_attribute a on a.attrelid = i.indrelid and a.attnum = number where not a.attnotnull))::text,
    (select jsonb_agg(jsonb_build_object('references', f.confrelid::int8, 'columns', (select jsonb_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality k(number, n) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number),
        'referenced', (select jsonb_agg(a.attname order by k.n) from unnest(f.confkey) with ordinality k(number, n) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number)) order by f.oid)
      from pg_constraint f where f.conrelid = w.oid and f.contype = 'f')::text
  from wanted w order by w.n`;

/** In the order of the names; undefined where there is no such table or the role may not see its schema. */
export async function inspectTables(ask: Ask, relations: readonly RelationName[]): Promise<readonly (InspectedTable | undefined)[]> {
  const rows = await ask(inspectSql, [relations.map(({ schema }) => schema), relations.map(({ name }) => name)]);
  const found = new Map(rows.map(([number, oid, comment, columns, keys, foreign]): [number, InspectedTable] => {
    const unique = (JSON.parse((keys as string | null) ?? '[]') as { primary: boolean; columns: string[] }[]);
    return [Number(number), {
      oid: Number(oid), ...(comment === null ? {} : { comment: comment as string }),
      columns: (JSON.parse(columns as string) as (Omit<InspectedColumn, 'comment' | 'type'> & { comment: string | null; type: CatalogType & { labels: string[] | null } })[]).map(({ comment: text, type, ...column }) => ({ ...column, type: withoutNulls(type), ...(text === null ? {} : { comment: text }) })),
      primaryKey: unique.find(({ primary }) => primary)?.columns ?? [], uniqueKeys: unique.filter(({ primary }) => !primary).map((key) => key.columns),
      foreignKeys: JSON.parse((foreign as string | null) ?? '[]') as InspectedTable['foreignKeys'],
    }];
  }));
  return relations.map((_, index) => found.get(index + 1));
}

function withoutNulls({ name, category, labels, item }: CatalogType): CatalogType {
  return { name, category, ...(labels ? { labels } : {}), ...(item ? { item: withoutNulls(item) } : {}) };
}

/** Of the database's own collations the one whose lower case knows most scripts; of what it is and how it keeps texts. */
export async function inspectServer(ask: Ask, timeZone: string): Promise<{ readonly version: number; readonly encoding: string; readonly lowerCollation: string; readonly knowsZone: boolean }> {
  const [row] = await ask(`select current_setting('server_version_num')::int, pg_encoding_to_char(encoding), (select 'pg_catalog.' || quote_ident(collname) from pg_collation
      where collnamespace = 'pg_catalog'::regnamespace and collname in ('pg_c_utf8', 'und-x-icu', 'C') order by array_position(array['pg_c_utf8', 'und-x-icu', 'C'], collname::text) limit 1),
    exists (select 1 from pg_timezone_names where name = $1) from pg_database where datname = current_database()`, [timeZone]);
  const [version, encoding, lowerCollation, knowsZone] = row as [number, string, string, boolean];
  return { version, encoding, lowerCollation, knowsZone };
}

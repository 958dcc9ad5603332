/**
 * PostgreSQL without functions of ours: nothing is made in a partner's database, so what schema `dure` does elsewhere is written in full.
 * Intervals are ISO 8601 by the session's `intervalstyle`.
 */
import type { Column } from '../../catalog/model.js';
import type { TextMatch } from '../../plan/predicate.js';
import { gaps, runs } from '../duckdb/searchFold.js';
import type { Dialect } from '../sql/dialect.js';
import { postgresDialectWith } from '../sql/postgresDialect.js';
import { postgresFilters } from '../sql/postgresFilters.js';

/** As a regular expression of PostgreSQL writes them: `\u{20000}` is `\U00020000` there. */
const [scripts, parting] = [runs, gaps].map((text) => text.replace(/\\u\{(\w+)\}/g, (_match, hex: string) => `\\U${hex.padStart(8, '0')}`)) as [string, string];

/** @param lowerCollation of the database's own collations the one whose lower case knows most scripts, quoted */
export function attachedDialect(lowerCollation: string, tableOf: NonNullable<Dialect['tableOf']>): Dialect {
  const lower = (sql: string): string => `pg_catalog.lower((${sql}) collate ${lowerCollation})`;
  return {
    ...postgresDialectWith({
      isoDuration: (sql) => `(${sql})::text`,
      match: (match: TextMatch, sql, parameter) => (match === 'ilike' ? `(${lower(sql)} like ${lower(parameter)})` : postgresFilters.match(match, sql, parameter)),
      search: (column, sql, terms) => searchSql(column, sql, terms, lower),
    }),
    tableOf,
    // The partner's indexes are by the database's collation, not by code point. Which texts are equal is the same in both.
    equatable: (kind, sql) => (kind === 'text' || kind === 'enum' ? `(${sql}) collate "default"` : sql),
  };
}

type Fold = (sql: string) => string;

/** The text of migration 0004's search_fold. `sql` names a value: it stands here several times. */
function fold(sql: string, lower: Fold): string {
  const plain = `normalize(regexp_replace(normalize(${sql}, NFKD), '[\\u0300-\\u036f]+', '', 'g'), NFKC)`;
  const words = `regexp_replace(replace(replace(${lower(plain)}, 'ß', 'ss'), 'ς', 'σ'), '([${scripts}]+)', ' \\1 ', 'g')`;
  return `' ' || btrim(regexp_replace(case when octet_length(${sql}) > length(${sql}) then ${words} else ${lower(sql)} end, '[${parting}]+', ' ', 'g')) || ' '`;
}

function searchSql(column: Pick<Column, 'kind'>, sql: string, terms: string, lower: Fold): string {
  const folded = column.kind === 'list'
    ? `select coalesce(string_agg(${fold('u.i', lower)}, E'\\n' order by u.n), '') from unnest(${sql}) with ordinality u(i, n)`
    : `select ${fold('v.i', lower)} from (select ${sql}) v(i)`;
  const holds = `(position(substr(d.needle, 2) in f.folded) > 0) = (left(d.needle, 1) = '+')`;
  return `(case when ${sql} is not null then (select coalesce(bool_and(${holds}), true) from (${folded}) f(folded), unnest((${needles(terms, lower)})) d(needle)) end)`;
}

/** Made once a statement: nothing in it depends on the row. */
function needles(terms: string, lower: Fold): string {
  const words = `select left(t.term, 1) as sign, right(t.term, 1) = '*' as begun, ${fold('t.rest', lower)} as needle from (select term, substr(term, 2) as rest from unnest(${terms}) term) t`;
  const ended = `case when w.begun or w.needle ~ '[${scripts}] $' then rtrim(w.needle) else w.needle end`;
  const trimmed = `case when e.needle ~ '^ [${scripts}]' then ltrim(e.needle) else e.needle end`;
  return `select coalesce(array_agg(e.sign || ${trimmed}), '{}') from (select w.sign, ${ended} as needle from (${words}) w where btrim(w.needle) <> '') e`;
}

/** Filters as DuckDB writes them. What it has no equal of to PostgreSQL's is done by functions of our own (`dure_…`, functions.ts). */
import type { DatePart } from '../../plan/dateParts.js';
import type { TextMatch } from '../../plan/predicate.js';
import type { FilterDialect } from '../sql/dialect.js';

const fields: Record<DatePart, string> = {
  year: 'year', quarter: 'quarter', month: 'month', week: 'week', day: 'day', dayOfWeek: 'isodow', dayOfYear: 'doy', hour: 'hour', minute: 'minute', second: 'second',
};

export const duckdbFilters: FilterDialect = {
  match: matchSql,
  // A null in the list that is asked for is contained in nothing.
  listTest: (test, sql, parameter) => (test === 'overlaps' ? `list_has_any(${sql}, ${parameter})` : `(list_has_all(${sql}, ${parameter}) and list_count(${parameter}) = len(${parameter}))`),
  jsonTest: (test, sql, parameter) => `${test === 'containsJson' ? 'dure_json_contains' : 'dure_json_has_key'}((${sql})::varchar, ${parameter})`,
  jsonAt: (sql, path) => `dure_json_at((${sql})::varchar, ${path})`,
  jsonAtText: (found) => `dure_json_string(${found})`,
  jsonAtOrder: (found, operator, other) => `(dure_json_order(${found}, ${other}) ${operator} 0)`,
  datePart: (part, _column, sql) => `extract(${fields[part]} from ${sql})`,
  search: (column, sql, terms) => `dure_search_holds(${column.kind === 'list' ? `array_to_string(list_transform(${sql}, lambda i: dure_search_fold(i)), chr(10))` : `dure_search_fold(${sql})`}, ${terms})`,
};

function matchSql(match: TextMatch, sql: string, parameter: string): string {
  switch (match) {
    case 'startsWith': return `starts_with(${sql}, ${parameter})`;
    case 'endsWith': return `ends_with(${sql}, ${parameter})`;
    case 'contains': return `contains(${sql}, ${parameter})`;
    case 'like': return `(${sql} like ${parameter} escape '\\')`;
    case 'ilike': return `(lower(${sql}) like lower(${parameter}) escape '\\')`;
  }
}

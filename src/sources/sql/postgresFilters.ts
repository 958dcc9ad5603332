/** Filters as PostgreSQL writes them; full text by the functions of migration 0004. */
import type { DatePart } from '../../plan/dateParts.js';
import type { TextMatch } from '../../plan/predicate.js';
import type { FilterDialect } from './dialect.js';

const fields: Record<DatePart, string> = {
  year: 'year', quarter: 'quarter', month: 'month', week: 'week', day: 'day', dayOfWeek: 'isodow', dayOfYear: 'doy', hour: 'hour', minute: 'minute', second: 'second',
};

export const postgresFilters: FilterDialect = {
  match: matchSql,
  listTest: (test, sql, parameter) => `${sql} ${test === 'overlaps' ? '&&' : '@>'} ${parameter}`,
  jsonTest: (test, sql, parameter) => `(${sql} ${test === 'containsJson' ? '@>' : '?'} ${parameter})`,
  insideBox: (sql, west, south, east, north) => `${sql} <@ box(point(${west}, ${south}), point(${east}, ${north}))`,
  jsonAt: (sql, path) => `nullif(${sql} #> ${path}, 'null'::jsonb)`,
  jsonAtText: (found) => `(case when jsonb_typeof(${found}) = 'string' then (${found} #>> '{}') collate "C" end)`,
  jsonAtOrder: (found, operator, other) => `(case when jsonb_typeof(${found}) <> jsonb_typeof(${other}) then null when jsonb_typeof(${other}) = 'number' then ${found} ${operator} ${other} `
    + `when jsonb_typeof(${other}) = 'string' then (${found} #>> '{}') collate "C" ${operator} (${other} #>> '{}') end)`,
  datePart(part, column, sql) {
    const extracted = `extract(${fields[part]} from ${column.kind === 'datetime' ? `${sql} at time zone 'UTC'` : sql})`;
    return part === 'second' ? `floor(${extracted})` : extracted;
  },
  // The index finds candidates (the planner sees the question itself, so that it can estimate it), the folded text decides. The needles of
  // that second test stand in a sub-select: they are made once, not once a row.
  search(column, sql, terms) {
    const needles = `dure.search_needles(${terms})`;
    const decides = `dure.search_holds(dure.search_fold(${sql}), (select ${needles}))`;
    return column.fullText === true ? `(dure.search_vector(${sql}) @@ dure.search_query(${needles}) and ${decides})` : `(${decides})`;
  },
};

function matchSql(match: TextMatch, sql: string, parameter: string): string {
  switch (match) {
    case 'startsWith': return `starts_with(${sql}, ${parameter})`;
    case 'endsWith': return `(right(${sql}, length(${parameter})) = ${parameter})`;
    case 'contains': return `(position(${parameter} in ${sql}) > 0)`;
    case 'like': return `(${sql} like ${parameter})`;
    case 'ilike': return `(dure.lower(${sql}) like dure.lower(${parameter}))`;
  }
}

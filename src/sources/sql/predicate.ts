/** Predicates as SQL. Every operator here is total: it cannot raise an error, whatever the row holds. */
import type { Column } from '../../catalog/model.js';
import type { Link, TableAt } from '../../plan/link.js';
import type { Bindings, Predicate, RelatedPredicate } from '../../plan/predicate.js';
import { encode, encodeList, sqlType } from './codec.js';
import { datePartSql } from './datePart.js';
import { boxesOfBox, boxesOfCircle, type Box } from './geoBox.js';
import { jsonPathSql } from './jsonPath.js';
import { jsonText } from './jsonText.js';
import { comparisonOperators } from './operators.js';
import { matchPattern } from './pattern.js';
import { searchSql } from './search.js';
import type { Dialect } from './dialect.js';
import type { StatementWriter } from './statement.js';

export interface PredicateContext {
  readonly writer: StatementWriter;
  /** The expression of a column in the row at hand. */
  readonly column: (column: Column) => string;
  /** The row number of the row at hand. */
  readonly rowNumber: string;
  /** `from` text of a readable relation under an alias, the condition under which it is open at all, and how its columns are named. */
  /** For a condition on rows of another source: reads the values here that satisfy it. */
  readonly foreign?: (predicate: RelatedPredicate) => ((bindings: Bindings) => readonly unknown[]) | undefined;
  /** Instead of `related`, where a condition on rows of another table is a join: says of a row whether it was met. */
  readonly joined?: (predicate: RelatedPredicate) => string;
  readonly related: (at: TableAt) => { readonly from: string; readonly released?: string; readonly context: PredicateContext };
}

export function predicateSql(predicate: Predicate, context: PredicateContext): string {
  if (predicate.op === 'search' || predicate.op === 'datePart' || predicate.op === 'structured') context.writer.planForValues();
  switch (predicate.op) {
    case 'constant': return predicate.value ? 'true' : 'false';
    case 'and': case 'or': return `(${predicate.of.map((p) => predicateSql(p, context)).join(` ${predicate.op} `)})`;
    case 'not': return `(not ${predicateSql(predicate.of, context)})`;
    case 'isNull': return `(${context.column(predicate.column)} is ${predicate.value ? '' : 'not '}null)`;
    case 'compare': {
      const { column, value } = predicate;
      if (predicate.comparison !== 'eq' && predicate.comparison !== 'ne') context.writer.planForValues();
      const parameter = context.writer.parameter((b) => encode(column.kind, value.read(b)), sqlType(column.kind));
      const equal = predicate.comparison === 'eq' || predicate.comparison === 'ne';
      const sql = context.column(column);
      return `(${equal ? equatable(column.kind, sql, context.writer.dialect) : sql} ${comparisonOperators[predicate.comparison]} ${parameter})`;
    }
    case 'in': {
      const { column, values } = predicate;
      const parameter = context.writer.parameter((b) => encodeList(column.kind, values.read(b)), `${sqlType(column.kind)}[]`);
      const { dialect } = context.writer;
      return `(${dialect.comparable(sqlType(column.kind), equatable(column.kind, context.column(column), dialect))} = any(${parameter}))`;
    }
    case 'match': return context.writer.dialect.match(predicate.match, context.column(predicate.column), context.writer.parameter((b) => matchPattern(predicate.match, encode('text', predicate.value.read(b))), 'text'));
    case 'search': return searchSql(predicate, context.column(predicate.column), context.writer);
    case 'datePart': return datePartSql(predicate, context.column(predicate.column), context.writer);
    case 'jsonPath': return jsonPathSql(predicate, context.column(predicate.column), context.writer);
    case 'structured': return structuredSql(predicate, context);
    case 'rowNumber': return `(${context.rowNumber} = ${context.writer.parameter((b) => encode('int64', predicate.value.read(b)), 'int8')})`;
    case 'related': {
      const keys = context.foreign?.(predicate);
      if (keys) return foreignSql(predicate, keys, context);
      if (context.joined) return context.joined(predicate);
      const { from, released, context: far } = context.related(predicate.link.target);
      const tie = [linkSql(predicate.link, context.column, far.column, context.writer.dialect), ...(released === undefined ? [] : [released])].join(' and ');
      const where = predicateSql(predicate.where, far);
      if (predicate.quantifier === 'some') return `exists (select 1 from ${from} where ${tie} and ${where})`;
      if (predicate.quantifier === 'none') return `not exists (select 1 from ${from} where ${tie} and ${where})`;
      // A row for which the condition is unknown does not satisfy it, so it is a counterexample.
      return `not exists (select 1 from ${from} where ${tie} and (${where}) is not true)`;
    }
  }
}

/** The rows elsewhere were asked before: here stands the list of values that lead to such a row. */
function foreignSql({ link, quantifier }: RelatedPredicate, read: (bindings: Bindings) => readonly unknown[], { writer, column }: PredicateContext): string {
  const { here } = link.on[0]!;
  const kind = here.kind === 'list' ? here.item! : here.kind;
  const values = writer.parameter((b) => encodeList(kind, read(b)), `${sqlType(kind)}[]`);
  const some = here.kind === 'list' ? `(${writer.dialect.listTest('overlaps', column(here), values)})` : `(${equatable(here.kind, column(here), writer.dialect)} = any(${values}))`;
  // Null means no such row, not that it is unknown; said so that an index can still be used.
  return quantifier === 'some' ? `(${column(here)} is not null and ${some})` : `(${column(here)} is null or not ${some})`;
}

function equatable(kind: Column['kind'], sql: string, dialect: Dialect): string {
  return dialect.equatable?.(kind, sql) ?? sql;
}

/** The condition that ties two rows together by a link. */
export function linkSql(link: Link, here: (column: Column) => string, there: (column: Column) => string, dialect: Dialect): string {
  return link.on.map((pair) => pairSql(pair, here(pair.here), there(pair.there), dialect)).join(' and ');
}

/** Equal values; of a list, one of them. Identifiers of one namespace may be text here and a number there: then their texts are compared. */
function pairSql({ here, there }: Link['on'][number], hereSql: string, thereSql: string, dialect: Dialect): string {
  const kinds = [here, there].map((column) => sqlType(column.kind === 'list' ? column.item! : column.kind));
  const alike = (sql: string, column: Column): string => (kinds[0] === kinds[1] ? sql : `${sql}::text${column.kind === 'list' ? '[]' : ''}`);
  const [a, b] = [alike(hereSql, here), alike(thereSql, there)].map((sql) => (here.kind === 'list' || there.kind === 'list' ? sql : equatable(kinds[0] === kinds[1] ? here.kind : 'text', sql, dialect))) as [string, string];
  if (there.kind !== 'list') return here.kind === 'list' ? `${b} = any(${a})` : `${b} = ${a}`;
  return here.kind === 'list' ? dialect.listTest('overlaps', b, a) : dialect.listTest('containsAll', b, `array[${a}]`);
}

type Structured = Extract<Predicate, { op: 'structured' }>;

function structuredSql({ column, test, value }: Structured, { writer, column: columnSql }: PredicateContext): string {
  const sql = columnSql(column);
  const [longitudeSql, latitudeSql] = [writer.dialect.point('longitude', sql), writer.dialect.point('latitude', sql)];
  const part = (name: string, least: number, most: number): string => writer.parameter((b) => {
    const found = (value.read(b) as Record<string, unknown> | null)?.[name];
    return typeof found === 'number' && found >= least && found <= most ? String(found) : null;
  }, 'float8');
  // Of a facet an index finds the points near by; the exact test is asked only of these.
  const inside = (boxes: (value: unknown) => readonly [Box, Box] | undefined): string => {
    const { insideBox } = writer.dialect;
    if (!column.facet || insideBox === undefined) return '';
    const edge = (box: 0 | 1, side: 0 | 1 | 2 | 3): string => writer.parameter((b) => boxes(value.read(b))?.[box][side] ?? null, 'float8');
    const one = (box: 0 | 1): string => insideBox(sql, edge(box, 0), edge(box, 1), edge(box, 2), edge(box, 3));
    return `(${one(0)} or ${one(1)}) and `;
  };
  switch (test) {
    case 'containsAll': case 'overlaps': {
      const kind = column.item ?? 'text';
      return `(${writer.dialect.listTest(test, writer.dialect.comparable(`${sqlType(kind)}[]`, sql), writer.parameter((b) => encodeList(kind, value.read(b)), `${sqlType(kind)}[]`))})`;
    }
    case 'containsJson': return writer.dialect.jsonTest(test, sql, writer.parameter((b) => jsonText(value.read(b)), 'jsonb'));
    case 'hasKey': return writer.dialect.jsonTest(test, sql, writer.parameter((b) => encode('text', value.read(b)), 'text'));
    case 'near': {
      const longitude = part('longitude', -180, 180);
      const latitude = part('latitude', -90, 90);
      // The haversine formula on the mean Earth radius (IUGG, 6371.0088 km); least and greatest keep rounding within the domain of asin.
      // Less than a micrometre is none: PostgreSQL raises an error for products too small for a double.
      const angle = (degrees: string): string => `radians(case when abs(${degrees}) < 1e-12 then 0 else ${degrees} end)`;
      const half = (degrees: string): string => `power(sin(${angle(degrees)} / 2), 2)`;
      const square = `${half(`(${latitudeSql} - ${latitude})`)} + cos(${angle(latitude)}) * cos(${angle(latitudeSql)}) * ${half(`(${longitudeSql} - ${longitude})`)}`;
      return `(${inside(boxesOfCircle)}2 * 6371.0088 * asin(sqrt(greatest(0, least(1, ${square})))) <= ${part('kilometres', 0, 1e6)})`;
    }
    case 'inBox': {
      const west = part('west', -180, 180);
      const east = part('east', -180, 180);
      const across = `case when ${west} <= ${east} then ${longitudeSql} between ${west} and ${east} else ${longitudeSql} >= ${west} or ${longitudeSql} <= ${east} end`;
      return `(${inside(boxesOfBox)}${across} and ${latitudeSql} between ${part('south', -90, 90)} and ${part('north', -90, 90)})`;
    }
  }
}

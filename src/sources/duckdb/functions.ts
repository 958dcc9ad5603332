/** What DuckDB lacks: how PostgreSQL writes floats and durations, its tests of JSON, its full text. Made anew in every database. */
import { BOOLEAN, DuckDBScalarFunction, INTEGER, LIST, VARCHAR, type DuckDBConnection, type DuckDBListValue, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { decimalText, parseDecimal, step } from '../decimal.js';
import { hasKey, jsonAt, jsonContains, jsonOrder, jsonString } from './jsonTests.js';
import { searchFold, searchHolds } from './searchFold.js';

/** Shortest digits that read back as the same float; an exponent below 1e-4 and from 1e15. DuckDB's begins at 1e16, and it writes `.0` after whole numbers. */
const float = `case when isnan(x) then 'NaN' when isinf(x) then case when x > 0 then 'Infinity' else '-Infinity' end
  when abs(x) >= 1e15 and abs(x) < 1e16 then regexp_replace(regexp_replace(replace(x::varchar, '.', ''), '^(-?[0-9])([0-9]*?)0*$', '\\1.\\2e+15'), '\\.e', 'e')
  else regexp_replace(x::varchar, '\\.0$', '') end`;

/** As PostgreSQL's intervalstyle iso_8601: the sign of a part stands with the part, years and months share one, and so do the parts of the time. */
const duration = `concat('P', part(y, 'Y'), part(m, 'M'), part(d, 'D'), case when us <> 0 or (y = 0 and m = 0 and d = 0) then concat('T', part(h, 'H'), part(mi, 'M'),
  case when s <> 0 or us = 0 and y = 0 and m = 0 and d = 0 then concat(case when s < 0 then '-' else '' end, (abs(s) // 1000000)::varchar,
    case when abs(s) % 1000000 <> 0 then rtrim('.' || lpad((abs(s) % 1000000)::varchar, 6, '0'), '0') else '' end, 'S') else '' end) else '' end)`;
const durationParts: Readonly<Record<string, string>> = {
  us: `(datepart('hour', x) * 3600000000 + datepart('minute', x) * 60000000 + datepart('microseconds', x))`,
  mi: `datepart('minute', x)`, h: `datepart('hour', x)`, y: `datepart('year', x)`, m: `datepart('month', x)`, d: `datepart('day', x)`, s: `datepart('microseconds', x)`,
};

const macros = [
  `create macro dure_float(x) as ${float}`,
  `create macro dure_json_float(x) as case when isfinite(x) then dure_float(x) else '"' || dure_float(x) || '"' end`,
  `create macro dure_finite(x) as case when isinf(x) then error('figure out of range') else x end`,
  // As percentile_cont interpolates; `l` is sorted.
  `create macro dure_percentile(l, p) as l[floor(p * (len(l) - 1))::bigint + 1] + (p * (len(l) - 1) - floor(p * (len(l) - 1))) * (l[ceil(p * (len(l) - 1))::bigint + 1] - l[floor(p * (len(l) - 1))::bigint + 1])`,
  `create macro dure_part(x, unit) as case when x = 0 then '' else x::varchar || unit end`,
  `create macro dure_iso_duration(x) as case when x is null then null else ${expand(duration)} end`,
];

function expand(text: string): string {
  return text.replace(/\bpart\(/g, 'dure_part(').replace(/\b(us|mi|[ymdhs])\b(?!')/g, (name) => durationParts[name] ?? name);
}

/** @throws where the connection's database is locked already */
export async function defineFunctions(connection: DuckDBConnection): Promise<void> {
  for (const macro of macros) await connection.run(macro);
  for (const made of functions()) connection.registerScalarFunction(made);
}

/** They run in this process, a batch of rows at a time; where an argument is null, so is the result. */
function functions(): readonly DuckDBScalarFunction[] {
  const texts = LIST(VARCHAR);
  return [
    scalar('dure_json_contains', [VARCHAR, VARCHAR], BOOLEAN, ([value, asked]) => jsonContains(value as string, asked as string)),
    scalar('dure_json_has_key', [VARCHAR, VARCHAR], BOOLEAN, ([value, key]) => hasKey(value as string, key as string)),
    scalar('dure_json_at', [VARCHAR, texts], VARCHAR, ([value, path]) => jsonAt(value as string, items(path))),
    scalar('dure_json_string', [VARCHAR], VARCHAR, ([found]) => jsonString(found as string)),
    scalar('dure_json_order', [VARCHAR, VARCHAR], INTEGER, ([found, other]) => jsonOrder(found as string, other as string)),
    scalar('dure_search_fold', [VARCHAR], VARCHAR, ([value]) => searchFold(value as string)),
    scalar('dure_search_holds', [VARCHAR, texts], BOOLEAN, ([folded, terms]) => searchHolds(folded as string, items(terms))),
    scalar('dure_step', [VARCHAR, VARCHAR, VARCHAR], VARCHAR, ([how, value, width]) => stepped(how as 'round', value as string, width as string)),
  ];
}

/** Floats count by their first fifteen digits, as where PostgreSQL makes numeric of them. */
function stepped(how: 'round' | 'bin' | 'middle', value: string, width: string): string | null {
  const short = /[.eE]/.test(value) && value.replace(/[^0-9]/g, '').length > 15 ? Number(value).toPrecision(15) : value;
  const [amount, unit] = [parseDecimal(short), parseDecimal(width)];
  return amount && unit ? decimalText(step(how, amount, unit)) : null;
}

function items(value: DuckDBValue | undefined): readonly (string | null)[] {
  return (value as DuckDBListValue).items as readonly (string | null)[];
}

function scalar(name: string, parameterTypes: readonly DuckDBType[], returnType: DuckDBType, reckon: (values: readonly DuckDBValue[]) => DuckDBValue): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name, parameterTypes, returnType,
    mainFunction(_info, chunk, output) {
      const columns = parameterTypes.map((_, index) => chunk.getColumnVector(index));
      for (let row = 0; row < chunk.rowCount; row += 1) {
        const values = columns.map((column) => column.getItem(row));
        output.setItem(row, values.includes(null) ? null : reckon(values));
      }
      output.flush();
    },
  });
}

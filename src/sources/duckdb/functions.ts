/** What DuckDB lacks: how PostgreSQL writes floats and durations, and its tests of JSON. Made anew in every database. */
import { BOOLEAN, DuckDBScalarFunction, VARCHAR, type DuckDBConnection, type DuckDBDataChunk, type DuckDBVector } from '@duckdb/node-api';
import { hasKey, jsonContains } from './jsonTests.js';

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
  `create macro dure_part(x, unit) as case when x = 0 then '' else x::varchar || unit end`,
  `create macro dure_iso_duration(x) as case when x is null then null else ${expand(duration)} end`,
];

function expand(text: string): string {
  return text.replace(/\bpart\(/g, 'dure_part(').replace(/\b(us|mi|[ymdhs])\b(?!')/g, (name) => durationParts[name] ?? name);
}

/** @throws where the connection's database is locked already */
export async function defineFunctions(connection: DuckDBConnection): Promise<void> {
  for (const macro of macros) await connection.run(macro);
  connection.registerScalarFunction(test('dure_json_contains', jsonContains));
  connection.registerScalarFunction(test('dure_json_has_key', hasKey));
}

function test(name: string, judge: (value: string, asked: string) => boolean): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name, parameterTypes: [VARCHAR, VARCHAR], returnType: BOOLEAN,
    mainFunction(_info, chunk: DuckDBDataChunk, output: DuckDBVector) {
      const values = chunk.getColumnVector(0);
      const asked = chunk.getColumnVector(1);
      for (let row = 0; row < chunk.rowCount; row += 1) output.setItem(row, judge(values.getItem(row) as string, asked.getItem(row) as string));
      output.flush();
    },
  });
}

/** Transformed cells. Steps are reckoned in exact decimals by `dure_step`, as PostgreSQL does in numeric. */
import type { TransformDialect } from '../sql/dialect.js';

export const duckdbTransforms: TransformDialect = {
  step(how, kind, step, sql) {
    const stepped = `dure_step('${how}', (${sql})::varchar, '${stepText(step)}')`;
    switch (kind) {
      case 'int32': return bounded(sql, stepped, '-2147483648', '2147483647', 'integer');
      case 'int64': return bounded(sql, stepped, '-9223372036854775808', '9223372036854775807', 'bigint');
      case 'decimal': return `try_cast(${stepped} as decimal(38, ${fractionDigits(step)}))`;
      default: return `case when ${sql} > -1e300 and ${sql} < 1e300 then try_cast(${stepped} as double) end`;
    }
  },
  period: (kind, period, sql) => `date_trunc('${period}', ${sql})${kind === 'date' ? '::date' : ''}`,
  place(degrees, sql) {
    const middle = (part: string, most: number): string => `greatest(-${most}, least(${most}, try_cast(dure_step('middle', (${sql}).${part}::varchar, '${stepText(degrees)}') as double)))`;
    return `case when (${sql}).longitude between -180 and 180 and (${sql}).latitude between -90 and 90 then struct_pack(longitude := ${middle('longitude', 180)}, latitude := ${middle('latitude', 90)}) end`;
  },
};

/** Least and greatest pass over nulls, so these are told first. */
function bounded(sql: string, stepped: string, low: string, high: string, type: string): string {
  return `case when ${sql} is not null then least(greatest(try_cast(${stepped} as hugeint), ${low}), ${high})::${type} end`;
}

/** A number of a rule: it was checked to be finite, and is written by us. */
function stepText(step: number): string {
  if (!Number.isFinite(step) || step <= 0) throw new Error('a step is a number above 0');
  return String(step);
}

/** Digits after the point of a step; the products of whole numbers with it have no more. */
function fractionDigits(step: number): number {
  const [, fraction = '', exponent = '0'] = /^\d+(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(stepText(step)) ?? [];
  return Math.min(30, Math.max(0, fraction.length - Number(exponent)));
}

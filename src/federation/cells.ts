/** What is read instead of a cell that came from elsewhere: the same values as SQL makes of a column under the same rule. */
import type { Column } from '../catalog/model.js';
import type { ColumnAccess } from '../policy/relation.js';
import { decimalText, parseDecimal, step } from '../sources/decimal.js';

/** A transform that is not known here shows nothing; hashes are only made where rows are kept. */
export function cellOf(access: ColumnAccess, column: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (access.kind) {
    case 'plain': return value;
    case 'mask': return typeof value === 'string' ? masked(access, value) : null;
    case 'round': case 'bin': return stepped(access.kind, access.step, column, value);
    case 'generalise': return beginning(access.to, column, value);
    default: return null;
  }
}

function masked({ keepStart, keepEnd, with: cover }: Extract<ColumnAccess, { kind: 'mask' }>, value: string): string {
  const characters = [...value];
  if (characters.length <= keepStart + keepEnd) return cover;
  return `${characters.slice(0, keepStart).join('')}${cover}${keepEnd > 0 ? characters.slice(-keepEnd).join('') : ''}`;
}

const bounds: Readonly<Record<string, readonly [bigint, bigint]>> = { int32: [-2147483648n, 2147483647n], int64: [-9223372036854775808n, 9223372036854775807n] };

function stepped(how: 'round' | 'bin', width: number, column: Column, value: unknown): unknown {
  const [amount, unit] = [parseDecimal(String(value)), parseDecimal(String(width))];
  if (!amount || !unit || unit.digits <= 0n) return null;
  const text = decimalText(step(how, amount, unit));
  const limits = bounds[column.kind];
  if (limits) {
    const whole = BigInt(text.split('.')[0]!);
    const kept = whole < limits[0] ? limits[0] : whole > limits[1] ? limits[1] : whole;
    return column.kind === 'int32' ? Number(kept) : String(kept);
  }
  if (column.kind === 'float') return Number.isFinite(Number(text)) ? Number(text) : null;
  return column.kind === 'decimal' ? text : null;
}

/** The first day of the period, in UTC. */
function beginning(to: 'month' | 'quarter' | 'year', column: Column, value: unknown): string | null {
  const match = /^(\d{4})-(\d{2})-\d{2}/.exec(String(value));
  if (!match || (column.kind !== 'date' && column.kind !== 'datetime')) return null;
  const month = to === 'year' ? 1 : to === 'quarter' ? Math.floor((Number(match[2]) - 1) / 3) * 3 + 1 : Number(match[2]);
  const day = `${match[1]}-${String(month).padStart(2, '0')}-01`;
  return column.kind === 'date' ? day : `${day}T00:00:00.000Z`;
}

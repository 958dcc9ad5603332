/** Several rules on one column become one transform: what shows least wins. */
import { datePeriods, type Rule, type Transform } from './rule.js';

export interface ColumnRestriction {
  readonly rule: string;
  readonly transform: Transform;
  readonly reason: string;
}

export type ColumnsRule = Extract<Rule, { effect: 'columns' }>;

export function restrict(columns: Map<string, ColumnRestriction>, column: string, rule: ColumnsRule): void {
  const next: ColumnRestriction = { rule: rule.id, transform: rule.transform, reason: rule.reason ?? reasons[rule.transform.kind] };
  const held = columns.get(column);
  if (!held) {
    columns.set(column, next);
    return;
  }
  const composed = compose(held.transform, next.transform);
  if (composed === held.transform) return;
  columns.set(column, composed === next.transform ? next : { ...held, transform: composed });
}

/**
 * `deny` wins over `null`, `null` over all others. Of two periods the longer one. Any other two that differ would together show more
 * than either (two masks cover different parts, two bins cut each other), so the column becomes null. Commutative and associative.
 */
export function compose(a: Transform, b: Transform): Transform {
  if (a.kind === 'deny' || b.kind === 'deny') return a.kind === 'deny' ? a : b;
  if (a.kind === 'null' || b.kind === 'null') return a.kind === 'null' ? a : b;
  if (a.kind === 'generalise' && b.kind === 'generalise') return datePeriods.indexOf(a.to) >= datePeriods.indexOf(b.to) ? a : b;
  return signature(a) === signature(b) ? a : { kind: 'null' };
}

function signature(transform: Transform): string {
  return JSON.stringify(Object.entries(transform).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const reasons: Record<Transform['kind'], string> = {
  deny: 'The dataset\'s rules withhold this column.',
  null: 'The dataset\'s rules withhold this column.',
  mask: 'The dataset\'s rules cover a part of this column.',
  hash: 'The dataset\'s rules show a pseudonym instead of this column.',
  round: 'The dataset\'s rules round this column.',
  bin: 'The dataset\'s rules show this column in steps.',
  generalise: 'The dataset\'s rules show only the period of this column.',
  place: 'The dataset\'s rules show this place coarsely.',
};

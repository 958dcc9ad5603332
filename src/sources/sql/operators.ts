import type { Comparison } from '../../plan/predicate.js';

export const comparisonOperators: Readonly<Record<Comparison, string>> = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' };

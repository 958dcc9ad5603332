/** Rows of sources elsewhere, and what leaves for them. */
import type { Point } from '../point.js';

const level = 'federation/remoteLevel.js';
const federated = 'federation/federatedSource.js';

export const elsewherePoints: readonly Point[] = [
  { point: 'rows of a source elsewhere', file: 'federation/remoteRows.js', from: 'if (!all && evaluate(rows, row, bindings) !== true)', to: 'if (false)', tests: 'leaks/13' },
  { point: 'a hidden record of a source is told like a missing one', file: 'federation/remoteLevel.js', from: 'if (!seen)\n                unknown.push(id);', to: 'if (!seen)\n                continue;', tests: 'leaks/13' },
  { point: 'counts of a source elsewhere', file: 'federation/remoteLevel.js', from: 'const counted = kept.length === 0 && !hides ? total : undefined;', to: 'const counted = total;', tests: 'leaks/05|federation/federation' },
  { point: 'cells of a source elsewhere', file: 'federation/remoteRows.js', from: "const whole = cells.every((cell) => cell.access.kind === 'plain');", to: 'const whole = true;', tests: 'leaks/05' },
  { point: 'withheld columns are not asked of a source', file: 'federation/remoteRows.js', from: "item.kind === 'column' && relation.access(item.column).kind !== 'withheld'", to: "item.kind === 'column'", tests: 'federation/rulesElsewhere' },
  { point: 'conditions on transformed columns are checked on what is read', file: level, from: "every(plain) : relation.access(filter.column).kind === 'plain');", to: 'every(plain) : true);', tests: 'federation/rulesElsewhere' },
  { point: 'a source orders by no transformed column', file: level, from: "&& order.every((term) => relation.access(term.column).kind === 'plain')", to: '', tests: 'federation/rulesElsewhere' },
  { point: 'records are not found by a key that is read as something else', file: level, from: "if (!column || plan.relation(level.at).access(column).kind !== 'plain')", to: 'if (!column)', tests: 'federation/rulesElsewhere' },
  { point: 'the clock of a source\'s dataset: roots', file: federated, from: 'const closed = closedNow(this.plan.relation(root.level.at), bindings);', to: 'const closed = undefined;', tests: 'federation/rulesElsewhere' },
  { point: 'the clock of a source\'s dataset: below a row', file: federated, from: 'const closed = level.at.table.remote && closedNow(this.plan.relation(level.at), bindings);', to: 'const closed = undefined;', tests: 'federation/rulesElsewhere' },
  { point: 'the clock of a source\'s dataset: in a condition', file: federated, from: 'const closed = closedNow(this.plan.relation(at), bindings);', to: 'const closed = undefined;', tests: 'federation/rulesElsewhere' },
  { point: 'a restricted dataset\'s identifiers stay in the country', file: 'policy/transfer.js', from: "if (!refused && (rules.length > 0 || here.dataset.visibility !== 'RESTRICTED' || source.country === home))", to: 'if (!refused)', tests: 'federation/federation' },
  { point: 'transfers that a rule names', file: 'policy/narrow.js', from: 'return rule.stopped !== true && ', to: 'return ', tests: 'policy/decide|federation/federation' },
  { point: 'masks of cells from elsewhere', file: 'federation/cells.js', from: "case 'mask': return typeof value === 'string' ? masked(access, value) : null;", to: "case 'mask': return value;", tests: 'leaks/05' },
  { point: 'a transform that is not known there shows nothing', file: 'federation/cells.js', from: 'default: return null;', to: 'default: return value;', tests: 'federation/cells' },
  { point: 'a mirror needs the right to export', file: 'graphql/mirroredSource.js', from: "if (decided.granularity !== 'export')", to: 'if (false)', tests: 'graphql/mirroredSource' },
  { point: 'a mirror takes no column that is withheld', file: 'graphql/mirroredSource.js', from: 'const readable = table.columns.filter((column) => !withheld(column));', to: 'const readable = table.columns;', tests: 'federation/sync' },
  { point: 'a mirror asks as its asker', file: 'graphql/mirroredSource.js', from: "identity, channel: 'export'", to: "identity: { ...identity, memberships: [{ organization: 'platform', role: 'owner' }] }, channel: 'query'", tests: 'graphql/mirroredSource' },
];

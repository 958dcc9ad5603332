/** Columns of big tables that a plan looks up, orders or links by without an index, by what the tables declare and rules ask for: publishing makes exactly those. */
import { indexesOf, isOrderedBy } from '../../catalog/indexes.js';
import { datasetPath, type Column } from '../../catalog/model.js';
import type { TableAt } from '../../plan/link.js';
import { levelsBelow } from '../../plan/levels.js';
import type { Level } from '../../plan/plan.js';
import type { Predicate } from '../../plan/predicate.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { hasCellIndex, isOrderedByCell } from '../../policy/cellIndexes.js';
import { plain, type ColumnAccess } from '../../policy/columnAccess.js';

export const indexUses = ['FILTER', 'RULE', 'ORDER', 'LINK'] as const;
export type IndexUse = (typeof indexUses)[number];

export interface MissingIndex {
  readonly dataset: string;
  readonly table: string;
  readonly column: string;
  readonly use: IndexUse;
  readonly rows: number;
  readonly advice: string;
}

/** Below this reading the whole table is as good. */
const bigTable = 10_000;

type Kind = 'ordered' | 'contents' | 'places' | 'fullText';

export function missingIndexes(plan: AuthorizedPlan): readonly MissingIndex[] {
  const found = new Map<string, MissingIndex>();
  const miss = (at: TableAt, column: Column, use: IndexUse, kind: Kind, descending?: boolean): void => {
    // A rule's own condition reads the columns as they are.
    const access = use === 'RULE' ? plain : plan.relation(at).access(column);
    if (at.table.rows < bigTable || at.table.remote || isIndexed(at, column, access, kind, descending)) return;
    const key = `${at.version.id} ${at.table.name} ${column.name} ${use}`;
    found.set(key, { dataset: datasetPath(at.dataset), table: at.table.name, column: column.name, use, rows: at.table.rows, advice: advice(column, kind) });
  };
  const predicate = (where: Predicate, at: TableAt, use: 'FILTER' | 'RULE'): void => {
    switch (where.op) {
      case 'and': case 'or': where.of.forEach((part) => predicate(part, at, use)); return;
      case 'compare': if (where.comparison !== 'ne') miss(at, where.column, use, 'ordered'); return;
      case 'in': miss(at, where.column, use, 'ordered'); return;
      case 'match': if (where.match === 'startsWith') miss(at, where.column, use, 'ordered'); return;
      case 'search': miss(at, where.column, use, 'fullText'); return;
      case 'structured': miss(at, where.column, use, where.test === 'near' || where.test === 'inBox' ? 'places' : 'contents'); return;
      case 'datePart': if (where.part === 'year' && where.comparison !== 'ne' && where.comparison !== 'in') miss(at, where.column, use, 'ordered'); return;
      case 'related':
        for (const { there } of where.link.on) miss(where.link.target, there, 'LINK', 'ordered');
        predicate(where.where, where.link.target, use);
        return;
      // What is negated or computed no index answers.
      case 'not': case 'constant': case 'isNull': case 'jsonPath': case 'rowNumber': return;
    }
  };
  const level = (one: Level): void => {
    if (plan.refusedLevels.has(one)) return;
    for (const { there } of one.link?.on ?? []) miss(one.at, there, 'LINK', there.kind === 'list' ? 'contents' : 'ordered');
    predicate(one.where, one.at, 'FILTER');
    predicate(plan.relation(one.at).rows, one.at, 'RULE');
    const [first] = one.shape === 'connection' ? one.order : [];
    // Under a parent it is the parent's few rows that are sorted.
    if (first && !one.link) miss(one.at, first.column, 'ORDER', 'ordered', first.direction === 'DESC');
    levelsBelow(one).forEach(level);
  };
  for (const root of plan.roots) if (root.kind === 'level') level(root.level);
  return [...found.values()];
}

function isIndexed({ table }: TableAt, column: Column, access: ColumnAccess, kind: Kind, descending?: boolean): boolean {
  switch (access.kind) {
    case 'plain': break;
    // All cells are alike, or no declaration would help.
    case 'null': case 'withheld': case 'hash': return true;
    default:
      if (access.kind === 'mask' && access.keepStart + access.keepEnd === 0) return true;
      if (descending !== undefined) return isOrderedByCell(access, column, descending);
      return (kind !== 'ordered' && kind !== 'places') || hasCellIndex(access, column, kind);
  }
  if (descending !== undefined) return isOrderedBy(table, column, descending);
  return indexesOf(table).some((index) => {
    if (kind !== 'ordered') return index.kind === kind && index.column === column.name;
    return (index.kind === 'unique' || index.kind === 'ordered') && index.columns[0] === column.name;
  });
}

function advice(column: Column, kind: Kind): string {
  if (kind === 'fullText') return `Write "dure:fullText": true beside the field ${column.name} in the descriptor and publish again: publishing then makes an index for matches.`;
  return `Write "dure:facet": true beside the field ${column.name} in the descriptor and publish again: publishing then makes the index.`;
}

/** How fine an answer a part of a plan asks for, and whether the caller may have it. Judged by the plan alone: never by what the rows are. */
import { datasetPath, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { AggregateItem } from '../plan/aggregate.js';
import type { ConnectionItem, Level } from '../plan/plan.js';
import type { TableAt } from '../plan/link.js';
import { releasesOf } from './release.js';
import type { TableDecision } from './decide.js';
import { howToAsk } from './reason.js';
import { granularities, type Granularity } from './rule.js';

/** The finest thing that a level itself asks for; levels below it are judged by themselves. */
export function neededBy(level: Level): Granularity {
  if (level.shape === 'row') return 'row';
  return finest(level.items.map(neededByItem));
}

function neededByItem(item: ConnectionItem): Granularity {
  switch (item.kind) {
    // These are judged by themselves: no free question can be asked of them.
    case 'typename': case 'release': case 'noisy': return 'existence';
    case 'totalCount': return 'count';
    case 'aggregate': return finest(item.items.map((part: AggregateItem) => (part.kind === 'column' ? 'aggregate' : part.kind === 'count' ? 'count' : 'existence')));
    case 'groups': return 'aggregate';
    case 'nodes': case 'edges': case 'pageInfo': return 'row';
  }
}

function finest(all: readonly Granularity[]): Granularity {
  return all.reduce<Granularity>((a, b) => (granularities.indexOf(a) >= granularities.indexOf(b) ? a : b), 'existence');
}

/** The refusal, where `needed` is finer than the caller may have; or where figures need a minimum cell, which no free question can keep. */
export function granularityRefusal(needed: Granularity, dataset: Dataset, { granularity, granularityRule, minimumCell, minimumContributors, noise }: TableDecision, at?: Pick<TableAt, 'version' | 'table'>): DureError | undefined {
  const path = datasetPath(dataset);
  if (granularities.indexOf(needed) > granularities.indexOf(granularity)) {
    return new DureError('FORBIDDEN', `Of ${path} you may get ${wordsOf[granularity]} at most, and this asks for ${wordsOf[needed]}.`, {
      reason: 'GRANULARITY', atMost: granularity, rule: granularityRule, howToAsk: howToAsk(dataset), messageKo: `${path} 데이터는 ${koreanOf[granularity]}까지만 제공되며, 이 질의는 ${koreanOf[needed]}을(를) 요청합니다.`,
    });
  }
  if ((needed === 'count' || needed === 'aggregate') && !isFreeOfCells(granularity) && (minimumCell > 1 || minimumContributors.length > 0)) {
    const releases = at ? releasesOf(dataset, at).map(({ id }) => id) : [];
    return new DureError('SUPPRESSED', `Figures of ${path} are told only about groups of ${Math.max(minimumCell, ...minimumContributors.map((m) => m.count))} or more, which a question of one's own choice cannot keep: it is refused whatever the rows are.${insteadOf(releases, noise !== undefined)}`, {
      reason: 'MINIMUM_CELL', minimumCell, ...(releases.length > 0 ? { releases } : {}), ...(noise ? { noisy: true } : {}), rule: granularityRule, howToAsk: howToAsk(dataset), messageKo: `${path}의 통계는 최소 셀 크기 이상인 집단에 대해서만 제공되므로, 임의의 질의에는 답하지 않습니다.`,
    });
  }
  return undefined;
}

/** What is answered in its place. */
function insteadOf(releases: readonly string[], noisy: boolean): string {
  const ways = [...releases.map((id) => `the release \`release(id: ${JSON.stringify(id)})\``), ...(noisy ? ['figures with noise, `noisy { count }`'] : [])];
  return ways.length === 0 ? '' : ` Ask for ${ways.join(' or for ')}.`;
}

/** Who may read rows can count them. */
export function isFreeOfCells(granularity: Granularity): boolean {
  return granularity === 'row' || granularity === 'export';
}

const wordsOf: Record<Granularity, string> = { existence: 'that it exists', count: 'the number of rows', aggregate: 'figures and groups', row: 'rows', export: 'files of rows' };
const koreanOf: Record<Granularity, string> = { existence: '존재 여부', count: '행 수', aggregate: '통계', row: '행', export: '내보내기' };

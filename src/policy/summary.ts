/** A rule document in plain words for everybody who may see the dataset: no persons, no attributes, no predicates, no values. */
import type { BudgetPeriod, Granularity, ObligationKind, Release, Rule, RuleDocument, Transform } from './rule.js';

export type SummaryLanguage = 'ko' | 'en';

/**
 * Reasons and ids are not repeated: a lab writes reasons for those whom a rule narrows, and an id may name a person.
 * Rules that read alike are told once, so that their number does not show either.
 */
export function summarizeRules(document: RuleDocument, language: SummaryLanguage): string[] {
  return [...new Set([...document.rules.map((rule) => describeRule(rule, language)), ...(document.releases ?? []).map((release) => describeRelease(release, language))])];
}

/** One rule in a sentence, without its conditions. */
export function describeRule(rule: Rule, language: SummaryLanguage): string {
  return language === 'ko' ? korean(rule) : english(rule);
}

/** Releases are chosen to be seen: their dimensions and sums are told. */
export function describeRelease({ table, dimensions, sums, minimumCell }: Release, language: SummaryLanguage): string {
  const by = dimensions.map(({ column }) => column).join(', ');
  return language === 'ko'
    ? `${table} 테이블: ${by}별 집계표를 제공합니다(${[`건수`, ...(sums ?? [])].join(', ')}; 최소 ${minimumCell}행).`
    : `Figures of ${table} by ${by} are released: counts${sums ? ` and sums of ${sums.join(', ')}` : ''}, about ${minimumCell} rows or more.`;
}

function english(rule: Rule): string {
  const where = rule.tables ? `in ${rule.tables.join(', ')}` : 'in all tables';
  const exempt = 'unless' in rule && rule.unless ? ' Some callers are exempt.' : '';
  switch (rule.effect) {
    case 'allow': return `Further callers may read ${where}.`;
    case 'deny': return `Some callers may not read ${where}.`;
    case 'rows': return `Only some rows can be read ${where}.${exempt}`;
    case 'columns': return `${rule.columns.join(', ')} (${where}): ${englishTransform[rule.transform.kind]}.${exempt}`;
    case 'granularity': return `At most ${englishGranularity[rule.atMost]} ${where}${rule.minimumCell ? `, about ${rule.minimumCell} rows or more` : ''}${rule.noise ? `; figures with noise (epsilon ${rule.noise.epsilon} each, ${rule.noise.budget} a ${rule.noise.per})` : ''}.${exempt}`;
    case 'purpose': return `A purpose must be declared ${where}: ${[...rule.allowed, ...(rule.honour ?? [])].join(', ')}.${exempt}`;
    case 'channel': return `Only read by ${rule.allowed.join(', ')} ${where}.${exempt}`;
    case 'destination': return `Answers stay in ${rule.home.join(', ')}${rule.stopped || !rule.transfers?.length ? '' : `, or go to ${rule.transfers.map((t) => `${t.country} (${t.basis})`).join(', ')}`} ${where}.${exempt}`;
    case 'window': return `Open${rule.from ? ` from ${rule.from}` : ''}${rule.until ? ` until ${rule.until}` : ''} ${where}.${exempt}`;
    case 'budget': return `${rule.queries} operations a ${rule.per} to each caller ${where}.${exempt}`;
    case 'obligation': return `${englishObligation[rule.kind]} ${where}.${rule.text ? ` ${rule.text}` : ''}${exempt}`;
  }
}
const englishTransform: Record<Transform['kind'], string> = {
  deny: 'withheld', null: 'read as empty', mask: 'partly masked', hash: 'read as a pseudonym', round: 'rounded', bin: 'read in steps', generalise: 'read as a period', place: 'read as a coarse place',
};
const englishGranularity: Record<Granularity, string> = { existence: 'that data exists', count: 'the number of rows', aggregate: 'figures and groups', row: 'rows, no files,', export: 'files of rows' };
const englishObligation: Record<ObligationKind, string> = { cite: 'Cite the dataset', publishBack: 'Give results back', collaborate: 'Collaborate with the lab', other: 'An obligation holds' };

function korean(rule: Rule): string {
  const where = rule.tables ? `${rule.tables.join(', ')} 테이블` : '모든 테이블';
  const exempt = 'unless' in rule && rule.unless ? ' 일부 이용자는 예외입니다.' : '';
  switch (rule.effect) {
    case 'allow': return `${where}: 추가로 허용된 이용자가 읽을 수 있습니다.`;
    case 'deny': return `${where}: 일부 이용자는 읽을 수 없습니다.`;
    case 'rows': return `${where}: 일부 행만 읽을 수 있습니다.${exempt}`;
    case 'columns': return `${where}의 열 ${rule.columns.join(', ')}: ${koreanTransform[rule.transform.kind]}.${exempt}`;
    case 'granularity': return `${where}: 최대 ${koreanGranularity[rule.atMost]}까지 제공합니다${rule.minimumCell ? ` (최소 ${rule.minimumCell}행)` : ''}.${rule.noise ? ` 잡음을 더한 통계: 통계마다 엡실론 ${rule.noise.epsilon}, ${koreanPeriod[rule.noise.per]} ${rule.noise.budget}.` : ''}${exempt}`;
    case 'purpose': return `${where}: 이용 목적을 밝혀야 합니다: ${[...rule.allowed, ...(rule.honour ?? [])].join(', ')}.${exempt}`;
    case 'channel': return `${where}: 다음 방법으로만 읽을 수 있습니다: ${rule.allowed.join(', ')}.${exempt}`;
    case 'destination': return `${where}: ${rule.home.join(', ')} 안에서만 제공합니다${rule.stopped || !rule.transfers?.length ? '' : ` (이전 근거: ${rule.transfers.map((t) => `${t.country} ${t.basis}`).join(', ')})`}.${exempt}`;
    case 'window': return `${where}: ${rule.from ? `${rule.from}부터 ` : ''}${rule.until ? `${rule.until}까지 ` : ''}공개합니다.${exempt}`;
    case 'budget': return `${where}: 이용자마다 ${koreanPeriod[rule.per]} ${rule.queries}회까지 질의할 수 있습니다.${exempt}`;
    case 'obligation': return `${where}: ${koreanObligation[rule.kind]}.${rule.text ? ` ${rule.text}` : ''}${exempt}`;
  }
}
const koreanTransform: Record<Transform['kind'], string> = {
  deny: '제공하지 않습니다', null: '빈 값으로 제공합니다', mask: '일부를 가리고 제공합니다', hash: '가명으로 제공합니다', round: '반올림하여 제공합니다', bin: '구간으로 제공합니다', generalise: '기간 단위로 제공합니다', place: '대략의 위치로 제공합니다',
};
const koreanGranularity: Record<Granularity, string> = { existence: '존재 여부', count: '행 수', aggregate: '통계', row: '행', export: '내보내기' };
const koreanObligation: Record<ObligationKind, string> = { cite: '데이터셋을 인용해야 합니다', publishBack: '결과를 돌려주어야 합니다', collaborate: '연구실과 협력해야 합니다', other: '의무가 있습니다' };
const koreanPeriod: Record<BudgetPeriod, string> = { hour: '시간당', day: '하루', week: '주당', month: '월' };

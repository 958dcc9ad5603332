/** A rule document in plain words for everybody who may see the dataset: no persons, no attributes, no predicates, no values. */
import type { Rule, RuleDocument, Transform } from './rule.js';

export type SummaryLanguage = 'ko' | 'en';

/**
 * Reasons and ids are not repeated: a lab writes reasons for those whom a rule narrows, and an id may name a person.
 * Rules that read alike are told once, so that their number does not show either.
 */
export function summarizeRules(document: RuleDocument, language: SummaryLanguage): string[] {
  return [...new Set(document.rules.map((rule) => sentence(rule, language)))];
}

function sentence(rule: Rule, language: SummaryLanguage): string {
  return language === 'ko' ? korean(rule) : english(rule);
}

function english(rule: Rule): string {
  const where = rule.tables ? `in ${rule.tables.join(', ')}` : 'in all tables';
  const exempt = 'unless' in rule && rule.unless ? ' Some callers are exempt.' : '';
  switch (rule.effect) {
    case 'allow': return `Further callers may read ${where}.`;
    case 'deny': return `Some callers may not read ${where}.`;
    case 'rows': return `Only some rows can be read ${where}.${exempt}`;
    case 'columns': return `${rule.columns.join(', ')} (${where}): ${englishTransform[rule.transform.kind]}.${exempt}`;
  }
}
const englishTransform: Record<Transform['kind'], string> = { deny: 'withheld', null: 'read as empty', mask: 'partly masked' };

function korean(rule: Rule): string {
  const where = rule.tables ? `${rule.tables.join(', ')} 테이블` : '모든 테이블';
  const exempt = 'unless' in rule && rule.unless ? ' 일부 이용자는 예외입니다.' : '';
  switch (rule.effect) {
    case 'allow': return `${where}: 추가로 허용된 이용자가 읽을 수 있습니다.`;
    case 'deny': return `${where}: 일부 이용자는 읽을 수 없습니다.`;
    case 'rows': return `${where}: 일부 행만 읽을 수 있습니다.${exempt}`;
    case 'columns': return `${where}의 열 ${rule.columns.join(', ')}: ${koreanTransform[rule.transform.kind]}.${exempt}`;
  }
}
const koreanTransform: Record<Transform['kind'], string> = { deny: '제공하지 않습니다', null: '빈 값으로 제공합니다', mask: '일부를 가리고 제공합니다' };

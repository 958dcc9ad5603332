/** What differs between two rule documents, rule by rule, in words for those who may see the rules. */
import { canonicalJson } from '../canonicalJson.js';
import type { RuleDocument } from './rule.js';
import { describeRelease, describeRule, type SummaryLanguage } from './summary.js';

export interface RuleChange {
  readonly kind: 'ADDED' | 'REMOVED' | 'CHANGED';
  /** The rule's id; `contact` and `access` for these parts of the document. */
  readonly rule: string;
  readonly text: string;
}

/** Rules go by their ids: their order means nothing. */
export function ruleChanges(before: RuleDocument, after: RuleDocument, language: SummaryLanguage = 'en'): readonly RuleChange[] {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]));
  const now = new Map(after.rules.map((rule) => [rule.id, rule]));
  const changes: RuleChange[] = [];
  for (const rule of after.rules) {
    const former = old.get(rule.id);
    if (!former) changes.push({ kind: 'ADDED', rule: rule.id, text: describeRule(rule, language) });
    else if (canonicalJson(former) !== canonicalJson(rule)) changes.push({ kind: 'CHANGED', rule: rule.id, text: `${describeRule(rule, language)} (${changedParts(former, rule).join('; ')})` });
  }
  for (const rule of before.rules) if (!now.has(rule.id)) changes.push({ kind: 'REMOVED', rule: rule.id, text: describeRule(rule, language) });
  const released = new Map((before.releases ?? []).map((release) => [release.id, release]));
  for (const release of after.releases ?? []) {
    const former = released.get(release.id);
    released.delete(release.id);
    if (!former || canonicalJson(former) !== canonicalJson(release)) changes.push({ kind: former ? 'CHANGED' : 'ADDED', rule: release.id, text: describeRelease(release, language) });
  }
  for (const release of released.values()) changes.push({ kind: 'REMOVED', rule: release.id, text: describeRelease(release, language) });
  if (before.contact !== after.contact) changes.push({ kind: before.contact === undefined ? 'ADDED' : after.contact === undefined ? 'REMOVED' : 'CHANGED', rule: 'contact', text: after.contact ?? before.contact ?? '' });
  if (canonicalJson(before.access) !== canonicalJson(after.access)) changes.push({ kind: before.access === undefined ? 'ADDED' : after.access === undefined ? 'REMOVED' : 'CHANGED', rule: 'access', text: changedParts(before.access ?? {}, after.access ?? {}).join('; ') });
  return changes;
}

function changedParts(before: object, after: object): string[] {
  const [old, now] = [before, after] as unknown as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((part) => canonicalJson(old[part]) !== canonicalJson(now[part]))
    .map((part) => `${part}: ${old[part] === undefined ? 'none' : JSON.stringify(old[part])} → ${now[part] === undefined ? 'none' : JSON.stringify(now[part])}`);
}

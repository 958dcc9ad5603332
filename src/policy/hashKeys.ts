/** Hashes name their key, so that a new key in the ring does not change pseudonyms that are out already. */
import { DureError } from '../errors.js';
import type { RuleDocument } from './rule.js';

export interface HashKeys {
  readonly newestId: string;
  readonly ids: readonly string[];
}

export function asksForHashes(document: RuleDocument): boolean {
  return document.rules.some((rule) => rule.effect === 'columns' && rule.transform.kind === 'hash');
}

/** The document with the newest key wherever a hash names none. @throws DureError BAD_USER_INPUT where one names a key that is not there */
export function withHashKeys(document: RuleDocument, { newestId, ids }: HashKeys): RuleDocument {
  if (!asksForHashes(document)) return document;
  const mistakes: { path: string; message: string }[] = [];
  const rules = document.rules.map((rule, index) => {
    if (rule.effect !== 'columns' || rule.transform.kind !== 'hash') return rule;
    const { key = newestId } = rule.transform;
    if (!ids.includes(key)) mistakes.push({ path: `rules.${index}.transform.key`, message: `there is no key "${key}" in DURE_SECRET_KEYS; there are ${ids.join(', ')}` });
    return Object.freeze({ ...rule, transform: Object.freeze({ ...rule.transform, key }) });
  });
  if (mistakes.length > 0) throw new DureError('BAD_USER_INPUT', `The rule document has a mistake: ${mistakes[0]!.path}: ${mistakes[0]!.message}. Nothing was changed.`, { mistakes });
  return Object.freeze({ ...document, rules: Object.freeze(rules) });
}

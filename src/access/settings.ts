/** How requests for a dataset are decided: its rule document's `access`, and what holds where that says nothing. */
import type { Dataset } from '../catalog/model.js';
import { hasRole, memberRoles, type Identity } from '../identity/identity.js';
import type { Condition, RequestRules } from '../policy/rule.js';

export type Settings = Required<RequestRules>;

export function settingsOf({ rules, organization }: Pick<Dataset, 'rules' | 'organization'>): Settings {
  return { committee: [`${organization.slug}:steward`], approvals: 1, maxDays: 365, irb: false, tellVotes: false, ...rules.access };
}

/** Administrators run the platform; that gives them no vote. */
export function isOnCommittee(identity: Identity, { committee }: Settings): boolean {
  if (identity.kind === 'anonymous' || identity.subject === undefined) return false;
  return committee.some((entry) => {
    const at = entry.indexOf(':');
    const [first, rest] = [entry.slice(0, at), entry.slice(at + 1)];
    if (first === 'person') return isNamed(rest, identity);
    const least = memberRoles.findIndex((role) => role === rest);
    return identity.memberships.some(({ organization, role }) => organization === first && memberRoles.indexOf(role) >= least);
  });
}

/** `SUBJECT`, or `ISSUER|SUBJECT` where the issuer is an address: subjects are unique within their issuer only. */
function isNamed(name: string, { subject, issuer }: Identity): boolean {
  const [, of, rest] = /^(https?:\/\/[^|]+)\|(.+)$/.exec(name) ?? [];
  return rest === undefined ? subject === name : subject === rest && issuer === of;
}

/** Stewards of the owner watch over the dataset's grants whoever decides them, and so do administrators. */
export function isSteward(identity: Identity, { organization }: Pick<Dataset, 'organization'>): boolean {
  return identity.kind !== 'anonymous' && hasRole(identity, organization.slug, 'steward');
}

/** Whether a grant would open or spare anything at all. */
export function opensByGrant({ rules }: Pick<Dataset, 'rules'>): boolean {
  return rules.rules.some((rule) => {
    const condition = rule.effect === 'allow' || rule.effect === 'deny' ? rule.to : rule.unless;
    return condition !== undefined && namesGrant(condition);
  });
}

function namesGrant(condition: Condition): boolean {
  if ('all' in condition) return condition.all.some(namesGrant);
  if ('any' in condition) return condition.any.some(namesGrant);
  if ('not' in condition) return namesGrant(condition.not);
  return 'grant' in condition;
}

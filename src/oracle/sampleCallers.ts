/** Callers made of what a rule document names: each attribute with the values that its conditions and the rows know, or none. */
import type { Dataset } from '../catalog/model.js';
import { anonymous, type Identity, type MemberRole } from '../identity/identity.js';
import { channels, type Condition, type RowCondition } from '../policy/rule.js';
import { permissionCodes } from '../policy/purpose.js';
import type { Random } from './random.js';
import { sampleGrants } from './sampleGrants.js';
import type { Caller } from './referenceCondition.js';

/** @param values of a column, by its package name */
export function sampleCaller(dataset: Dataset, values: (column: string) => readonly string[], random: Random): Caller {
  const named = new Map<string, Set<string | number | boolean>>([['person.id', new Set((dataset.overrides ?? []).map(({ subject }) => subject))], ['person.organizations', new Set([dataset.organization.slug])], ['person.country', new Set(['KR', 'US'])]]);
  const add = (name: string, ...found: readonly (string | number | boolean | undefined)[]): void => {
    const known = named.get(name) ?? new Set();
    for (const value of found) if (value !== undefined) known.add(value);
    named.set(name, known);
  };
  const condition = (one: Condition): void => {
    if ('all' in one) one.all.forEach(condition);
    else if ('any' in one) one.any.forEach(condition);
    else if ('not' in one) condition(one.not);
    else if ('attribute' in one) add(one.attribute, one.eq, ...(one.in ?? []), one.contains);
  };
  const rows = (where: RowCondition): void => {
    if ('and' in where) where.and.forEach(rows);
    else if ('or' in where) where.or.forEach(rows);
    else if ('not' in where) rows(where.not);
    else if ('value' in where && typeof where.value === 'object' && 'attribute' in where.value) add(where.value.attribute, ...values(where.column).slice(0, 20));
  };
  for (const rule of dataset.rules.rules) {
    if ('to' in rule) condition(rule.to);
    if ('unless' in rule && rule.unless) condition(rule.unless);
    if (rule.effect === 'rows') rows(rule.where);
  }
  const identity = random.chance(0.15) ? anonymous : personOf(named, dataset, random);
  const grants = random.chance(0.5) ? sampleGrants([dataset], identity, 2, random) : [];
  return { identity, grants, channel: random.chance(0.9) ? 'query' : random.one(channels), destination: identity.country, ...(random.chance(0.4) ? { purpose: random.one(permissionCodes) } : {}) };
}

function personOf(named: ReadonlyMap<string, ReadonlySet<string | number | boolean>>, { overrides = [] }: Dataset, random: Random): Identity {
  const chosen = new Map([...named].flatMap(([name, values]) => (values.size > 0 && random.chance(0.6) ? [[name, random.one([...values])] as const] : [])));
  const text = (name: string): string | undefined => (chosen.has(name) ? String(chosen.get(name)) : undefined);
  const role = text('person.roles')?.split(':');
  const memberships = role?.length === 2 ? [{ organization: role[0]!, role: role[1] as MemberRole }] : chosen.has('person.organizations') ? [{ organization: text('person.organizations')!, role: 'member' as const }] : [];
  const claims = Object.fromEntries([...chosen].filter(([name]) => name.startsWith('claim.')).map(([name, value]) => [name.slice('claim.'.length), value]));
  const affiliation = text('person.affiliation');
  const subject = text('person.id') ?? 'somebody';
  const parts = { subject, issuer: overrides.find((override) => override.subject === subject)?.issuer ?? 'https://id.example', memberships, country: text('person.country'), affiliations: affiliation === undefined ? [] : [affiliation], claims };
  return Object.freeze({ ...anonymous, ...parts, kind: 'person' as const, key: JSON.stringify(parts) });
}

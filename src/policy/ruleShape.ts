/** The shape of a rule document: what stands where, whatever the tables are. */
import { z } from 'zod';
import { memberRoles } from '../identity/identity.js';
import { modifierCodes, permissionCodes } from './purpose.js';
import {
  budgetPeriods, channels, datePeriods, granularities, obligationKinds, rowOperators, transferBases,
  type Condition, type RowCondition, type Rule, type RuleValue,
} from './rule.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const attributeName = z.string().regex(/^(person\.(id|organizations|roles|country|affiliation|visas)|claim\.[\w.:/-]+)$/, 'is not an attribute: use person.id, person.organizations, person.roles, person.country, person.affiliation, person.visas or claim.NAME');
export const listAttributes: ReadonlySet<string> = new Set(['person.organizations', 'person.roles', 'person.affiliation', 'person.visas']);
const country = z.string().regex(/^[A-Z]{2}$/, 'must be a country code of two capital letters (ISO 3166-1), for example KR');
const permission = z.string().refine((code) => permissionCodes.includes(code), `must be a DUO permission: ${permissionCodes.join(', ')}`);
const modifier = z.string().refine((code) => modifierCodes.includes(code), `must be a DUO modifier: ${modifierCodes.join(', ')}`);
const text = z.string().min(1).max(500);

const tests = {
  all: (): z.ZodType<Condition> => z.strictObject({ all: z.array(condition).min(1) }),
  any: (): z.ZodType<Condition> => z.strictObject({ any: z.array(condition).min(1) }),
  not: (): z.ZodType<Condition> => z.strictObject({ not: condition }),
  everyone: (): z.ZodType<Condition> => z.strictObject({ everyone: z.literal(true) }),
  authenticated: (): z.ZodType<Condition> => z.strictObject({ authenticated: z.literal(true) }),
  attribute: (): z.ZodType<Condition> => z.strictObject({ attribute: attributeName, eq: scalar.optional(), in: z.array(z.union([z.string(), z.number()])).min(1).optional(), contains: z.string().optional() })
    .refine((c) => c.eq !== undefined || c.in !== undefined || c.contains !== undefined, 'needs one of eq, in, contains')
    .refine((c) => !listAttributes.has(c.attribute) || (c.eq === undefined && c.in === undefined), 'is a list: use contains'),
  visa: (): z.ZodType<Condition> => z.strictObject({ visa: z.strictObject({ type: text, value: text.optional(), source: text.optional(), by: text.optional() }) }),
  purpose: (): z.ZodType<Condition> => z.strictObject({ purpose: z.array(permission).min(1) }),
  channel: (): z.ZodType<Condition> => z.strictObject({ channel: z.array(z.enum(channels)).min(1) }),
  destination: (): z.ZodType<Condition> => z.strictObject({ destination: z.array(country).min(1) }),
  grant: (): z.ZodType<Condition> => z.strictObject({ grant: z.literal(true) }),
} satisfies Record<string, () => z.ZodType<Condition>>;

const rowTests = {
  and: (): z.ZodType<RowCondition> => z.strictObject({ and: z.array(rowCondition).min(1) }),
  or: (): z.ZodType<RowCondition> => z.strictObject({ or: z.array(rowCondition).min(1) }),
  not: (): z.ZodType<RowCondition> => z.strictObject({ not: rowCondition }),
  isNull: (): z.ZodType<RowCondition> => z.strictObject({ column: z.string(), isNull: z.boolean() }),
  op: (): z.ZodType<RowCondition> => z.strictObject({ column: z.string(), op: z.enum(rowOperators), value }),
} satisfies Record<string, () => z.ZodType<RowCondition>>;

/** Conditions nest this deep at most; a deeper one is a mistake or an attack on the parser. */
const deepest = 20;

/** The schema is chosen by the key that is there, so that a mistake inside is told at its own place and not as "no alternative fits". */
function keyed<T>(choices: Readonly<Record<string, () => z.ZodType<T>>>, what: string): z.ZodType<T> {
  const names = Object.keys(choices);
  return z.unknown().transform((input, context): T => {
    const fail = (message: string, path: PropertyKey[] = []): never => {
      context.issues.push({ code: 'custom', message, path, input });
      return z.NEVER;
    };
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return fail(`must be ${what}: an object with one of ${names.join(', ')}`);
    const name = names.find((candidate) => Object.hasOwn(input, candidate));
    if (name === undefined) return fail(`must be ${what}: an object with one of ${names.join(', ')}`);
    if (depth(input) > deepest * 2) return fail(`nests deeper than ${deepest}`);
    const parsed = choices[name]!().safeParse(input);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ code: 'custom', message: issue.message, path: [...issue.path], input });
    return z.NEVER;
  }) as unknown as z.ZodType<T>;
}

function depth(value: unknown): number {
  let level: unknown[] = [value];
  let found = 0;
  while (level.length > 0 && found <= deepest * 3) {
    found += 1;
    level = level.flatMap((entry) => (typeof entry === 'object' && entry !== null ? Object.values(entry) : []));
  }
  return found;
}

const condition: z.ZodType<Condition> = z.lazy(() => keyed(tests, 'a condition'));
const value: z.ZodType<RuleValue> = z.union([scalar, z.array(z.union([z.string(), z.number()])), z.strictObject({ attribute: attributeName })]);
const rowCondition: z.ZodType<RowCondition> = z.lazy(() => keyed(rowTests, 'a condition on rows'));

/** Between these every kind of number can be stepped without loss. */
const step = z.number().min(1e-9).max(1e12);
const transform = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deny') }),
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('mask'), keepStart: z.int().min(0).max(100).optional(), keepEnd: z.int().min(0).max(100).optional(), with: z.string().max(20).optional() }),
  z.strictObject({ kind: z.literal('hash'), scope: z.enum(['dataset', 'organization']), key: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be the id of a key').optional() }),
  z.strictObject({ kind: z.literal('round'), to: step }),
  z.strictObject({ kind: z.literal('bin'), width: step }),
  z.strictObject({ kind: z.literal('generalise'), to: z.enum(datePeriods) }),
  z.strictObject({ kind: z.literal('place'), degrees: z.number().min(0.001).max(90) }),
]);
const instant = z.string().refine((at) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(at) && !Number.isNaN(Date.parse(at)), 'must be an instant with its zone, for example 2027-01-01T00:00:00+09:00');

const base = { id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be letters, digits, dot, dash or underscore'), tables: z.array(z.string()).min(1).optional(), majors: z.array(z.int().min(1).max(1_000_000)).min(1).optional(), reason: z.string().max(500).optional() };
const narrowing = { ...base, unless: condition.optional() };
const rule: z.ZodType<Rule> = z.discriminatedUnion('effect', [
  z.strictObject({ ...base, effect: z.literal('allow'), to: condition }),
  z.strictObject({ ...base, effect: z.literal('deny'), to: condition }),
  z.strictObject({ ...narrowing, effect: z.literal('rows'), where: rowCondition }),
  z.strictObject({ ...narrowing, effect: z.literal('columns'), columns: z.array(z.string()).min(1), transform }),
  z.strictObject({ ...narrowing, effect: z.literal('granularity'), atMost: z.enum(granularities), minimumCell: z.int().min(1).max(1_000_000).optional(), minimumContributors: z.strictObject({ column: z.string(), count: z.int().min(2).max(1_000_000) }).optional() })
    .refine((r) => (r.minimumCell === undefined && r.minimumContributors === undefined) || r.atMost === 'count' || r.atMost === 'aggregate', { path: ['minimumCell'], message: 'a minimum cell is for figures: atMost must be count or aggregate (who reads rows can count them)' }),
  z.strictObject({ ...narrowing, effect: z.literal('purpose'), allowed: z.array(permission).min(1), honour: z.array(modifier).min(1).optional() }),
  z.strictObject({ ...narrowing, effect: z.literal('channel'), allowed: z.array(z.enum(channels)).min(1) }),
  z.strictObject({ ...narrowing, effect: z.literal('destination'), home: z.array(country).min(1), stopped: z.boolean().optional(), transfers: z.array(z.strictObject({ country, basis: z.enum(transferBases), reference: text.optional() })).optional() }),
  z.strictObject({ ...narrowing, effect: z.literal('window'), from: instant.optional(), until: instant.optional() })
    .refine((r) => r.from !== undefined || r.until !== undefined, 'needs from or until')
    .refine((r) => r.from === undefined || r.until === undefined || Date.parse(r.from) < Date.parse(r.until), { path: ['until'], message: 'must be after from' }),
  z.strictObject({ ...narrowing, effect: z.literal('budget'), queries: z.int().min(1).max(1_000_000_000), per: z.enum(budgetPeriods) }),
  z.strictObject({ ...narrowing, effect: z.literal('obligation'), kind: z.enum(obligationKinds), text: z.string().max(500).optional() })
    .refine((r) => r.kind !== 'other' || r.text !== undefined, { path: ['text'], message: 'says what the obligation is' }),
]);
const member = z.string().regex(new RegExp(`^([a-z][a-z0-9-]*:(${memberRoles.join('|')})|person:\\S{1,255})$`), `must be ORGANIZATION:ROLE (${memberRoles.join(', ')}) or person:SUBJECT, for example lab:steward`);
const access = z.strictObject({
  committee: z.array(member).min(1).max(50).optional(), approvals: z.int().min(1).max(20).optional(), maxDays: z.int().min(1).max(3_650).optional(), irb: z.boolean().optional(), tellVotes: z.boolean().optional(),
});
export const documentShape = z.strictObject({ rules: z.array(rule).max(500), contact: z.string().max(500).optional(), access: access.optional() });

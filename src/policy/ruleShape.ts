/** The shape of a rule document: what stands where, whatever the tables are. */
import { z } from 'zod';
import { memberRoles } from '../identity/identity.js';
import { modifierCodes, permissionCodes } from './purpose.js';
import { cellCount, greatestRelease } from './releaseCells.js';
import {
  budgetPeriods, channels, datePeriods, granularities, obligationKinds, rowOperators, transferBases,
  type Condition, type Release, type ReleaseDimension, type RowCondition, type Rule, type RuleValue,
} from './rule.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const attributeName = z.string().regex(/^(person\.(id|issuer|organizations|roles|country|affiliation|visas)|claim\.[\w.:/-]+)$/, 'is not an attribute: use person.id, person.issuer, person.organizations, person.roles, person.country, person.affiliation, person.visas or claim.NAME');
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
  z.strictObject({ kind: z.literal('mask'), keepStart: z.int().min(0).max(100).optional(), keepEnd: z.int().min(0).max(100).optional(), with: z.string().max(20).refine((text) => !text.includes('\0'), 'must not hold the character NUL').optional() }),
  z.strictObject({ kind: z.literal('hash'), scope: z.enum(['dataset', 'organization']), key: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be the id of a key').optional() }),
  z.strictObject({ kind: z.literal('round'), to: step }),
  z.strictObject({ kind: z.literal('bin'), width: step }),
  z.strictObject({ kind: z.literal('generalise'), to: z.enum(datePeriods) }),
  z.strictObject({ kind: z.literal('place'), degrees: z.number().min(0.001).max(90) }),
]);
const instant = z.string().refine((at) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(at) && !Number.isNaN(Date.parse(at)), 'must be an instant with its zone, for example 2027-01-01T00:00:00+09:00');

const contributors = z.strictObject({ column: z.string(), count: z.int().min(2).max(1_000_000) });
const epsilon = z.number().min(0.001).max(1_000).refine((e) => Math.abs(e * 1000 - Math.round(e * 1000)) < 1e-6, 'must be a multiple of 0.001');
const bound = z.number().min(-1e12).max(1e12);
const noise = z.strictObject({
  epsilon: epsilon.max(10), budget: epsilon, budgetOfAll: epsilon.optional(), per: z.enum(budgetPeriods),
  sums: z.array(z.strictObject({ column: z.string(), from: bound, to: bound, step: step.optional() })
    .refine((s) => s.from < s.to, { path: ['to'], message: 'must be greater than from' })
    .refine((s) => Math.max(Math.abs(s.from), Math.abs(s.to)) / (s.step ?? 1) >= 1, { path: ['step'], message: 'is wider than the bounds' })
    .refine((s) => Math.max(Math.abs(s.from), Math.abs(s.to)) / (s.step ?? 1) <= 1e9, { path: ['step'], message: 'is too fine for these bounds: at most 1000000000 units are counted' })).min(1).max(50).optional(),
}).refine((n) => n.epsilon <= n.budget, { path: ['budget'], message: 'does not suffice for one figure' })
  .refine((n) => n.budgetOfAll === undefined || n.budget <= n.budgetOfAll, { path: ['budgetOfAll'], message: 'is less than the budget of one caller' });

const base = { id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be letters, digits, dot, dash or underscore'), tables: z.array(z.string()).min(1).optional(), majors: z.array(z.int().min(1).max(1_000_000)).min(1).optional(), reason: z.string().max(500).optional() };
const narrowing = { ...base, unless: condition.optional() };
const rule: z.ZodType<Rule> = z.discriminatedUnion('effect', [
  z.strictObject({ ...base, effect: z.literal('allow'), to: condition }),
  z.strictObject({ ...base, effect: z.literal('deny'), to: condition }),
  z.strictObject({ ...narrowing, effect: z.literal('rows'), where: rowCondition }),
  z.strictObject({ ...narrowing, effect: z.literal('columns'), columns: z.array(z.string()).min(1), transform }),
  z.strictObject({ ...narrowing, effect: z.literal('granularity'), atMost: z.enum(granularities), minimumCell: z.int().min(1).max(1_000_000).optional(), minimumContributors: contributors.optional(), noise: noise.optional() })
    .refine((r) => (r.minimumCell === undefined && r.minimumContributors === undefined) || r.atMost === 'count' || r.atMost === 'aggregate', { path: ['minimumCell'], message: 'a minimum cell is for figures: atMost must be count or aggregate (who reads rows can count them)' })
    .refine((r) => r.noise === undefined || r.minimumCell !== undefined || r.minimumContributors !== undefined, { path: ['noise'], message: 'noise is for figures under a minimum: give minimumCell or minimumContributors, too' }),
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
const member = z.string().regex(new RegExp(`^([a-z][a-z0-9-]*:(${memberRoles.join('|')})|person:\\S{1,755})$`), `must be ORGANIZATION:ROLE (${memberRoles.join(', ')}), person:SUBJECT or person:ISSUER|SUBJECT, for example lab:steward`);
const access = z.strictObject({
  committee: z.array(member).min(1).max(50).optional(), approvals: z.int().min(1).max(20).optional(), maxDays: z.int().min(1).max(3_650).optional(), irb: z.boolean().optional(), tellVotes: z.boolean().optional(),
});
const day = z.string().refine((d) => /^\d{4}-\d\d-\d\d$/.test(d) && !Number.isNaN(Date.parse(d)), 'must be a day, for example 2026-01-01');
const dimensionBase = { column: z.string(), others: z.boolean().optional() };
const dimension: z.ZodType<ReleaseDimension> = z.union([
  z.strictObject({ ...dimensionBase, values: z.array(scalar).min(1).max(500).refine((all) => new Set(all.map(String)).size === all.length, 'names a value twice') }),
  z.strictObject({ ...dimensionBase, bins: z.array(bound).min(2).max(501).refine((edges) => edges.every((edge, i) => i === 0 || edges[i - 1]! < edge), 'must be edges that rise') }),
  z.strictObject({ ...dimensionBase, period: z.enum(datePeriods), from: day, until: day }).refine((d) => d.from < d.until, { path: ['until'], message: 'must be after from' }),
], { error: 'must be {column, values}, {column, bins} or {column, period, from, until}' });
const release: z.ZodType<Release> = z.strictObject({
  id: base.id, table: z.string(), majors: base.majors, dimensions: z.array(dimension).min(1).max(4), sums: z.array(z.string()).min(1).max(10).optional(),
  minimumCell: z.int().min(2).max(1_000_000), minimumContributors: contributors.optional(), zeros: z.boolean().optional(),
}).refine((r) => cellCount(r) <= greatestRelease, { path: ['dimensions'], message: `make more than ${greatestRelease} cells with their margins: take fewer or wider ones` });
export const documentShape = z.strictObject({ rules: z.array(rule).max(500), releases: z.array(release).max(100).optional(), contact: z.string().max(500).optional(), access: access.optional() });

/** Reads a rule document that somebody wrote; every mistake is told with its place. */
import { z } from 'zod';
import type { Column, Table } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { Condition, RowCondition, Rule, RuleDocument, RuleValue } from './rule.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const attributeName = z.string().regex(/^(person\.(id|organizations|roles|country|affiliation|visas)|claim\.[\w.:/-]+)$/, 'is not an attribute: use person.id, person.organizations, person.roles, person.country, person.affiliation, person.visas or claim.NAME');
const listAttributes = new Set(['person.organizations', 'person.roles', 'person.affiliation', 'person.visas']);

const condition: z.ZodType<Condition> = z.lazy(() => z.union([
  z.strictObject({ all: z.array(condition).min(1) }),
  z.strictObject({ any: z.array(condition).min(1) }),
  z.strictObject({ not: condition }),
  z.strictObject({ everyone: z.literal(true) }),
  z.strictObject({ authenticated: z.literal(true) }),
  z.strictObject({ attribute: attributeName, eq: scalar.optional(), in: z.array(z.union([z.string(), z.number()])).min(1).optional(), contains: z.string().optional() })
    .refine((c) => c.eq !== undefined || c.in !== undefined || c.contains !== undefined, 'needs one of eq, in, contains')
    .refine((c) => !listAttributes.has(c.attribute) || (c.eq === undefined && c.in === undefined), 'is a list: use contains'),
]));

const value: z.ZodType<RuleValue> = z.union([scalar, z.array(z.union([z.string(), z.number()])), z.strictObject({ attribute: attributeName })]);
const rowCondition: z.ZodType<RowCondition> = z.lazy(() => z.union([
  z.strictObject({ and: z.array(rowCondition).min(1) }),
  z.strictObject({ or: z.array(rowCondition).min(1) }),
  z.strictObject({ not: rowCondition }),
  z.strictObject({ column: z.string(), isNull: z.boolean() }),
  z.strictObject({ column: z.string(), op: z.enum(['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn']), value }),
]));

const transform = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deny') }),
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('mask'), keepStart: z.int().min(0).max(100).optional(), keepEnd: z.int().min(0).max(100).optional(), with: z.string().max(20).optional() }),
]);
const base = { id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be letters, digits, dot, dash or underscore'), tables: z.array(z.string()).min(1).optional(), reason: z.string().max(500).optional() };
const rule: z.ZodType<Rule> = z.discriminatedUnion('effect', [
  z.strictObject({ ...base, effect: z.literal('allow'), to: condition }),
  z.strictObject({ ...base, effect: z.literal('deny'), to: condition }),
  z.strictObject({ ...base, effect: z.literal('rows'), where: rowCondition, unless: condition.optional() }),
  z.strictObject({ ...base, effect: z.literal('columns'), columns: z.array(z.string()).min(1), transform, unless: condition.optional() }),
]);
const document = z.strictObject({ rules: z.array(rule).max(500), contact: z.string().max(500).optional() });

export interface RuleMistake { readonly path: string; readonly message: string }

/**
 * @param tables the tables that the rules are about; a rule that names another table or column is refused, so that a typing mistake cannot open anything.
 * @throws DureError BAD_USER_INPUT with details.mistakes: [{path, message}]
 */
export function parseRules(input: unknown, tables: readonly Pick<Table, 'name' | 'columns'>[]): RuleDocument {
  const parsed = document.safeParse(input);
  const mistakes: RuleMistake[] = parsed.success
    ? check(parsed.data, tables)
    : parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  if (!parsed.success || mistakes.length > 0) {
    const [first] = mistakes;
    throw new DureError('BAD_USER_INPUT', `The rule document has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}: ${first?.path}: ${first?.message}. Nothing was changed.`, { mistakes });
  }
  return Object.freeze(parsed.data);
}

function check(rules: RuleDocument, tables: readonly Pick<Table, 'name' | 'columns'>[]): RuleMistake[] {
  const mistakes: RuleMistake[] = [];
  const ids = new Set<string>();
  rules.rules.forEach((entry, index) => {
    const path = `rules.${index}`;
    if (ids.has(entry.id)) mistakes.push({ path: `${path}.id`, message: `the id "${entry.id}" is used twice` });
    ids.add(entry.id);
    for (const name of entry.tables ?? []) {
      if (!tables.some((table) => table.name === name)) mistakes.push({ path: `${path}.tables`, message: `there is no table "${name}"; there are ${tables.map((t) => t.name).join(', ')}` });
    }
    const bound = tables.filter((table) => entry.tables === undefined || entry.tables.includes(table.name));
    if (entry.effect === 'columns') {
      for (const name of entry.columns) mistakes.push(...checkColumn(bound, name, `${path}.columns`, entry.transform.kind === 'mask' ? maskable : undefined));
    }
    if (entry.effect === 'rows') mistakes.push(...checkRows(entry.where, bound, `${path}.where`));
  });
  return mistakes;
}

function maskable(column: Column): string | undefined {
  return column.kind === 'text' ? undefined : `a mask needs a text column; "${column.name}" is ${column.kind}: use null or deny`;
}

/** A column must exist in every table that the rule binds: where it did not, the rule would bind nothing there. */
function checkColumn(tables: readonly Pick<Table, 'name' | 'columns'>[], name: string, path: string, test?: (column: Column) => string | undefined): RuleMistake[] {
  return tables.flatMap((table) => {
    const column = table.columns.find((c) => c.name === name);
    if (!column) return [{ path, message: `table "${table.name}" has no column "${name}": name the tables that the rule is for in "tables"` }];
    const problem = test?.(column);
    return problem ? [{ path, message: problem }] : [];
  });
}

function checkRows(where: RowCondition, tables: readonly Pick<Table, 'name' | 'columns'>[], path: string): RuleMistake[] {
  if ('and' in where) return where.and.flatMap((w, i) => checkRows(w, tables, `${path}.and.${i}`));
  if ('or' in where) return where.or.flatMap((w, i) => checkRows(w, tables, `${path}.or.${i}`));
  if ('not' in where) return checkRows(where.not, tables, `${path}.not`);
  return checkColumn(tables, where.column, path, (column) => ('op' in where ? comparable(column, where.op, where.value) : undefined));
}

function comparable(column: Column, op: string, operand: RuleValue): string | undefined {
  if (column.kind === 'json' || column.kind === 'geopoint' || column.kind === 'list') return `rows cannot be chosen by "${column.name}", which is ${column.kind}`;
  if (typeof operand === 'object' && 'attribute' in operand) {
    return listAttributes.has(operand.attribute) && op !== 'in' && op !== 'notIn' ? `${operand.attribute} is a list: use in or notIn` : undefined;
  }
  const list = op === 'in' || op === 'notIn';
  if (Array.isArray(operand) !== list) return list ? `${op} needs a list` : `${op} needs one value`;
  for (const entry of Array.isArray(operand) ? operand : [operand]) {
    if (!fits(column, entry)) return `${JSON.stringify(entry)} is not a value of "${column.name}" (${column.kind})`;
  }
  return undefined;
}

function fits(column: Column, entry: unknown): boolean {
  switch (column.kind) {
    case 'boolean': return typeof entry === 'boolean';
    case 'int32': return Number.isInteger(entry) && Math.abs(entry as number) <= 0x7fffffff;
    case 'int64': return (Number.isSafeInteger(entry)) || (typeof entry === 'string' && /^-?\d{1,18}$/.test(entry));
    case 'float': return typeof entry === 'number';
    case 'decimal': return typeof entry === 'number' || (typeof entry === 'string' && /^-?\d+(\.\d+)?$/.test(entry));
    case 'enum': return typeof entry === 'string' && (column.values?.includes(entry) ?? false);
    case 'date': return typeof entry === 'string' && /^\d{4}-\d\d-\d\d$/.test(entry) && !Number.isNaN(Date.parse(entry));
    case 'datetime': return typeof entry === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(entry) && !Number.isNaN(Date.parse(entry));
    default: return typeof entry === 'string';
  }
}

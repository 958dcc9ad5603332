/** Reads a rule document that somebody wrote; every mistake is told with its place. */
import type { Column, Table } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { checkReleases, summable } from './checkReleases.js';
import { transforms } from './columnAccess.js';
import type { RowCondition, Rule, RuleDocument, RuleValue } from './rule.js';
import { documentShape, listAttributes } from './ruleShape.js';

export interface RuleMistake { readonly path: string; readonly message: string }

/** A table of one version. */
export type RuledTable = Pick<Table, 'name' | 'columns'> & { readonly major?: number };

/**
 * @param tables the tables that the rules are about, those of the newest version first: a table may stand there once for each version, and a
 * rule must find its columns in one of those that it is for, so that what an older version still shows stays under its rule. A rule that names
 * another table or column is refused, so that a typing mistake cannot open anything.
 * @throws DureError BAD_USER_INPUT with details.mistakes: [{path, message}]
 */
export function parseRules(input: unknown, tables: readonly RuledTable[]): RuleDocument {
  const parsed = documentShape.safeParse(input);
  if (!parsed.success) throw refuse(parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })));
  const mistakes = [...check(parsed.data, (rule, path) => tablesOf(rule, path, tables)), ...checkReleases(parsed.data, tables)];
  if (mistakes.length > 0) throw refuse(mistakes);
  return Object.freeze(parsed.data);
}

/** What the rules that are for a version no longer find in it: each of these would bind nothing there, and silently open what it closed. */
export function lostRules(document: RuleDocument, version: { readonly major: number; readonly tables: readonly Pick<Table, 'name' | 'columns'>[] }): readonly RuleMistake[] {
  return check(document, (rule) => (isFor(rule, version.major) ? { bound: version.tables.filter((table) => names(rule, table)), mistakes: missing(rule, version.tables, '') } : undefined));
}

function refuse(mistakes: readonly RuleMistake[]): DureError {
  const [first] = mistakes;
  return new DureError('BAD_USER_INPUT', `The rule document has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}: ${first?.path}: ${first?.message}. Nothing was changed.`, { mistakes });
}

type Bound = { readonly bound: readonly RuledTable[]; readonly mistakes: readonly RuleMistake[] };

/** Undefined: the rule is for versions to come, which will be judged when they are published. */
function tablesOf(rule: Rule, path: string, tables: readonly RuledTable[]): Bound | undefined {
  if (rule.majors === undefined) return { bound: tables.filter((table) => names(rule, table)), mistakes: missing(rule, tables, path) };
  const present = new Set(tables.flatMap((table) => table.major ?? []));
  const newest = Math.max(0, ...present);
  const unknown = rule.majors.filter((major) => !present.has(major) && major <= newest);
  if (unknown.length > 0) return { bound: [], mistakes: [{ path: `${path}.majors`, message: `there is no version ${unknown.join(', ')}` }] };
  const ofMajors = tables.filter((table) => table.major !== undefined && rule.majors!.includes(table.major));
  if (ofMajors.length === 0) return undefined;
  return { bound: ofMajors.filter((table) => names(rule, table)), mistakes: missing(rule, ofMajors, path) };
}

function isFor(rule: Rule, major: number): boolean {
  return rule.majors === undefined || rule.majors.includes(major);
}

function names(rule: Rule, table: Pick<Table, 'name'>): boolean {
  return rule.tables === undefined || rule.tables.includes(table.name);
}

function missing(rule: Rule, tables: readonly Pick<Table, 'name'>[], path: string): RuleMistake[] {
  return (rule.tables ?? []).flatMap((name, position) => (tables.some((table) => table.name === name) ? [] : [{ path: `${path}.tables.${position}`, message: `there is no table "${name}"; there are ${[...new Set(tables.map((t) => t.name))].join(', ')}` }]));
}

function check(document: RuleDocument, bind: (rule: Rule, path: string) => Bound | undefined): RuleMistake[] {
  const mistakes: RuleMistake[] = [];
  const ids = new Set<string>();
  document.rules.forEach((entry, index) => {
    const path = `rules.${index}`;
    if (ids.has(entry.id)) mistakes.push({ path: `${path}.id`, message: `the id "${entry.id}" is used twice` });
    ids.add(entry.id);
    const found = bind(entry, path);
    if (!found) return;
    const { bound } = found;
    mistakes.push(...found.mistakes.map((mistake) => (mistake.path.startsWith('rules.') ? mistake : { ...mistake, path: `${path}${mistake.path}` })));
    if (entry.effect === 'columns') entry.columns.forEach((name, position) => mistakes.push(...checkColumn(bound, name, `${path}.columns.${position}`, (column) => transforms(entry.transform, column))));
    if (entry.effect === 'rows') mistakes.push(...checkRows(entry.where, newestOf(bound), `${path}.where`));
    if (entry.effect === 'granularity' && entry.minimumContributors) mistakes.push(...checkColumn(bound, entry.minimumContributors.column, `${path}.minimumContributors.column`));
    if (entry.effect === 'granularity') entry.noise?.sums?.forEach(({ column: name }, position) => mistakes.push(...checkColumn(bound, name, `${path}.noise.sums.${position}.column`, summable)));
  });
  return mistakes;
}

/** A row rule finds its columns in the newest of the versions that it is for: where it did not, it would hide every row there. */
function newestOf(bound: readonly RuledTable[]): readonly RuledTable[] {
  const newest = new Map<string, RuledTable>();
  for (const table of bound) if (!newest.has(table.name)) newest.set(table.name, table);
  return [...newest.values()];
}

/**
 * Each table that the rule binds must have the column in some version: where none did, the rule would bind nothing there. The transform
 * must fit the newest version that has it; an older one of another type is withheld (policy/columnAccess.ts).
 */
function checkColumn(tables: readonly RuledTable[], name: string, path: string, test?: (column: Column) => string | undefined): RuleMistake[] {
  const names = [...new Set(tables.map((table) => table.name))];
  return names.flatMap((table) => {
    const column = tables.filter((t) => t.name === table).flatMap((t) => t.columns.filter((c) => c.name === name))[0];
    if (!column) return [{ path, message: `table "${table}" has no column "${name}": name the tables that the rule is for in "tables"` }];
    const problem = test?.(column);
    return problem ? [{ path, message: problem }] : [];
  });
}

function checkRows(where: RowCondition, tables: readonly RuledTable[], path: string): RuleMistake[] {
  if ('and' in where) return where.and.flatMap((w, i) => checkRows(w, tables, `${path}.and.${i}`));
  if ('or' in where) return where.or.flatMap((w, i) => checkRows(w, tables, `${path}.or.${i}`));
  if ('not' in where) return checkRows(where.not, tables, `${path}.not`);
  return checkColumn(tables, where.column, path, (column) => ('op' in where ? comparable(column, where.op, where.value) : undefined));
}

function comparable(column: Column, op: string, operand: RuleValue): string | undefined {
  if (column.kind === 'json' || column.kind === 'geopoint' || column.kind === 'list') return `rows cannot be chosen by "${column.name}", which is ${column.kind}`;
  if (typeof operand === 'object' && 'attribute' in operand) {
    if ((op === 'startsWith' || op === 'contains' || op === 'like') && column.kind !== 'text') return `${op} compares a text column; "${column.name}" is ${column.kind}`;
    return listAttributes.has(operand.attribute) && op !== 'in' && op !== 'notIn' ? `${operand.attribute} is a list: use in or notIn` : undefined;
  }
  if ((op === 'startsWith' || op === 'contains' || op === 'like') && (column.kind !== 'text' || typeof operand !== 'string')) return `${op} compares a text column with a text; "${column.name}" is ${column.kind}`;
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

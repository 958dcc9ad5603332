/** Reads what somebody asks for; all mistakes are told at once. */
import type { Dataset } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { permissionCodes } from '../policy/purpose.js';
import { granularities, type Granularity } from '../policy/rule.js';
import { closesAt, type Wanted } from './request.js';
import type { Settings } from './settings.js';

export interface WantedInput {
  readonly tables?: readonly string[] | null;
  readonly columns?: readonly { readonly table: string; readonly columns: readonly string[] }[] | null;
  readonly purpose: string;
  readonly project: string;
  readonly reason: string;
  readonly irb?: { readonly number: string; readonly expiresAt: Date; readonly documentHash?: string | null } | null;
  readonly country?: string | null;
  readonly granularity?: string | null;
  readonly from?: Date | null;
  readonly until?: Date | null;
}

/** @throws DureError BAD_USER_INPUT with details.mistakes: [{path, message}] */
export function readWanted(input: WantedInput, dataset: Dataset, settings: Settings, now: Date): Wanted {
  const mistakes: { readonly path: string; readonly message: string }[] = [];
  const wrong = (path: string, message: string): void => void mistakes.push({ path, message });
  const text = (path: string, value: string, longest: number): string => {
    const trimmed = value.trim().normalize('NFC');
    if (trimmed === '' || trimmed.length > longest) wrong(path, `must have 1 to ${longest} characters`);
    if (trimmed.includes('\0') || !trimmed.isWellFormed()) wrong(path, 'holds the character NUL or half a surrogate pair');
    return trimmed;
  };
  const columns = input.columns && input.columns.length > 0 ? Object.fromEntries(input.columns.map(({ table, columns: names }) => [table, [...new Set(names)]])) : undefined;
  const tables = input.tables && input.tables.length > 0 ? [...new Set([...input.tables, ...Object.keys(columns ?? {})])] : columns && Object.keys(columns);
  for (const [name, list] of Object.entries(columns ?? {})) if (list.length === 0) wrong('columns', `names no column of "${name}": leave the table out of columns for all of them`);
  const purpose = input.purpose.trim();
  if (!permissionCodes.includes(purpose)) wrong('purpose', `must be a DUO permission: ${permissionCodes.join(', ')}`);
  if (settings.irb && !input.irb) wrong('irb', 'must be given: the dataset asks for an ethics approval');
  if (input.irb && input.irb.expiresAt <= now) wrong('irb.expiresAt', 'has passed');
  if (input.irb?.documentHash && !/^[0-9a-f]{64}$/i.test(input.irb.documentHash)) wrong('irb.documentHash', 'must be a SHA-256 of 64 hexadecimal digits');
  if (input.country && !/^[A-Z]{2}$/.test(input.country)) wrong('country', 'must be a country code of two capital letters (ISO 3166-1), for example KR');
  if (input.granularity && !granularities.includes(input.granularity as Granularity)) wrong('granularity', `must be one of ${granularities.join(', ')}`);
  if (input.until && input.until <= now) wrong('until', 'has passed');
  if (input.from && input.until && input.until <= input.from) wrong('until', 'must be after from');
  const wanted: Wanted = {
    ...(tables ? { tables } : {}), ...(columns ? { columns } : {}), purpose, project: text('project', input.project, 300), reason: text('reason', input.reason, 5_000),
    ...(input.irb ? { irb: { number: text('irb.number', input.irb.number, 100), expiresAt: input.irb.expiresAt, ...(input.irb.documentHash ? { documentHash: input.irb.documentHash.toLowerCase() } : {}) } } : {}),
    ...(input.country ? { country: input.country } : {}), ...(input.granularity ? { granularity: input.granularity as Granularity } : {}),
    ...(input.from ? { from: input.from } : {}), ...(input.until ? { until: input.until } : {}),
  };
  const closes = closesAt(wanted);
  if (input.from && closes && closes <= input.from && mistakes.length === 0) wrong('irb.expiresAt', 'ends before the period begins');
  for (const name of missingOf(wanted, dataset)) wrong('tables', `${datasetPath(dataset)} has no ${name}`);
  if (mistakes.length > 0) throw new DureError('BAD_USER_INPUT', `The request has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}: ${mistakes.map(({ path, message }) => `${path} ${message}`).join('; ')}.`, { mistakes });
  return wanted;
}

/** Tables and columns that no version of the dataset has now, in words. */
export function missingOf({ tables, columns }: Wanted, dataset: Dataset): readonly string[] {
  const present = new Map<string, Set<string>>();
  for (const table of dataset.versions.flatMap((version) => version.tables)) {
    const known = present.get(table.name) ?? new Set();
    for (const column of table.columns) known.add(column.name);
    present.set(table.name, known);
  }
  const missing = (tables ?? []).filter((table) => !present.has(table)).map((table) => `table "${table}"`);
  for (const [table, names] of Object.entries(columns ?? {})) {
    const known = present.get(table);
    if (known) missing.push(...names.filter((name) => !known.has(name)).map((name) => `column "${table}.${name}"`));
  }
  return missing;
}

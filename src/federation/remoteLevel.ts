/** A level whose rows a remote source gives: by the keys of all its parents at once, or as a root by a search. */
import { versionName } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { CursorCodec } from '../plan/cursor.js';
import type { TableAt } from '../plan/link.js';
import { rowItems } from '../plan/levels.js';
import type { ConnectionItem, ConnectionLevel, EdgeItem, Level, PageInfoItem, RowItem, RowLevel } from '../plan/plan.js';
import type { Predicate } from '../plan/predicate.js';
import { rowCountMember } from '../plan/rowCount.js';
import type { AuthorizedPlan } from '../policy/authorize.js';
import { SourceError, type RemoteFilter, type RemoteRow, type RemoteSource, type RemoteTable } from '../sources/remote/remoteSource.js';
import { columnsOf, divide, evaluate } from './conditions.js';
import { neededColumns, readable, rowWriter } from './remoteRows.js';
import type { FederatedRun } from './run.js';

export interface RemoteContext {
  readonly plan: AuthorizedPlan;
  readonly run: FederatedRun;
  readonly source: RemoteSource | undefined;
  readonly codec: CursorCodec;
  /** Rows that a search looks through at most, where conditions are checked after the source. */
  readonly scanned: number;
  /** Numbers of the levels below. */
  readonly cut: (item: Extract<RowItem, { kind: 'level' }>) => number | undefined;
}

type Keyed = { readonly row: RemoteRow; readonly cursor: () => string };
interface Found {
  readonly rows: readonly Keyed[];
  readonly more: boolean;
  readonly total?: number;
  readonly end: () => string | null;
}

/** By the JSON text of each parent's value: the JSON text of the level's answer. A parent whose records could not be had has none. */
export async function levelByKeys(level: Level, keys: readonly string[], context: RemoteContext): Promise<ReadonlyMap<string, string>> {
  const values = new Map(keys.map((key) => [key, identifiers(key)]));
  const asked = [...new Set([...values.values()].flat())];
  const rows = await lookup(level, asked, context);
  const answers = new Map<string, string>();
  if (level.shape === 'row') {
    const write = singleWriter(level, context);
    for (const [key, ids] of values) {
      const row = rows.found.get(ids[0] ?? '');
      if (row) answers.set(key, write(row));
    }
    return answers;
  }
  for (const [key, ids] of values) {
    if (!ids.some((id) => rows.failed.has(id))) answers.set(key, connectionJson(level, page(level, present(ids, rows.found), context), context));
  }
  return answers;
}

/** The answer of a root. */
export async function remoteRoot(level: Level, context: RemoteContext): Promise<string> {
  const { run } = context;
  const keyed = keysOf(level, context);
  if (level.shape === 'row') {
    const rows = keyed ? [...(await lookup(level, keyed.ids, context, keyed.rest)).found.values()] : (await search(level, 1, undefined, context)).rows.map(({ row }) => row);
    return rows[0] ? singleWriter(level, context)(rows[0]) : 'null';
  }
  if (keyed) {
    if (level.order.length > 0) throw new DureError('BAD_USER_INPUT', 'Rows that are asked for by their identifiers come in the order of these: leave orderBy out.');
    const { found, failed } = await lookup(level, keyed.ids, context, keyed.rest);
    if (failed.size > 0 && found.size === 0) return 'null';
    return connectionJson(level, page(level, present(keyed.ids, found), context), context);
  }
  return connectionJson(level, await search(level, level.page.limit, level.page.after?.read(run.bindings), context), context);
}

/** The identifiers that satisfy a condition on a source's rows, for a condition on rows that hold them. */
export async function matchingKeys(level: Pick<Level, 'at' | 'path' | 'where'>, limit: number, context: RemoteContext): Promise<{ readonly keys: readonly string[]; readonly complete: boolean }> {
  const key = level.at.table.remote!.key!;
  const frame: Level = { ...level, shape: 'row', row: [] };
  const keyed = keysOf(frame, context);
  if (keyed) return { keys: [...(await lookup(frame, keyed.ids, context, keyed.rest, true)).found.keys()], complete: true };
  const { rows, more } = await search(frame, limit, undefined, context);
  return { keys: rows.map(({ row }) => String(row[key])), complete: !more };
}

/** Those of these identifiers whose records satisfy a condition. */
export async function keysThatSatisfy(level: Pick<Level, 'at' | 'path' | 'where'>, ids: readonly string[], context: RemoteContext): Promise<readonly string[]> {
  return [...(await lookup({ ...level, shape: 'row', row: [] }, ids, context, undefined, true)).found.keys()];
}

function present(ids: readonly string[], found: ReadonlyMap<string, RemoteRow>): readonly RemoteRow[] {
  return ids.map((id) => found.get(id)).filter((row) => row !== undefined);
}

function identifiers(key: string): readonly string[] {
  // A text without escapes is what stands between its quotation marks.
  if (key.startsWith('"') && !key.includes('\\')) return [key.slice(1, -1)];
  const value: unknown = JSON.parse(key);
  return (Array.isArray(value) ? value : [value]).filter((item) => item !== null).map(String);
}

/** The records with these identifiers that the caller may see and that satisfy the level's conditions. What is missing is told. */
async function lookup(level: Level, ids: readonly string[], context: RemoteContext, rest: Predicate = level.where, strict = false): Promise<{ found: ReadonlyMap<string, RemoteRow>; failed: ReadonlySet<string> }> {
  const { plan, run } = context;
  const found = new Map<string, RemoteRow>();
  if (ids.length === 0) return { found, failed: new Set() };
  const columns = neededColumns(plan, level.at, rowItems(level), [rest]);
  try {
    const answer = await tableOf(level, context).lookup(ids, columns, run.call(level.at));
    run.answeredBy(level.at, hidesRows(plan, level.at) ? { ...answer.info, unreadable: undefined } : answer.info, answer.failed.size < ids.length);
    if (answer.failed.size > 0) {
      const first = [...answer.failed.values()][0]!;
      if (strict) throw first;
      run.failed(level.at, level.path, first, answer.failed.size);
    }
    const unknown: string[] = [];
    const see = readable(plan, level.at, run.bindings);
    for (const id of ids) {
      const row = answer.rows.get(id);
      if (!row) {
        if (!answer.failed.has(id)) unknown.push(id);
        continue;
      }
      const seen = see(row);
      // One that the rules hide is told like one that is not there.
      if (!seen) unknown.push(id);
      else if (evaluate(rest, seen, run.bindings) === true) found.set(id, seen);
    }
    // A condition that nothing satisfies is no mistake; an identifier that leads nowhere is told, but not as part of a filter.
    if (unknown.length > 0 && !strict) run.unknown(level.at, level.path, unknown);
    return { found, failed: new Set(answer.failed.keys()) };
  } catch (error) {
    if (!(error instanceof SourceError) || strict) throw error;
    run.failed(level.at, level.path, error, ids.length);
    return { found, failed: new Set(ids) };
  }
}

async function search(level: Level, wanted: number, after: readonly (string | null)[] | undefined, context: RemoteContext): Promise<Found> {
  const { plan, run, codec } = context;
  const table = tableOf(level, context);
  const { capabilities } = table;
  if (!capabilities.search) {
    const key = level.at.table.columns.find((column) => column.name === capabilities.key)?.field ?? 'id';
    throw new DureError('BAD_USER_INPUT', `${level.at.dataset.source!.id} gives ${level.at.table.name} by identifier only: ask with where: { ${key}: { in: […] } }.`, { source: level.at.dataset.source!.id });
  }
  const relation = plan.relation(level.at);
  // A column that is read as something else is compared as that, which only we can do.
  const plain = (filter: RemoteFilter): boolean => ('of' in filter ? (Array.isArray(filter.of) ? filter.of : [filter.of as RemoteFilter]).every(plain) : relation.access(filter.column).kind === 'plain');
  const { pushed, asked, kept } = divide(level.where, { ...capabilities, filter: (filter) => plain(filter) && capabilities.filter(filter), narrows: (filter) => plain(filter) && capabilities.narrows?.(filter) === true }, run.bindings);
  const lacking = capabilities.lacking?.(pushed);
  if (lacking !== undefined) throw new DureError('BAD_USER_INPUT', `${level.at.dataset.source!.id}: ${lacking}`, { source: level.at.dataset.source!.id });
  // What the rules hide is left out here, whatever the source could do: conditions of a rule do not leave the house.
  const hides = hidesRows(plan, level.at);
  const order = level.shape === 'connection' ? level.order : [];
  if (order.length > 0 && !(capabilities.order(order) && order.every((term) => relation.access(term.column).kind === 'plain'))) throw new DureError('BAD_USER_INPUT', `${level.at.dataset.source!.id} cannot order by ${order.map((term) => term.column.field).join(', ')}: leave orderBy out.`);
  const columns = neededColumns(plan, level.at, rowItems(level), level.where.op === 'constant' ? [] : [level.where]);
  const version = versionName(level.at.version);
  const cursorAt = (token: string | null, index: number) => (): string => (level.shape === 'connection' ? codec.encode(version, level.cursorContext(run.bindings), [token, String(index)]) : '');

  let token = after?.[0] ?? null;
  let skip = after ? Number(after[1]) + 1 : 0;
  let looked = 0;
  let total: number | undefined;
  const rows: Keyed[] = [];
  const see = readable(plan, level.at, run.bindings);
  let more = false;
  for (;;) {
    const answer = await table.search({ filter: pushed, order, columns, first: Math.min(capabilities.page, Math.max(skip + wanted - rows.length + 1, kept.length > 0 || hides ? capabilities.page : 1)), ...(token === null ? {} : { after: token }) }, run.call(level.at));
    // How many pages hidden rows filled, and what of them could not be read, is not told.
    run.answeredBy(level.at, hides ? { ...answer.info, requests: looked === 0 ? answer.info.requests : 0, unreadable: undefined } : answer.info);
    total ??= answer.total;
    for (const [index, row] of answer.rows.entries()) {
      if (index < skip) continue;
      const seen = see(row);
      if (!seen || !kept.every((part) => evaluate(part, seen, run.bindings) === true)) continue;
      if (rows.length === wanted) {
        more = true;
        break;
      }
      rows.push({ row: seen, cursor: cursorAt(token, index) });
    }
    looked += answer.rows.length;
    if (more || answer.next === undefined || answer.next === token) break;
    if (rows.length >= wanted && kept.length === 0 && !hides) {
      more = true;
      break;
    }
    token = answer.next;
    skip = 0;
    if (looked >= context.scanned) {
      more = true;
      run.entry(level.at).truncated = true;
      break;
    }
  }
  const entry = run.entry(level.at);
  if (kept.length > 0) entry.postFiltered = columnsOf(kept);
  if (pushed) entry.pushedDown = columnsOf(asked);
  // A count from the source would tell how many rows the rules hide, and knows nothing of conditions checked here.
  const counted = kept.length === 0 && !hides ? total : undefined;
  return { rows, more, total: counted, end: () => rows.at(-1)?.cursor() ?? (more ? cursorAt(token, -1)() : null) };
}

function hidesRows(plan: AuthorizedPlan, at: TableAt): boolean {
  const { rows } = plan.relation(at);
  return !(rows.op === 'constant' && rows.value);
}

/** A list of records at hand, paged. */
function page(level: ConnectionLevel, rows: readonly RemoteRow[], { codec, run }: RemoteContext): Found {
  const version = versionName(level.at.version);
  const after = level.page.after?.read(run.bindings);
  const start = after ? Number(after[1]) + 1 : 0;
  const shown = rows.slice(start, start + level.page.limit).map((row, index): Keyed => ({ row, cursor: () => codec.encode(version, level.cursorContext(run.bindings), [null, String(start + index)]) }));
  return { rows: shown, more: start + shown.length < rows.length, total: rows.length, end: () => shown.at(-1)?.cursor() ?? null };
}

/** The identifiers that a condition names, and what else it asks. */
function keysOf(level: Level, { run, plan }: RemoteContext): { readonly ids: readonly string[]; readonly rest: Predicate } | undefined {
  const key = level.at.table.remote?.key;
  const column = level.at.table.columns.find((c) => c.name === key);
  if (!column || plan.relation(level.at).access(column).kind !== 'plain') return undefined;
  const parts = level.where.op === 'and' ? level.where.of : [level.where];
  const index = parts.findIndex((part) => (part.op === 'in' || (part.op === 'compare' && part.comparison === 'eq')) && part.column.name === key);
  const part = parts[index];
  if (part?.op !== 'in' && part?.op !== 'compare') return undefined;
  const value = part.op === 'in' ? part.values.read(run.bindings) : part.value.read(run.bindings);
  const ids = (Array.isArray(value) ? value : [value]).filter((id) => id !== null && id !== undefined).map(String);
  return { ids: [...new Set(ids)], rest: { op: 'and', of: parts.filter((_, at) => at !== index) } };
}

function tableOf(level: Pick<Level, 'at'>, { source }: RemoteContext): RemoteTable {
  const { id } = level.at.dataset.source!;
  const table = source?.tables.get(level.at.table.name);
  if (!table) throw new SourceError('SOURCE_DOWN', `The source ${id} is not ready on this server.`, { source: id });
  return table;
}

function connectionJson(level: ConnectionLevel, found: Found, context: RemoteContext): string {
  const members = level.items.map((item) => `${JSON.stringify(item.key)}:${connectionItem(item, level, found, context)}`);
  const count = level.items.some((item) => item.kind === 'nodes' || item.kind === 'edges') ? rowCountMember(context.plan, level.at) : undefined;
  return `{${[...members, ...(count === undefined ? [] : [`"${count}":${found.rows.length}`])].join(',')}}`;
}

/** What writes the one row of a level, with its count where rows are counted. */
function singleWriter(level: RowLevel, { plan, cut }: RemoteContext): (row: RemoteRow) => string {
  const write = rowWriter(level.at, level.row, cut);
  const count = rowCountMember(plan, level.at);
  return count === undefined ? write : (row) => `${write(row).slice(0, -1)}${level.row.length > 0 ? ',' : ''}"${count}":1}`;
}

function connectionItem(item: ConnectionItem, level: ConnectionLevel, found: Found, context: RemoteContext): string {
  const writer = (items: readonly RowItem[]): ((row: RemoteRow) => string) => rowWriter(level.at, items, context.cut);
  switch (item.kind) {
    case 'typename': return JSON.stringify(item.name);
    case 'totalCount': return JSON.stringify(found.total ?? null);
    case 'nodes': {
      const write = writer(item.row);
      return `[${found.rows.map(({ row }) => write(row)).join(',')}]`;
    }
    case 'edges': {
      const members = item.items.map((edge) => ({ key: JSON.stringify(edge.key), write: edgeWriter(edge, writer) }));
      return `[${found.rows.map((keyed) => `{${members.map(({ key, write }) => `${key}:${write(keyed)}`).join(',')}}`).join(',')}]`;
    }
    case 'pageInfo': return `{${item.items.map((info) => `${JSON.stringify(info.key)}:${pageInfo(info, level, found)}`).join(',')}}`;
    case 'aggregate': case 'groups': case 'release': case 'noisy': throw new Error('a remote table has no figures');
  }
}

function edgeWriter(edge: EdgeItem, writer: (items: readonly RowItem[]) => (row: RemoteRow) => string): (keyed: Keyed) => string {
  switch (edge.kind) {
    case 'typename': return () => JSON.stringify(edge.name);
    case 'cursor': return (keyed) => JSON.stringify(keyed.cursor());
    case 'node': {
      const write = writer(edge.row);
      return ({ row }) => write(row);
    }
  }
}

function pageInfo(info: PageInfoItem, level: ConnectionLevel, found: Found): string {
  switch (info.kind) {
    case 'typename': return '"PageInfo"';
    case 'hasNextPage': return String(found.more);
    case 'hasPreviousPage': return String(level.page.after !== undefined);
    case 'startCursor': return JSON.stringify(found.rows[0]?.cursor() ?? null);
    case 'endCursor': return JSON.stringify(found.end());
  }
}

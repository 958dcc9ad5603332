/** What a mirror fetches: pages of an external table, asked by an operation of our own in its asker's name, by the same way as every question. */
import { datasetPath, versionName, type Column, type Dataset, type Table } from '../catalog/model.js';
import { typeName } from '../catalog/naming.js';
import { DureError, errorCodes, type ErrorCode } from '../errors.js';
import type { MirroredSource, MirrorPage, SyncInput } from '../jobs/kinds/sync.js';
import type { Job } from '../jobs/job.js';
import { decideDataset, type TableDecision } from '../policy/decide.js';
import { isVisible } from '../policy/visible.js';
import type { MirroredTable } from '../publish/mirror.js';
import { askingOf } from './asking.js';
import type { RequestContext, Services } from './context.js';
import type { Engine } from './engine.js';
import { clock } from './static/lookups.js';

export interface MirroredOptions {
  readonly engine: Engine;
  readonly services: Services;
  readonly maxPageSize: number;
}

/** Rows of one page; sources have smaller ones of their own. */
const pageRows = 500;

export function mirroredSource({ engine, services, maxPageSize }: MirroredOptions): MirroredSource {
  const contextOf = (input: Pick<SyncInput, 'purpose'>, { id, identity }: Pick<Job, 'id' | 'identity'>, signal: AbortSignal): RequestContext => ({
    identity, channel: 'export', requestId: id, language: 'en', signal, services, ...(input.purpose === undefined ? {} : { purpose: input.purpose }),
  });
  return {
    describe: (input, job) => describeMirror(services, input, contextOf(input, job, new AbortController().signal)),
    async page(input, mirrored, after, job, signal) {
      const context = contextOf(input, job, signal);
      const { dataset, table } = findExternal(services, input, context);
      const { organization } = dataset;
      const type = typeName(organization.field, dataset.field, table.field);
      const fields = mirrored.columns.map((column, index) => `c${index}: ${column.field}`).join(' ');
      const total = after === null && (table.remote === undefined || table.remote.counts) ? 'totalCount ' : '';
      const query = `query Mirror($first: Int!, $after: String, $where: ${type}Where) { rows: ${organization.field} { rows: ${dataset.field} { rows: ${table.field}(first: $first, after: $after, where: $where) { ${total}nodes { ${fields} } pageInfo { endCursor hasNextPage } } } } }`;
      const schema = engine.schemaFor(job.identity);
      const prepared = engine.prepare(schema, query);
      if ('errors' in prepared) throw refused(prepared.errors, input);
      const answer = await engine.execute(prepared.operation, { first: Math.min(pageRows, maxPageSize), after, where: input.where ?? null }, schema, context);
      if (answer.errors && answer.errors.length > 0) throw refused(answer.errors, input);
      return pageOf(answer, mirrored.columns, datasetPath(dataset));
    },
  };
}

/** @throws DureError NOT_FOUND, BAD_USER_INPUT, FORBIDDEN */
export function describeMirror(services: Services, input: Pick<SyncInput, 'source' | 'table' | 'columns'>, context: RequestContext): MirroredTable {
  const { dataset, table } = findExternal(services, input, context);
  const version = dataset.versions[0]!;
  const decision = decideDataset(dataset, askingOf(context, services.grants), clock(services));
  const decided = decision.tables.get(table.name);
  if (!decided?.readable) throw new DureError('FORBIDDEN', decided?.reason.message ?? `You may not read ${table.name} of ${input.source}.`, { dataset: input.source, table: table.name });
  if (decided.granularity !== 'export') throw new DureError('FORBIDDEN', `The rules of ${input.source} let you ask of ${table.name}, not take its rows away.`, { dataset: input.source, table: table.name });
  const columns = chosen(table, decided, input.columns);
  const names = new Set(columns.map(({ name }) => name));
  return {
    path: datasetPath(dataset), version: versionName(version), state: `${version.id} ${dataset.rulesRevision} ${decision.key}`,
    table, columns, metadata: version.metadata,
    primaryKey: table.primaryKey.every((name) => names.has(name) && !decided.columns.has(name)) ? table.primaryKey : [],
  };
}

function findExternal({ catalog, grants, ...services }: Services, { source, table: name }: Pick<SyncInput, 'source' | 'table'>, { identity }: RequestContext): { dataset: Dataset; table: Table } {
  const dataset = catalog.snapshot.byPath.get(source) ?? [...catalog.snapshot.datasets.values()].find((one) => one.source?.id === source);
  if (!dataset || !isVisible(dataset, identity, clock(services as Services), grants?.of(identity))) throw new DureError('NOT_FOUND', `There is no source ${JSON.stringify(source)} that you may see.`, { source });
  if (!dataset.source) throw new DureError('BAD_USER_INPUT', `${source} is no external source: its versions are kept here already.`, { source });
  const table = dataset.versions[0]!.tables.find((one) => one.name === name || one.field === name);
  if (!table) throw new DureError('NOT_FOUND', `${source} has no table ${JSON.stringify(name)}; it has ${dataset.versions[0]!.tables.map((one) => one.name).join(', ')}.`, { source, table: name });
  return { dataset, table };
}

function chosen(table: Table, decided: TableDecision, wanted: readonly string[] | undefined): readonly Column[] {
  const withheld = (column: Column): boolean => decided.columns.get(column.name)?.transform.kind === 'deny';
  if (wanted === undefined) {
    const readable = table.columns.filter((column) => !withheld(column));
    if (readable.length === 0) throw new DureError('FORBIDDEN', `You may read no column of ${table.name}.`, { table: table.name });
    return readable;
  }
  const unknown = wanted.filter((name) => !table.columns.some((column) => column.name === name || column.field === name));
  if (unknown.length > 0 || wanted.length === 0) throw new DureError('BAD_USER_INPUT', wanted.length === 0 ? 'columns is empty: leave it out for all.' : `${table.name} has no column ${unknown.join(', ')}.`, { argument: 'columns', unknown });
  const columns = table.columns.filter((column) => wanted.includes(column.name) || wanted.includes(column.field));
  const refusedColumns = columns.filter(withheld).map(({ name }) => name);
  if (refusedColumns.length > 0) throw new DureError('FORBIDDEN', `You may not read ${refusedColumns.join(', ')} of ${table.name}.`, { table: table.name, columns: refusedColumns });
  return columns;
}

interface Told { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }

/** The engine's first error as one of the job's. */
function refused(errors: readonly Told[], { source }: SyncInput): DureError {
  const { message, extensions: { code, requestId: _requestId, ...details } = {} } = errors[0]!;
  const known = (errorCodes as readonly unknown[]).includes(code) ? (code as ErrorCode) : 'BAD_USER_INPUT';
  return new DureError(known === 'GRAPHQL_VALIDATION_FAILED' ? 'BAD_USER_INPUT' : known, message, { source, ...details });
}

interface Rows { readonly totalCount?: number | null; readonly nodes: readonly Readonly<Record<string, unknown>>[]; readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean } }

function pageOf({ data, extensions }: { readonly data?: string; readonly extensions?: Readonly<Record<string, unknown>> }, columns: readonly Column[], path: string): MirrorPage {
  const { rows: { rows: { rows } } } = JSON.parse(data!) as { rows: { rows: { rows: Rows } } };
  const told = (extensions?.['provenance'] as readonly { readonly dataset?: string; readonly release?: string; readonly fetchedAt?: string }[] | undefined)?.find(({ dataset }) => dataset === path);
  return {
    rows: rows.nodes.map((node) => JSON.stringify(columns.map((_, index) => node[`c${index}`] ?? null))),
    next: rows.pageInfo.hasNextPage ? rows.pageInfo.endCursor : null, total: rows.totalCount ?? null, release: told?.release ?? null, fetchedAt: told?.fetchedAt ?? null,
  };
}

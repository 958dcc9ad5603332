/** A dataset as one person may take it away: what an export holds, its pages (by operations of our own in the asker's name), and whether a file may still be fetched. */
import { isObjectType, type GraphQLObjectType } from 'graphql';
import { datasetPath, versionName, type Column, type Dataset, type Table, type Version } from '../catalog/model.js';
import { canonicalJson } from '../canonicalJson.js';
import { DureError, errorCodes, type ErrorCode } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Job } from '../jobs/job.js';
import type { ExportedDataset, ExportInput, ExportPage, ExportTableInput, ExportView } from '../jobs/kinds/exportDataset.js';
import { majorField } from '../plan/version.js';
import { boundsOf, noStricter, requireExportable } from '../policy/bounds.js';
import { frozenError } from '../policy/closed.js';
import { decideDataset, tableAt, type DatasetDecision, type TableDecision } from '../policy/decide.js';
import { parsePurpose, purposeText } from '../policy/purpose.js';
import { isVisible } from '../policy/visible.js';
import type { ExportedTable } from '../publish/exportDescriptor.js';
import { suggestion } from '../sources/http/mistakes.js';
import type { ExportRecord } from '../storage/exportStore.js';
import { askingOf } from './asking.js';
import type { RequestContext, Services } from './context.js';
import type { Engine } from './engine.js';
import { rawRows } from './rawRows.js';
import { clock } from './static/lookups.js';

type Asker = Pick<Job, 'id' | 'identity'>;
type Question = Pick<ExportInput, 'purpose' | 'destination'>;

export class Exporter implements ExportedDataset {
  private engine?: Engine;

  constructor(private readonly services: () => Services) {}

  /** The engine, once it is made. */
  use(engine: Engine): void {
    this.engine = engine;
  }

  view(input: Omit<ExportInput, 'version'> & { readonly version?: string }, asker: Asker): ExportView {
    const services = this.services();
    const context = this.context(input, asker, new AbortController().signal);
    const dataset = services.catalog.snapshot.byPath.get(input.dataset);
    if (!dataset || !isVisible(dataset, asker.identity, clock(services), services.grants?.of(asker.identity))) throw new DureError('NOT_FOUND', `There is no dataset ${JSON.stringify(input.dataset.slice(0, 200))} that you may see.`, { dataset: input.dataset });
    if (dataset.freeze) throw frozenError(dataset);
    if (dataset.source) throw new DureError('BAD_USER_INPUT', `The rows of ${input.dataset} are kept elsewhere, and may change while they are read: mirror them first (syncSource), then export the mirror.`, { argument: 'dataset' });
    const version = versionOf(dataset, input.version);
    const now = clock(services);
    const decision = decideDataset(dataset, askingOf(context, services.grants), now);
    const chosen = input.tables ? named(dataset, version, input.tables) : openOf(dataset, version, decision, now);
    const tables = chosen.map(({ table, columns, where }): ExportedTable & { readonly decided: TableDecision } => {
      const decided = requireExportable({ dataset, version, table }, decision, now);
      return { table, columns: columnsOf(table, decided, columns), decided, ...(where === undefined ? {} : { where }) };
    });
    const bounds = Object.fromEntries(tables.map(({ table, columns, decided }) => [table.name, { columns: columns.map(({ name }) => name), bounds: boundsOf(decided, columns, asker.identity) }]));
    const obligations = new Map(tables.flatMap(({ decided }) => decided.obligations).map((duty) => [duty.rule, duty]));
    return {
      dataset, version, bounds,
      tables: tables.map(({ decided: _decided, ...table }) => table),
      withheld: tables.flatMap(({ table, decided }) => table.columns.flatMap((column) => {
        const restriction = decided.columns.get(column.name);
        return restriction ? [{ table: table.name, column: column.name, treatment: restriction.transform.kind, rule: restriction.rule, reason: restriction.reason }] : [];
      })),
      narrowed: tables.flatMap(({ table, decided }) => decided.rows.map(({ id, reason }) => ({ table: table.name, rule: id, ...(reason === undefined ? {} : { reason }) }))),
      closed: version.tables.filter((table) => !tables.some((one) => one.table === table)).flatMap((table) => {
        const decided = tableAt(decision, { version, table });
        return decided?.admitted && !input.tables ? [{ table: table.name, reason: decided.readable ? `Of it you may get ${decided.granularity} at most.` : decided.reason.message }] : [];
      }),
      obligations: [...obligations.values()],
      // A person who is erased puts other segments in a version's place: the file would hold both states.
      state: canonicalJson([version.id, dataset.rulesRevision, decision.key, bounds, tables.map(({ table, decided }) => [table.segments.map(({ physical }) => physical), decided.grant?.id ?? null])]),
    };
  }

  /** Whether the export would be answered, without a row: the same judgement, conditions included. @throws DureError */
  async check(input: ExportInput, view: ExportView, context: RequestContext): Promise<void> {
    for (const table of view.tables) await this.ask(view, table, '__typename', {}, { ...context, channel: 'export' });
  }

  async page(input: ExportInput, view: ExportView, table: ExportedTable, after: string | null, size: number, asker: Asker, signal: AbortSignal): Promise<ExportPage> {
    const fields = table.columns.map(({ field }) => field).join(' ');
    const selection = `${after === null ? 'totalCount ' : ''}pageInfo { endCursor hasNextPage } nodes { ${fields} }`;
    const { text, path } = await this.ask(view, table, selection, { first: size, after }, this.context(input, asker, signal));
    const { members, rows } = rawRows(text, path);
    const { endCursor, hasNextPage } = JSON.parse(members.get('pageInfo')!) as { endCursor: string | null; hasNextPage: boolean };
    return { rows, next: hasNextPage ? endCursor : null, total: members.has('totalCount') ? (JSON.parse(members.get('totalCount')!) as number | null) : null };
  }

  /**
   * Whether the identity may have this file at the instant: all of its tables may still be taken away, under rules that are no stricter than
   * those that it was written under.
   * @throws DureError FORBIDDEN or CONFLICT
   */
  judge(record: ExportRecord, identity: Identity, now: number): { readonly dataset: Dataset; readonly version: Version } {
    const services = this.services();
    const dataset = services.catalog.snapshot.datasets.get(record.datasetId);
    const version = dataset?.versions.find(({ id }) => id === record.versionId);
    if (!dataset || !version) throw new DureError('NOT_FOUND', 'The dataset that this file was made of is not there any more.');
    if (dataset.freeze) throw frozenError(dataset);
    const input = record.input as unknown as ExportInput;
    if (identity.site !== undefined && (identity.purpose === undefined ? undefined : purposeText(parsePurpose(identity.purpose))) !== input.purpose) throw new DureError('FORBIDDEN', 'The file was exported for another purpose than the one that your site has signed.', { reason: 'PURPOSE_NOT_ALLOWED' });
    const decision = decideDataset(dataset, askingOf(this.context(input, { id: record.id, identity }, new AbortController().signal), services.grants), now);
    for (const [name, then] of Object.entries(record.bounds)) {
      const table = version.tables.find((one) => one.name === name);
      if (!table) throw new DureError('NOT_FOUND', 'A table that this file was made of is not there any more.');
      const decided = requireExportable({ dataset, version, table }, decision, now);
      if (!noStricter(boundsOf(decided, then.columns.map((column) => ({ name: column })), identity), then.bounds)) {
        throw new DureError('CONFLICT', `What you may read of ${datasetPath(dataset)} is narrower now, or other, than when this file was written. Export again, under what holds now.`, { reason: 'RULES_CHANGED', dataset: datasetPath(dataset), table: name });
      }
    }
    return { dataset, version };
  }

  private context(input: Question, { id, identity }: Asker, signal: AbortSignal): RequestContext {
    const { purpose, destination } = input;
    return { identity, channel: 'export', requestId: id, language: 'en', signal, services: this.services(), ...(purpose === undefined ? {} : { purpose }), ...(destination === undefined ? {} : { destination }) };
  }

  private async ask({ dataset, version }: ExportView, { table, where }: ExportedTable, selection: string, variables: Readonly<Record<string, unknown>>, context: RequestContext): Promise<{ readonly text: string; readonly path: readonly string[] }> {
    const { engine } = this;
    if (!engine) throw new Error('the exporter has no engine yet');
    const schema = engine.schemaFor(context.identity);
    const path = [dataset.organization.field, majorField(dataset, version.major), table.field];
    const condition = whereType(schema.schema.getQueryType() ?? undefined, path);
    const parts = [...('first' in variables ? [['first', 'Int!'], ['after', 'String']] : []), ...(where === undefined ? [] : [['where', condition]])];
    const declared = parts.length === 0 ? '' : `(${parts.map(([name, type]) => `$${name}: ${type}`).join(', ')})`;
    const given = parts.length === 0 ? '' : `(${parts.map(([name]) => `${name}: $${name}`).join(', ')})`;
    const query = `query Export${declared} { ${path[0]} { ${path[1]}(version: "${versionName(version)}") { ${path[2]}${given} { ${selection} } } } }`;
    const prepared = engine.prepare(schema, query);
    if ('errors' in prepared) throw refused(prepared.errors, dataset);
    const answer = await engine.execute(prepared.operation, where === undefined ? variables : { ...variables, where }, schema, context);
    if (answer.errors && answer.errors.length > 0) throw refused(answer.errors, dataset);
    const others = ((answer.extensions?.['provenance'] ?? []) as readonly { readonly dataset?: string }[]).filter((one) => one.dataset !== datasetPath(dataset));
    if (others.length > 0) throw new DureError('BAD_USER_INPUT', `The condition on ${table.name} looks into ${others.map((one) => one.dataset).join(', ')}. A file is of one dataset: narrow it by its own columns and links.`, { argument: 'where', table: table.name });
    return { text: answer.data!, path };
  }
}

function versionOf(dataset: Dataset, name: string | undefined): Version {
  const found = name === undefined ? dataset.versions[0] : dataset.versions.find((version) => versionName(version) === name);
  if (!found) throw new DureError('BAD_USER_INPUT', `${datasetPath(dataset)} has no version ${JSON.stringify(String(name).slice(0, 40))}. It has ${dataset.versions.slice(0, 10).map(versionName).join(', ')}.`, { argument: 'version' });
  return found;
}

interface Chosen { readonly table: Table; readonly columns?: readonly string[]; readonly where?: unknown }

/** All mistakes at once. @throws DureError BAD_USER_INPUT */
function named(dataset: Dataset, version: Version, wanted: readonly ExportTableInput[]): readonly Chosen[] {
  const mistakes: string[] = [];
  const chosen: Chosen[] = [];
  const names = version.tables.map((table) => table.name);
  if (wanted.length === 0) mistakes.push('tables is empty: leave it out for all.');
  for (const { table: name, columns, where } of wanted) {
    const table = version.tables.find((one) => one.name === name) ?? version.tables.find((one) => one.field === name);
    if (!table) {
      mistakes.push(`${datasetPath(dataset)} ${versionName(version)} has no table ${JSON.stringify(name.slice(0, 200))}; it has ${names.join(', ')}.${suggestion(name, names)}`);
      continue;
    }
    if (chosen.some((one) => one.table === table)) mistakes.push(`${table.name} is named twice.`);
    if (columns?.length === 0) mistakes.push(`columns of ${table.name} is empty: leave it out for all.`);
    const known = table.columns.flatMap((column) => [column.name, column.field]);
    for (const column of columns ?? []) if (!known.includes(column)) mistakes.push(`${table.name} has no column ${JSON.stringify(column.slice(0, 200))}.${suggestion(column, table.columns.map((one) => one.name))}`);
    if (where !== undefined && (typeof where !== 'object' || where === null || Array.isArray(where))) mistakes.push(`where of ${table.name} must be an object, as in a query.`);
    chosen.push({ table, ...(columns ? { columns } : {}), ...(where === undefined ? {} : { where }) });
  }
  if (mistakes.length > 0) throw new DureError('BAD_USER_INPUT', mistakes.join('\n'), { argument: 'tables', mistakes });
  return chosen;
}

/** Those that the asker may take away. @throws DureError FORBIDDEN where that is none */
function openOf(dataset: Dataset, version: Version, decision: DatasetDecision, now: number): readonly Chosen[] {
  let refusal: unknown;
  const open = version.tables.flatMap((table) => {
    try {
      const decided = requireExportable({ dataset, version, table }, decision, now);
      return readable(table, decided).length > 0 ? [{ table }] : [];
    } catch (error) {
      refusal ??= error;
      return [];
    }
  });
  if (open.length === 0) throw refusal ?? new DureError('FORBIDDEN', `You may read no column of ${datasetPath(dataset)}.`, { dataset: datasetPath(dataset) });
  return open;
}

function readable(table: Table, decided: TableDecision): readonly Column[] {
  return table.columns.filter((column) => decided.columns.get(column.name)?.transform.kind !== 'deny');
}

function columnsOf(table: Table, decided: TableDecision, wanted: readonly string[] | undefined): readonly Column[] {
  const open = readable(table, decided);
  if (!wanted) {
    if (open.length === 0) throw new DureError('FORBIDDEN', `You may read no column of ${table.name}.`, { table: table.name });
    return open;
  }
  const columns = table.columns.filter((column) => wanted.includes(column.name) || wanted.includes(column.field));
  const closed = columns.filter((column) => !open.includes(column)).map(({ name }) => name);
  if (closed.length > 0) throw new DureError('FORBIDDEN', `You may not read ${closed.join(', ')} of ${table.name}.`, { table: table.name, columns: closed });
  return columns;
}

function whereType(query: GraphQLObjectType | undefined, path: readonly string[]): string | undefined {
  let type: unknown = query;
  for (const [index, key] of path.entries()) {
    const field = isObjectType(type) ? type.getFields()[key] : undefined;
    if (index === path.length - 1) return field?.args.find(({ name }) => name === 'where')?.type.toString();
    type = field && ('ofType' in field.type ? field.type.ofType : field.type);
  }
  return undefined;
}

interface Told { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }

/** The engine's first error as one of the job's. */
function refused(errors: readonly Told[], dataset: Dataset): DureError {
  const { message, extensions: { code, requestId: _requestId, ...details } = {} } = errors[0]!;
  const known = (errorCodes as readonly unknown[]).includes(code) ? (code as ErrorCode) : 'BAD_USER_INPUT';
  return new DureError(known === 'GRAPHQL_VALIDATION_FAILED' ? 'BAD_USER_INPUT' : known, message, { ...details, dataset: datasetPath(dataset) });
}

/** A table of another Dure site. Who asks there is who asks here, told by a signed token; which rows and values that site gives is its own decision. */
import type { Column } from '../../catalog/model.js';
import { typeName } from '../../catalog/naming.js';
import { ask, invalid, record, type GraphqlAnswer, type GraphqlEndpoint } from '../graphql/endpoint.js';
import { CellMistake, cellOf } from '../remote/cell.js';
import { lookupInBatches, type Batch } from '../remote/lookupInBatches.js';
import { SourceError, type LookupAnswer, type RemoteCall, type RemoteCapabilities, type RemoteRow, type RemoteTable, type SearchAnswer, type SearchQuery, type SourceErrorCode, type TreatedColumn } from '../remote/remoteSource.js';
import type { FarDataset, FarTable } from './describeSite.js';
import { isSayable, whereInput, type WhereInput } from './whereInput.js';

const batch = 200;
const page = 500;

export class DureTable implements RemoteTable {
  readonly name: string;
  readonly capabilities: RemoteCapabilities;
  private readonly type: string;
  private readonly key: Column | undefined;

  constructor(private readonly endpoint: GraphqlEndpoint, private readonly dataset: FarDataset, private readonly table: FarTable) {
    this.name = table.name;
    this.type = typeName(...dataset.fields, table.field);
    this.key = table.columns.find((column) => column.name === table.key);
    this.capabilities = Object.freeze({
      ...(this.key ? { key: this.key.name } : {}), batch, search: true, filter: isSayable, counts: false, page,
      order: (order) => order.every(({ column }) => !['json', 'geopoint', 'list'].includes(column.kind)),
    } satisfies RemoteCapabilities);
  }

  lookup(keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer> {
    const { key } = this;
    if (!key) return Promise.reject(new Error(`${this.name} has no key`));
    const tally = { requests: 0 };
    // A key that is no number is nobody's.
    const possible = keys.filter((text) => key.kind === 'text' || (/^-?\d{1,19}$/.test(text) && (key.kind !== 'int32' || Math.abs(Number(text)) <= 0x7fffffff)));
    return lookupInBatches(possible, { batch }, tally, (part) => this.batch(part, key, columns, call, tally));
  }

  private async batch(keys: readonly string[], key: Column, columns: readonly Column[], call: RemoteCall, tally: { requests: number }): Promise<Batch> {
    const wanted = [...new Set([key, ...columns])];
    const where = { [key.field]: { in: key.kind === 'int32' ? keys.map(Number) : keys } };
    const { nodes, fetchedAt, treated } = await this.page(where, [], keys.length, undefined, wanted, call, tally);
    const asked = new Set(keys);
    let strangers = false;
    const rows = new Map<string, RemoteRow>();
    for (const node of nodes) {
      const own = String(this.row(node, [key])[key.name]);
      if (!asked.has(own)) strangers = true;
      else if (!rows.has(own)) rows.set(own, this.row(node, columns));
    }
    // Other rows instead of those that were asked for: then “unknown” would be a guess.
    const failed = strangers ? new Map(keys.filter((one) => !rows.has(one)).map((one) => [one, invalid(this.endpoint, 'sent other rows than those that were asked for')])) : undefined;
    return { rows, failed, fetchedAt, treated };
  }

  async search({ filter, order, columns, first, after }: SearchQuery, call: RemoteCall): Promise<SearchAnswer> {
    const tally = { requests: 0 };
    const rows: RemoteRow[] = [];
    let cursor = after;
    for (;;) {
      const answer = await this.page(filter && whereInput(filter), order.map(({ column, direction }) => ({ [column.field]: direction })), Math.min(first - rows.length, page), cursor, columns, call, tally);
      rows.push(...answer.nodes.map((node) => this.row(node, columns)));
      if (answer.next === undefined || rows.length >= first) return { rows, ...(answer.next === undefined ? {} : { next: answer.next }), info: { fetchedAt: answer.fetchedAt, requests: tally.requests, ...(answer.treated ? { treated: answer.treated } : {}) } };
      if (answer.nodes.length === 0) throw invalid(this.endpoint, 'sent an empty page and says that there are more rows');
      cursor = answer.next;
    }
  }

  private async page(where: WhereInput | undefined, orderBy: readonly unknown[], first: number, after: string | undefined, columns: readonly Column[], call: RemoteCall, tally: { requests: number }): Promise<{ nodes: readonly unknown[]; next?: string; fetchedAt: Date; treated?: readonly TreatedColumn[] }> {
    const [organization, dataset] = this.dataset.fields;
    const fields = columns.length === 0 ? '__typename' : columns.map((column) => column.field).join(' ');
    const query = `query ($where: ${this.type}Where, $orderBy: [${this.type}OrderBy!], $first: Int, $after: String) { o: ${organization} { d: ${dataset} { rows: ${this.table.field}(where: $where, orderBy: $orderBy, first: $first, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } } } }`;
    const token = await call.onBehalfOf?.();
    const answer = await ask(this.endpoint, {
      query, variables: { where, orderBy: orderBy.length === 0 ? undefined : orderBy, first, after }, label: `${this.name} page`, headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      // A refusal has a body that says by its code what is refused.
      judge: ({ status, text }) => ([400, 401, 403].includes(status) && /"code"/.test(text) ? { kind: 'ok' } : undefined),
    }, call, tally);
    const connection = record(record(record(answer.data?.['o'])?.['d'])?.['rows']);
    const nodes = connection?.['nodes'];
    if (answer.problems.length > 0) throw this.refusal(answer);
    if (!Array.isArray(nodes)) throw invalid(this.endpoint, 'sent an answer without rows');
    const info = record(connection?.['pageInfo']);
    const next = info?.['hasNextPage'] === true ? info['endCursor'] : undefined;
    if (next !== undefined && next === after) throw invalid(this.endpoint, 'sent pages that lead in a circle');
    const treated = this.treated(answer);
    return { nodes, ...(typeof next === 'string' ? { next } : {}), fetchedAt: answer.fetchedAt, ...(treated.length > 0 ? { treated } : {}) };
  }

  /** Which columns are not as they are; why is told to those who ask that site itself. */
  private treated({ extensions }: GraphqlAnswer): readonly TreatedColumn[] {
    const told = record(extensions)?.['withheld'];
    return (Array.isArray(told) ? (told as readonly unknown[]) : []).map(record).flatMap((one): TreatedColumn[] => {
      const [column, treatment] = [one?.['column'], one?.['treatment']];
      const known = this.table.columns.find((candidate) => candidate.name === column || candidate.field === column);
      return known && typeof treatment === 'string' && /^[A-Z_]{1,30}$/.test(treatment) ? [{ column: known.name, treatment }] : [];
    });
  }

  private refusal({ problems }: GraphqlAnswer): SourceError {
    const { source } = this.endpoint;
    const code = problems.find((problem) => problem.code !== undefined)?.code ?? '';
    const [is, words] = refusals[code] ?? ['SOURCE_INVALID', 'did not understand the question; its tables may have changed'];
    return new SourceError(is, `${source} ${words}.`, { source });
  }

  private row(node: unknown, columns: readonly Column[]): RemoteRow {
    const values = record(node);
    if (!values) throw invalid(this.endpoint, 'sent a row that is none');
    try {
      return Object.freeze(Object.fromEntries(columns.map((column) => [column.name, cellOf(column, values[column.field])])));
    } catch (error) {
      if (error instanceof CellMistake) throw invalid(this.endpoint, error.message);
      throw error;
    }
  }
}

const refusals: Readonly<Record<string, readonly [SourceErrorCode, string]>> = {
  UNAUTHENTICATED: ['SOURCE_INVALID', 'does not believe this server about who asks: the sites must know each other (DURE_SITES)'],
  FORBIDDEN: ['SOURCE_INVALID', 'does not give this to you, by its own rules'],
  PURPOSE_REQUIRED: ['SOURCE_INVALID', 'gives this only for a declared purpose (dure-purpose)'],
  SUPPRESSED: ['SOURCE_INVALID', 'does not give figures of so few'],
  LIMIT_EXCEEDED: ['SOURCE_LIMITED', 'gives less at once than was asked for'],
  OVERLOADED: ['SOURCE_LIMITED', 'is busy'],
  TIMEOUT: ['SOURCE_TIMEOUT', 'did not answer in time'],
  DATABASE_UNAVAILABLE: ['SOURCE_DOWN', 'cannot reach its database'],
  INTERNAL: ['SOURCE_DOWN', 'failed'],
};

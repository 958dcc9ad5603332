/** What another Dure site says of one of its datasets: its tables and columns as that site names them. */
import type { Column, ColumnKind, License } from '../../catalog/model.js';
import { isLegalEnumValue, reservedColumnFields } from '../../catalog/naming.js';
import { ask, invalid, record, type GraphqlEndpoint } from '../graphql/endpoint.js';
import type { RemoteCall } from '../remote/remoteSource.js';

const columnKinds: readonly ColumnKind[] = ['text', 'int32', 'int64', 'decimal', 'float', 'boolean', 'date', 'datetime', 'time', 'duration', 'yearmonth', 'enum', 'json', 'geopoint', 'list'];

export interface FarTable {
  readonly name: string;
  readonly field: string;
  readonly title?: string;
  readonly description?: string;
  /** The column that rows are looked up by. */
  readonly key?: string;
  readonly columns: readonly Column[];
}

export interface FarDataset {
  /** Fields of the organization and of the dataset, at the far site. */
  readonly fields: readonly [organization: string, dataset: string];
  readonly title: string;
  readonly titleKo?: string;
  readonly description?: string;
  readonly licenses: readonly License[];
  readonly citation?: string;
  readonly tables: readonly FarTable[];
}

const question = `query ($slug: String!, $after: String) {
  organization(slug: $slug) { field datasets(first: 100, after: $after) { nodes {
    name field title(language: EN) titleKo description(language: EN) citation licenses { name path title }
    tables { name field title description primaryKey columns { name field type itemType enumValues title description unit namespace required unique } }
  } pageInfo { hasNextPage endCursor } } } }`;

/** Undefined where the site has no such dataset, or does not show it. @throws SourceError */
export async function describeDataset(endpoint: GraphqlEndpoint, organization: string, dataset: string, call: RemoteCall): Promise<FarDataset | undefined> {
  let after: unknown = null;
  for (let pages = 0; pages < 100; pages += 1) {
    const { data, problems } = await ask(endpoint, { query: question, variables: { slug: organization, after }, label: 'description' }, call, { requests: 0 });
    if (!data || problems.length > 0) throw invalid(endpoint, 'did not describe its datasets');
    const found = record(data['organization']);
    if (!found) return undefined;
    const connection = record(found['datasets']);
    const nodes = Array.isArray(connection?.['nodes']) ? (connection['nodes'] as readonly unknown[]) : [];
    const node = nodes.map(record).find((one) => one?.['name'] === dataset);
    if (node) return farDataset(endpoint, text(found['field']), node);
    const page = record(connection?.['pageInfo']);
    if (page?.['hasNextPage'] !== true || page['endCursor'] === after) return undefined;
    after = page['endCursor'];
  }
  return undefined;
}

function farDataset(endpoint: GraphqlEndpoint, organizationField: string | undefined, node: Readonly<Record<string, unknown>>): FarDataset {
  const field = text(node['field']);
  const tables = Array.isArray(node['tables']) ? (node['tables'] as readonly unknown[]) : [];
  if (organizationField === undefined || field === undefined || !isName(organizationField) || !isName(field)) throw invalid(endpoint, 'described a dataset without a name');
  return {
    fields: [organizationField, field], title: text(node['title']) ?? field, titleKo: text(node['titleKo']), description: text(node['description']), citation: text(node['citation']),
    licenses: (Array.isArray(node['licenses']) ? (node['licenses'] as readonly unknown[]) : []).map((one) => ({ name: text(record(one)?.['name']), path: text(record(one)?.['path']), title: text(record(one)?.['title']) })),
    tables: distinct(endpoint, 'tables', tables.map((table) => farTable(endpoint, record(table) ?? {}))),
  };
}

function farTable(endpoint: GraphqlEndpoint, table: Readonly<Record<string, unknown>>): FarTable {
  const [name, field] = [text(table['name']), text(table['field'])];
  if (name === undefined || field === undefined || !isName(field)) throw invalid(endpoint, 'described a table without a name');
  const columns = distinct(endpoint, 'columns', (Array.isArray(table['columns']) ? (table['columns'] as readonly unknown[]) : []).map((column) => farColumn(endpoint, record(column) ?? {})));
  const primaryKey = Array.isArray(table['primaryKey']) ? (table['primaryKey'] as readonly unknown[]) : [];
  const key = primaryKey.length === 1 ? columns.find((column) => column.name === primaryKey[0]) : undefined;
  return { name, field, title: text(table['title']), description: text(table['description']), columns, ...(key && ['text', 'int32', 'int64'].includes(key.kind) ? { key: key.name } : {}) };
}

function farColumn(endpoint: GraphqlEndpoint, facts: Readonly<Record<string, unknown>>): Column {
  const [name, field, kind, item] = [text(facts['name']), text(facts['field']), kindOf(facts['type']), kindOf(facts['itemType'])];
  if (name === undefined || field === undefined || !isName(field) || reservedColumnFields.has(field) || kind === undefined || (kind === 'list' && item === undefined)) throw invalid(endpoint, 'described a column in a way that is not understood');
  const values = Array.isArray(facts['enumValues']) ? (facts['enumValues'] as readonly unknown[]).filter((one): one is string => typeof one === 'string') : undefined;
  // What is no legal enum here is shown as text.
  const legal = kind !== 'enum' || (values !== undefined && values.length > 0 && new Set(values).size === values.length && values.every(isLegalEnumValue));
  return Object.freeze({
    name, field, physical: field, kind: legal ? kind : 'text', ...(kind === 'list' ? { item: item as Column['item'] } : {}), ...(kind === 'enum' && legal ? { values } : {}),
    title: text(facts['title']), description: text(facts['description']), unit: text(facts['unit']), namespace: text(facts['namespace']),
    facet: false, personKey: false, required: facts['required'] === true, unique: facts['unique'] === true,
  });
}

/** Names are made into a schema that others use too: a site that gives one twice must not break it. */
function distinct<T extends { readonly name: string; readonly field: string }>(endpoint: GraphqlEndpoint, what: string, named: readonly T[]): readonly T[] {
  if (new Set(named.map(({ name }) => name)).size < named.length || new Set(named.map(({ field }) => field)).size < named.length) throw invalid(endpoint, `described two ${what} by one name`);
  return named;
}

function kindOf(value: unknown): ColumnKind | undefined {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  return columnKinds.find((kind) => kind === name);
}

function isName(name: string): boolean {
  return /^[A-Za-z]\w*$/.test(name);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 10_000) : undefined;
}

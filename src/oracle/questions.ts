/** Questions that one caller could ask of datasets: generated operations, pages forwards and backwards, rows by their ids, entities, descriptions. */
import type { GraphQLSchema } from 'graphql';
import type { Column, Dataset, Table, Version } from '../catalog/model.js';
import { majorField } from '../plan/version.js';
import { generateOperation, generateWhere, type ValuePool } from './generateOperation.js';
import type { Random } from './random.js';
import type { Cells } from './reference.js';

export interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Asked again with the cursor that the answer ends with, in the variable `at`. */
  readonly pages?: 'forwards' | 'backwards';
  /** Its rows are a source's elsewhere. */
  readonly elsewhere?: boolean;
  /** Tells of datasets and not of rows: their tables have as many rows as the copy that is asked. */
  readonly describes?: boolean;
}

/** What is known of a dataset's newest version when questions are made: its rows, so that they hit some. */
export interface Known {
  readonly dataset: Dataset;
  readonly version: Version;
  readonly rows: ReadonlyMap<Table, readonly Cells[]>;
  /** Figures with noise may be asked: they tell of rows that a minimum keeps back. */
  readonly noisy: boolean;
}

export function questionsOf(known: Known, schema: GraphQLSchema, pool: ValuePool, count: number, random: Random): readonly Question[] {
  const elsewhere = known.dataset.source !== undefined;
  return Array.from({ length: count }, (): Question => ({ ...questionOf(known, schema, pool, random), ...(elsewhere ? { elsewhere } : {}) }));
}

function questionOf(known: Known, schema: GraphQLSchema, pool: ValuePool, random: Random): Question {
  if (random.chance(0.3)) {
    const question = figures(known, schema, pool, random);
    if (question) return question;
  }
  const kind = random.next();
  if (kind < 0.62) return { query: generateOperation(schema, [known.dataset.organization.field, fieldOf(known.dataset, random)], pool, random.seed()), variables: {} };
  if (kind < 0.84) return pages(known, random);
  if (kind < 0.92) return rowByKey(known, random);
  if (kind < 0.97) return entity(known, random);
  return { query: 'query($d: ID!) { explainAccess(dataset: $d) { readable } dataset(id: $d) { tables { name rowCount } access { readable code rules } } }', variables: { d: known.dataset.id }, describes: true };
}

/** Of the newest major mostly. */
function fieldOf(dataset: Dataset, random: Random): string {
  return majorField(dataset, random.chance(0.15) ? random.one(dataset.versions).major : dataset.versions[0]!.major);
}

const orderable = new Set<Column['kind']>(['text', 'int32', 'int64', 'float', 'decimal', 'date', 'datetime']);

function pages({ dataset, version }: Known, random: Random): Question {
  const table = random.one(version.tables);
  const order = random.some(table.columns.filter((column) => orderable.has(column.kind)), 0.15).slice(0, 2).map((column) => `{ ${column.field}: ${random.one(['ASC', 'DESC'])} }`);
  const shown = random.some(table.columns.filter(({ kind }) => kind !== 'geopoint'), 0.4).map(({ field }) => field);
  const forwards = random.chance(0.6);
  const args = [`${forwards ? 'first' : 'last'}: ${random.between(1, 3)}`, `${forwards ? 'after' : 'before'}: $at`, ...(order.length > 0 ? [`orderBy: [${order.join(', ')}]`] : [])];
  const counted = random.chance(0.5) ? 'totalCount ' : '';
  return {
    query: `query($at: String) { ${dataset.organization.field} { ${dataset.field} { t: ${table.field}(${args.join(', ')}) { ${counted}pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id ${shown.join(' ')} } } } } } }`,
    variables: { at: null }, pages: forwards ? 'forwards' : 'backwards',
  };
}

/** A release or figures with noise, where the rules of the dataset speak of any; undefined where not. */
function figures({ dataset, version, noisy }: Known, schema: GraphQLSchema, pool: ValuePool, random: Random): Question | undefined {
  const { releases = [], rules } = dataset.rules;
  const offers = rules.flatMap((rule) => (noisy && rule.effect === 'granularity' && rule.noise !== undefined ? [rule] : []));
  if (releases.length + offers.length === 0) return undefined;
  const within = (table: Table, selection: string, args = ''): Question => ({ query: `{ ${dataset.organization.field} { ${dataset.field} { ${table.field}${args} { ${selection} } } } }`, variables: {} });
  const tableOf = (name: string | undefined): Table | undefined => version.tables.find((table) => table.name === name);
  const field = (table: Table, name: string): string => JSON.stringify(table.columns.find((column) => column.name === name)?.field ?? name);
  const release = releases.length > 0 && (offers.length === 0 || random.chance(0.5)) ? random.one(releases) : undefined;
  const released = tableOf(release?.table);
  if (release && released) {
    const sums = (release.sums ?? []).map((name, n) => `s${n}: sum(column: ${field(released, name)}) m${n}: mean(column: ${field(released, name)})`).join(' ');
    const by = field(released, random.one(release.dimensions).column);
    return within(released, `release(id: ${JSON.stringify(release.id)}) { id state dimensions minimumCell ${random.one([`cells { key count suppressed ${sums} }`, `cells(by: [${by}]) { key count suppressed }`, 'cells(by: []) { count suppressed }'])} }`);
  }
  const offer = offers.length > 0 ? random.one(offers) : undefined;
  const table = offer?.tables === undefined ? random.one(version.tables) : tableOf(random.one(offer.tables));
  if (!offer || !table) return undefined;
  const sums = (offer.noise!.sums ?? []).map(({ column }, n) => `s${n}: sum(column: ${field(table, column)})`).join(' ');
  return within(table, `noisy { ${random.one(['count', `count ${sums}`, sums === '' ? 'count' : sums])} }`, generateWhere(schema, [dataset.organization.field, dataset.field], table.field, pool, random.seed()));
}

function rowByKey({ dataset, version, rows }: Known, random: Random): Question {
  const table = random.one(version.tables);
  const cells = rows.get(table) ?? [];
  const row = cells.length > 0 ? random.one(cells) : undefined;
  const texts = table.primaryKey.map((name) => row?.[table.columns.findIndex((column) => column.name === name)] ?? 'nobody');
  const key = random.chance(0.2) ? 'nobody' : texts.length === 1 ? texts[0]! : JSON.stringify(texts);
  return { query: 'query($id: ID!) { node(id: $id) { __typename id } }', variables: { id: `${dataset.organization.slug}/${dataset.field}/${table.field}/=${key}` } };
}

function entity({ version, rows }: Known, random: Random): Question {
  const places = version.tables.flatMap((table) => table.columns.flatMap((column, place) => (column.namespace !== undefined && column.kind === 'text' ? [{ table, column, place }] : [])));
  if (places.length === 0) return { query: '{ datasets { totalCount } }', variables: {} };
  const { table, column, place } = random.one(places);
  const values = (rows.get(table) ?? []).map((row) => row[place]).filter((value) => value !== null && value !== undefined);
  const id = `${column.namespace!}:${values.length > 0 ? random.one(values) : 'P12345'}`;
  return { query: 'query($id: ID!) { entity(id: $id) { id mentions { dataset { path } table column count field } mappings { id evidence } } }', variables: { id } };
}

/** The literals of a GraphQL document for each scalar, of the rows' own values. */
export function poolOf(known: readonly Known[], random: Random): ValuePool {
  const pool = new Map<string, Set<string>>(Object.entries({
    String: ['"a"', '"z%"', '""'], ID: ['"a"'], Int: ['0', '1', '-1'], Float: ['0', '1.5'], Boolean: ['true', 'false'], Int64: ['"0"', '"7"'], Decimal: ['"0.1"', '"1"'], Date: ['"2024-01-15"'], DateTime: ['"2024-01-15T23:30:00Z"'],
    Time: ['"12:30"'], Duration: ['"P1D"'], YearMonth: ['"2024-01"'], JSON: ['{ a: 1 }', '[1]', '"x"', 'null'],
  }).map(([name, values]) => [name, new Set(values)]));
  const scalar: Partial<Record<Column['kind'], string>> = { text: 'String', int32: 'Int', int64: 'Int64', float: 'Float', decimal: 'Decimal', date: 'Date', yearmonth: 'YearMonth' };
  for (const { rows } of known) {
    for (const [table, all] of rows) {
      for (const row of all.length > 30 ? random.some(all, 30 / all.length) : all) {
        table.columns.forEach(({ kind }, place) => {
          const text = row[place] ?? null;
          const name = scalar[kind];
          if (text === null || name === undefined || /NaN|Infinity/.test(text)) return;
          pool.get(name)!.add(name === 'Int' || name === 'Float' ? text : JSON.stringify(text));
          if (name === 'String') pool.get('ID')!.add(JSON.stringify(text));
        });
      }
    }
  }
  return Object.fromEntries([...pool].map(([name, values]) => [name, [...values]]));
}

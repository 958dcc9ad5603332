/** Searches: pages, conditions that really hold, order, counts. */
import type { Column } from '../../catalog/model.js';
import { compareValues, evaluateFilter } from '../remote/evaluateFilter.js';
import { SourceError, type RemoteFilter, type RemoteRow, type SearchAnswer } from '../remote/remoteSource.js';
import { faultChecks, searchFailure } from './faultChecks.js';
import { holdRow } from './kinds.js';
import type { ProxyAnswer } from './proxy.js';
import { Deviation, hold, NotChecked, runCheck, type Check } from './report.js';
import { call, type Bench } from './subject.js';

export async function searchChecks(name: string, bench: () => Promise<Bench>, lacking: string | undefined): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const check = (title: string, work: (one: Bench) => Promise<string>): Promise<Check> => runCheck(name, title, async () => {
    if (lacking !== undefined) throw new NotChecked(`${lacking} Give them with --where`);
    return work(await bench());
  });
  let sample: readonly RemoteRow[] = [];
  checks.push(await check('a page of a search has rows, with values of their columns\' kinds', async (one) => {
    const { rows } = await find(one, one.base, 20);
    hold(rows.length > 0, 'there are none: choose other conditions with --where');
    hold(rows.length <= 20, `20 rows were asked for, ${rows.length} came`);
    for (const row of rows) holdRow(row, one.columns);
    sample = rows;
    return `${rows.length}`;
  }));
  checks.push(await check('pages follow each other without a gap or a repetition', pagesFollow));
  checks.push(await check('a page that repeats itself is noticed', loopIsNoticed));
  checks.push(await check('the count is right', countIsRight));
  checks.push(...await conditionChecks(check, () => sample));
  checks.push(...await orderChecks(check));
  return checks;
}

export async function searchFaultChecks(name: string, bench: () => Promise<Bench>): Promise<readonly Check[]> {
  return faultChecks(name, bench, searchFailure);
}

function find(one: Bench, filter: RemoteFilter | undefined, first: number, after?: string): Promise<SearchAnswer> {
  return one.table.search({ filter, order: [], columns: one.columns, first, after }, call());
}

async function pagesFollow(one: Bench): Promise<string> {
  const whole = await find(one, one.base, 6);
  if (whole.rows.length < 3) throw new NotChecked(`there are only ${whole.rows.length} rows`);
  const paged: RemoteRow[] = [];
  let pages = 0;
  for (let after: string | undefined; pages < 6; pages += 1) {
    const page = await find(one, one.base, 2, after);
    hold(page.rows.length <= 2, `2 rows were asked for, ${page.rows.length} came`);
    paged.push(...page.rows);
    after = page.next;
    if (after === undefined || paged.length >= whole.rows.length) break;
  }
  hold(JSON.stringify(paged.slice(0, whole.rows.length)) === JSON.stringify(whole.rows), 'pages of two give other rows than a page of six');
  return `${pages + 1} pages`;
}

async function loopIsNoticed(one: Bench): Promise<string> {
  let first: Promise<ProxyAnswer> | undefined;
  one.proxy.tamper(({ forward }) => (first ??= forward()));
  const seen = new Set<string>();
  let after: string | undefined;
  try {
    for (let pages = 0; pages < 20; pages += 1) {
      const page = await find(one, one.base, 2, after);
      after = page.next;
      if (after === undefined) return '';
      hold(!seen.has(after), 'the same place is given as the next again');
      seen.add(after);
    }
    return 'each page has a place of its own';
  } catch (error) {
    if (error instanceof SourceError && error.code === 'SOURCE_INVALID') return error.message;
    throw error;
  }
}

async function countIsRight(one: Bench): Promise<string> {
  if (!one.table.capabilities.counts) throw new NotChecked('the source does not say how many there are');
  const { rows, total, next } = await find(one, one.base, one.table.capabilities.page);
  hold(total !== undefined, 'it is declared, and did not come');
  hold(next === undefined ? total === rows.length : total > rows.length, `it is ${total}, ${rows.length} rows came${next === undefined ? ' and no more' : ' and there are more'}`);
  return `${total}`;
}

type CheckWith = (title: string, work: (one: Bench) => Promise<string>) => Promise<Check>;

/** Every condition that the source is said to check, with values of the sample. */
async function conditionChecks(check: CheckWith, sample: () => readonly RemoteRow[]): Promise<readonly Check[]> {
  const checks: Check[] = [];
  checks.push(await check('conditions that the source checks really hold', async (one) => {
    const tried = await tryConditions(one, sample(), 'filter');
    if (tried.length === 0) throw new NotChecked('none is declared that the sample has values for');
    return tried.join(', ');
  }));
  checks.push(await check('conditions that only narrow leave nothing out', async (one) => {
    const tried = await tryConditions(one, sample(), 'narrows');
    if (tried.length === 0) throw new NotChecked('none is declared');
    return tried.join(', ');
  }));
  return checks;
}

async function tryConditions(one: Bench, sample: readonly RemoteRow[], kind: 'filter' | 'narrows'): Promise<readonly string[]> {
  const tried: string[] = [];
  const wrong: string[] = [];
  for (const column of one.columns) {
    for (const [title, filter] of conditionsOn(column, sample)) {
      const declared = kind === 'filter' ? one.table.capabilities.filter(filter) : (one.table.capabilities.narrows?.(filter) ?? false);
      if (!declared) continue;
      tried.push(title);
      const whole: RemoteFilter = one.base ? { op: 'and', of: [one.base, filter] } : filter;
      const { rows, next } = await find(one, whole, one.table.capabilities.page);
      const unfit = kind === 'filter' ? rows.find((row) => evaluateFilter(filter, row) !== true) : undefined;
      if (unfit) wrong.push(`${title} gives a row with ${JSON.stringify(unfit[column.name] ?? null)}`);
      const given = new Set(rows.map((row) => JSON.stringify(row)));
      const lost = next === undefined ? sample.find((row) => evaluateFilter(filter, row) === true && !given.has(JSON.stringify(row))) : undefined;
      if (lost) wrong.push(`${title} leaves out a row with ${JSON.stringify(lost[column.name] ?? null)}`);
    }
  }
  if (wrong.length > 0) throw new Deviation(wrong.join('; '));
  return tried;
}

function conditionsOn(column: Column, sample: readonly RemoteRow[]): readonly (readonly [title: string, filter: RemoteFilter])[] {
  if (column.kind === 'list' || column.kind === 'json' || column.kind === 'geopoint') return [];
  const values = sample.map((row) => row[column.name] ?? null).filter((value) => value !== null).toSorted((a, b) => compareValues(column.kind, a, b));
  const value = values[Math.floor(values.length / 2)];
  const found: (readonly [string, RemoteFilter])[] = [true, false].map((missing) => [`${column.name} isNull ${missing}`, { op: 'isNull', column, value: missing }] as const);
  if (value === undefined) return found;
  for (const comparison of ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const) found.push([`${column.name} ${comparison}`, { op: 'compare', column, comparison, value }]);
  found.push([`${column.name} in`, { op: 'in', column, values: [...new Set([value, values[0]])] }]);
  if (typeof value === 'string' && column.kind === 'text' && value.length > 2) {
    found.push([`${column.name} startsWith`, { op: 'match', column, match: 'startsWith', value: value.slice(0, 2) }], [`${column.name} endsWith`, { op: 'match', column, match: 'endsWith', value: value.slice(-2) }], [`${column.name} contains`, { op: 'match', column, match: 'contains', value: value.slice(1, -1) }]);
  }
  return found;
}

async function orderChecks(check: CheckWith): Promise<readonly Check[]> {
  return [await check('an order that the source gives holds', async (one) => {
    const orders = one.columns.flatMap((column) => (['ASC', 'DESC'] as const).map((direction) => ({ column, direction }))).filter((order) => one.table.capabilities.order([order]));
    if (orders.length === 0) throw new NotChecked('none is declared');
    for (const order of orders) {
      const { rows } = await one.table.search({ filter: one.base, order: [order], columns: one.columns, first: 50 }, call());
      const values = rows.map((row) => row[order.column.name]);
      const known = values.filter((value) => value !== null);
      // Missing values stand together, before or after the others.
      const together = values.slice(0, known.length).every((value) => value !== null) || values.slice(-known.length).every((value) => value !== null);
      const sorted = together && known.every((value, index) => index === 0 || compareValues(order.column.kind, known[index - 1], value) * (order.direction === 'ASC' ? 1 : -1) <= 0);
      hold(sorted, `${order.column.name} ${order.direction} is not in order`);
    }
    return orders.map(({ column, direction }) => `${column.name} ${direction}`).join(', ');
  })];
}

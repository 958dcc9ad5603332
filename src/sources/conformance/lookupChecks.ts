/** Look-ups by key: batches, duplicates, strangers, order. */
import { faultChecks, lookupFailure } from './faultChecks.js';
import { holdRow } from './kinds.js';
import { renamed, turned } from './proxy.js';
import { hold, NotChecked, runCheck, type Check } from './report.js';
import { call, likeKey, type Bench } from './subject.js';

export async function lookupChecks(name: string, bench: () => Promise<Bench>, keys: readonly string[]): Promise<readonly Check[]> {
  const check = (title: string, work: (one: Bench) => Promise<string>): Promise<Check> => runCheck(name, title, async () => {
    if (keys.length === 0) throw new NotChecked('no identifier is known: give one with --key');
    return work(await bench());
  });
  const checks: Check[] = [];
  checks.push(await check('known identifiers are found, with values of their columns\' kinds', async ({ table, columns }) => {
    const { rows, failed } = await table.lookup(keys, columns, call());
    hold(failed.size === 0, [...failed.values()][0]?.message ?? '');
    for (const key of keys) {
      const row = rows.get(key);
      hold(row !== undefined, `${key} is not found`);
      holdRow(row, columns);
    }
    return `${keys.length}`;
  }));
  checks.push(await check('only the columns that were asked for come', async ({ table, columns, definition }) => {
    const few = columns.filter((column) => column.name !== definition.key).slice(0, 2);
    const { rows } = await table.lookup([keys[0]!], few, call());
    holdRow(rows.get(keys[0]!) ?? {}, few);
    return few.map((column) => column.name).join(', ');
  }));
  checks.push(await check('an unknown identifier is absent, and no error', async ({ table, columns }) => {
    const candidates = likeKey(keys[0]!, 400).slice(-8);
    if (candidates.length === 0) throw new NotChecked('no other identifier can be made of the known one');
    const { rows, failed } = await table.lookup([...candidates, keys[0]!], columns.slice(0, 1), call());
    hold(failed.size === 0, [...failed.values()][0]?.message ?? '');
    hold(rows.has(keys[0]!), `${keys[0]} is not found beside them`);
    const unknown = candidates.filter((key) => !rows.has(key));
    if (unknown.length === 0) throw new NotChecked(`all of ${candidates.join(', ')} are known`);
    return unknown[0]!;
  }));
  checks.push(await check('an identifier that is none is not sent', async ({ table, columns }) => {
    const { rows } = await table.lookup(['', 'no such\nidentifier'], columns.slice(0, 1), call());
    hold(rows.size === 0, 'it is found');
    return '';
  }));
  checks.push(await check('an identifier that is asked for twice is asked once', async ({ table, columns, proxy }) => {
    proxy.forget();
    const { rows } = await table.lookup([keys[0]!, keys[0]!, keys[0]!], columns, call());
    hold(proxy.passed.length === 1, `there were ${proxy.passed.length} requests`);
    hold(rows.size === 1, `there are ${rows.size} rows`);
    return '';
  }));
  checks.push(await check('more identifiers than a request may have are split', async ({ table, columns, proxy, subject }) => {
    const { batch } = table.capabilities;
    const many = [...new Set([keys[0]!, ...likeKey(keys[0]!, batch === 1 ? 3 : batch + 1)])];
    if (many.length <= batch) throw new NotChecked('no further identifiers can be made of the known one');
    proxy.forget();
    const { rows, failed } = await table.lookup(many, columns.slice(0, 1), call());
    hold(failed.size === 0, [...failed.values()][0]?.message ?? '');
    hold(rows.has(keys[0]!), `${keys[0]} is not found among them`);
    const known = new Set(many);
    const sizes = proxy.passed.map(({ target, body }) => new Set(words(`${target} ${body}`).filter((word) => known.has(word))).size);
    hold(Math.max(...sizes) <= batch, `a request had ${Math.max(...sizes)} identifiers, ${batch} are allowed`);
    hold(sizes.length > 1, 'they went in one request');
    const longest = Math.max(...proxy.passed.map(({ target }) => target.length));
    hold(longest <= (subject.maxUrlLength ?? Infinity), `an address had ${longest} characters, ${subject.maxUrlLength} are allowed`);
    return `${many.length} in ${sizes.length} requests`;
  }));
  checks.push(await check('rows in another order are told apart', async ({ table, columns, proxy }) => {
    if (keys.length < 2) throw new NotChecked('two identifiers are needed: give another with --key');
    const right = await table.lookup(keys, columns, call());
    proxy.tamper(turned);
    const other = await table.lookup(keys, columns, call());
    for (const key of keys) hold(JSON.stringify(other.rows.get(key)) === JSON.stringify(right.rows.get(key)), `${key} has another row`);
    return '';
  }));
  checks.push(await check('rows of identifiers that were not asked for are left out', async ({ table, columns, proxy }) => {
    proxy.tamper(renamed(keys));
    const { rows } = await table.lookup(keys, columns, call());
    hold(rows.size === 0, `${[...rows.keys()].join(', ')} got the row of another`);
    return '';
  }));
  if (keys.length > 0) checks.push(...await faultChecks(name, bench, (one, ms) => lookupFailure(one, keys[0]!, ms)));
  return checks;
}

function words(text: string): string[] {
  return decodeURIComponent(text.replaceAll('+', ' ').replace(/%(?![0-9A-Fa-f]{2})/g, '%25')).split(/[^\p{L}\p{N}_.:-]+/u);
}

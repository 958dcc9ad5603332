/**
 * The kit that every connector is checked with: through a proxy to the source (or its stand-in), so that what goes out is counted and
 * what comes back can be made wrong. It knows connectors by their interface only.
 */
import type { RemoteSource } from '../remote/remoteSource.js';
import { lookupChecks } from './lookupChecks.js';
import { startProxy } from './proxy.js';
import { hold, reportOf, runCheck, type Check, type Report } from './report.js';
import { searchChecks, searchFaultChecks } from './searchChecks.js';
import { call, plainLimits, type Bench, type Subject } from './subject.js';

export type { Subject } from './subject.js';

export async function checkSource(subject: Subject): Promise<Report> {
  const { definition } = subject;
  const proxy = await startProxy(subject.url);
  const open: RemoteSource[] = [];
  const fresh = async (): Promise<RemoteSource> => {
    const source = await subject.open(proxy.url, plainLimits);
    open.push(source);
    return source;
  };
  const checks: Check[] = [];
  let requests = 0;
  try {
    checks.push(await runCheck(undefined, 'the definition is whole', async () => {
      const source = await fresh();
      hold(source.id === definition.id, `the connector calls itself ${source.id}`);
      for (const table of definition.tables) {
        const live = source.tables.get(table.name);
        hold(live !== undefined, `${table.name} is declared, and not there`);
        hold(live.capabilities.key === undefined || live.capabilities.key === table.key, `${table.name} is looked up by ${live.capabilities.key}, and declared with the key ${table.key}`);
      }
      return `${definition.tables.length} table${definition.tables.length === 1 ? '' : 's'}`;
    }));
    for (const table of definition.tables) {
      const base = subject.where?.get(table.name);
      const bench = async (): Promise<Bench> => {
        requests += proxy.passed.length;
        proxy.forget();
        proxy.tamper(undefined);
        const source = await fresh();
        return { subject, proxy, table: source.tables.get(table.name)!, definition: table, columns: table.columns, base };
      };
      const { table: live } = await bench();
      const { capabilities } = live;
      const lacking = capabilities.search ? capabilities.lacking?.(base) : undefined;
      if (capabilities.key !== undefined) {
        let keys = subject.keys?.get(table.name) ?? [];
        if (keys.length === 0 && capabilities.search && lacking === undefined) {
          checks.push(await runCheck(table.name, 'a search finds identifiers', async () => {
            keys = await someKeys(await bench(), capabilities.key!);
            return keys.join(', ');
          }));
        }
        checks.push(...await lookupChecks(table.name, bench, keys));
      }
      if (capabilities.search) checks.push(...await searchChecks(table.name, bench, lacking));
      if (capabilities.search && capabilities.key === undefined && lacking === undefined) checks.push(...await searchFaultChecks(table.name, bench));
    }
    return reportOf(definition.id, subject.url, checks, requests + proxy.passed.length);
  } finally {
    await Promise.all(open.map((source) => source.close()));
    await proxy.close();
  }
}

/** A few identifiers that a search finds. */
async function someKeys({ table, columns, base }: Bench, key: string): Promise<readonly string[]> {
  const { rows } = await table.search({ filter: base, order: [], columns: columns.filter(({ name }) => name === key), first: 3 }, call());
  return rows.map((row) => String(row[key]));
}

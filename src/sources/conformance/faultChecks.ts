/** What becomes of a source's faults: each has its code, and none takes longer than its caller waits. */
import { SourceError, type SourceErrorCode } from '../remote/remoteSource.js';
import { answered, type Tamper } from './proxy.js';
import { hold, runCheck, type Check } from './report.js';
import { call, type Bench } from './subject.js';

const faults: readonly (readonly [name: string, tamper: Tamper, code: SourceErrorCode])[] = [
  ['429 with Retry-After', answered(429, { 'retry-after': '120' }, '{"secret":"upstream words"}'), 'SOURCE_LIMITED'],
  ['503', answered(503, {}, '{"secret":"upstream words"}'), 'SOURCE_DOWN'],
  ['500', answered(500, { 'content-type': 'text/html' }, 'upstream words'), 'SOURCE_DOWN'],
  ['a web page with 200', answered(200, { 'content-type': 'text/html' }, '<html>upstream words</html>'), 'SOURCE_INVALID'],
  ['JSON of another form', answered(200, {}, '{"upstream words":[]}'), 'SOURCE_INVALID'],
  ['JSON that is none', answered(200, {}, '{"upstream words"'), 'SOURCE_INVALID'],
  ['a dropped connection', async () => 'dropped', 'SOURCE_DOWN'],
  ['half an answer', async ({ forward }) => ({ half: await forward() }), 'SOURCE_DOWN'],
];

/** @param ask asks the source; resolves to the error that it had, if any */
export async function faultChecks(name: string, bench: () => Promise<Bench>, ask: (bench: Bench, ms?: number) => Promise<SourceError | undefined>): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [fault, tamper, code] of faults) {
    checks.push(await runCheck(name, `${fault} is ${code}`, async () => {
      const one = await bench();
      one.proxy.tamper(tamper);
      const error = await ask(one);
      hold(error !== undefined, 'it was taken for an answer');
      hold(error.code === code, `it is ${error.code}: ${error.message}`);
      hold(!error.message.includes('upstream words'), 'the source\'s own words are passed on');
      return '';
    }));
  }
  checks.push(await runCheck(name, 'silence is SOURCE_TIMEOUT, in time', async () => {
    const one = await bench();
    one.proxy.tamper(async () => 'held');
    const started = performance.now();
    const error = await ask(one, 500);
    const took = performance.now() - started;
    hold(error?.code === 'SOURCE_TIMEOUT', `it is ${error?.code ?? 'an answer'}`);
    hold(took < 10_000, `it took ${Math.round(took)} ms where 500 were given`);
    return '';
  }));
  return checks;
}

/** The failure of a look-up, thrown or told by key. */
export async function lookupFailure(bench: Bench, key: string, ms?: number): Promise<SourceError | undefined> {
  try {
    const { failed } = await bench.table.lookup([key], bench.columns, call(ms));
    return failed.get(key);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

export async function searchFailure(bench: Bench, ms?: number): Promise<SourceError | undefined> {
  try {
    await bench.table.search({ filter: bench.base, order: [], columns: bench.columns, first: 5 }, call(ms));
    return undefined;
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

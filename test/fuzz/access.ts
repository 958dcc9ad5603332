/**
 * The oracle for as long as wanted: `npm run fuzz:access -- --seed N --seconds S --questions Q`. Each world has a seed of its own; a leak is
 * printed with it, and `--seed` of that number with `--worlds 1` repeats it. Exit code 1 on a leak.
 */
import { parseArgs } from 'node:util';
import globalSetup from '../support/globalSetup.js';
import globalTeardown from '../support/globalTeardown.js';
import { describeFinding, OracleRun } from '../support/oracleRun.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, seconds: { type: 'string', default: '60' }, worlds: { type: 'string' }, questions: { type: 'string', default: '20' }, leaks: { type: 'string', default: '5' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const end = Date.now() + Number(values.seconds) * 1_000;
const worlds = Number(values.worlds ?? Number.POSITIVE_INFINITY);

// A server that runs already is used, and left.
const own = process.env.DURE_TEST_SERVER === undefined;
if (own) await globalSetup();
const run = await OracleRun.start();
let failed = false;
try {
  process.stdout.write(`seed ${seed}\n`);
  const result = await run.run(seed, Number(values.questions), (so) => so.worlds < worlds && Date.now() < end && so.findings.length < Number(values.leaks));
  for (const finding of result.findings) process.stdout.write(`\nLEAK\n${describeFinding(finding)}\n`);
  for (const error of result.reported.slice(0, 5)) process.stdout.write(`\nINTERNAL ERROR\n${String((error as Error).stack ?? error)}\n`);
  process.stdout.write(`\n${result.worlds} worlds, ${result.pairs} pairs, ${result.told} of them with rows or numbers, ${result.findings.length} differences, ${result.findings.filter(({ before, after }) => !`${before}${after}`.includes('"INTERNAL"')).length} of them without internal errors, ${result.reported.length} internal errors\n`);
  failed = result.findings.length > 0 || result.reported.length > 0;
} finally {
  await run.stop();
  if (own) await globalTeardown();
}
process.exitCode = failed ? 1 : 0;

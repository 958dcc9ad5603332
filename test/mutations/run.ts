/**
 * Takes each enforcement point away (points.ts) in a copy of what was built, and demands that a leak test or the oracle sees it.
 * `npm run mutate:access -- --only PATTERN --from N --targeted --oracle --results FILE --markdown FILE`. Exit code 1 where one survives.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import globalSetup from '../support/globalSetup.js';
import globalTeardown from '../support/globalTeardown.js';
import { points, type Point } from './points.js';
import { verdictOf, type JestReport, type Verdict } from './verdict.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' }, from: { type: 'string', default: '0' }, markdown: { type: 'string' }, worlds: { type: 'string', default: '150' },
    // A file of what was caught, a line of JSON each: a run that was interrupted goes on with it.
    results: { type: 'string' },
    // Asks the tests that the list names for a point, and nothing after them.
    targeted: { type: 'boolean', default: false },
    // Asks the oracle alone.
    oracle: { type: 'boolean', default: false },
  },
});
const root = process.cwd();
// Two runs at one time do not meet.
const copy = join(root, '.mutants', String(process.pid));
const chosen = points.filter(({ point, file }) => values.only === undefined || new RegExp(values.only).test(`${point} ${file}`)).slice(Number(values.from));

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
// Processes that tests start are the copy's, too.
for (const name of readdirSync(root).filter((entry) => !['dist', '.mutants', '.git'].includes(entry))) symlinkSync(join(root, name), join(copy, name));

function node(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: copy });
    let output = '';
    const keep = (chunk: Buffer): void => { output += String(chunk); };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('close', (code) => done({ code, output }));
  });
}

/** A difference between two answers of one mutant is a leak; one that an internal error made is not counted. */
async function oracle(): Promise<Verdict> {
  const { output } = await node(['--disable-warning=ExperimentalWarning', join(copy, 'dist/test/fuzz/access.js'), '--seed', '1', '--worlds', values.worlds, '--seconds', '180', '--leaks', '3']);
  const seen = Number(/(\d+) of them without internal errors/.exec(output)?.[1] ?? Number.NaN);
  if (Number.isNaN(seen)) return { kind: 'crashed', message: output.slice(-1_000) };
  return seen > 0 ? { kind: 'caught', file: 'the oracle', test: '' } : { kind: 'passed' };
}

/** Patterns of files and other arguments, on the server that runs already. */
const config = { rootDir: join(copy, 'dist/test'), testEnvironment: 'node', testMatch: ['**/*.test.js'], testTimeout: 30_000, maxWorkers: 2, transform: {} };

async function tests(patterns: readonly string[], bail = true): Promise<JestReport> {
  const outputFile = join(copy, 'report.json');
  rmSync(outputFile, { force: true });
  const { output } = await node([
    '--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js'), '--config', JSON.stringify(config), '--json', `--outputFile=${outputFile}`, ...(bail ? ['--bail=1'] : []), ...patterns,
  ]);
  if (!existsSync(outputFile)) throw new Error(`the tests did not run: ${output.slice(-2_000)}`);
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as JestReport;
  if (report.testResults.length === 0) throw new Error(`no test is named ${patterns.join(' ')}`);
  return report;
}

const everything = ['leaks/(?!06|15)', 'graphql/(links|personKeys)', 'federation/federation', 'policy/(decide|condition|grants|parseRules|disclosure)', 'sources/(places|transforms)', 'access/(requests|freeze)'];

async function verdict({ file, from, to, tests: first, refusal }: Point): Promise<Verdict> {
  const path = join(copy, 'dist/src', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file}: found ${text.split(from).length - 1} times, and not once: ${from}`);
  writeFileSync(path, text.replace(from, () => to));
  const crashes: Verdict[] = [];
  try {
    for (const ask of [
      ...(first === undefined || values.oracle ? [] : [async () => verdictOf(await tests(first.split(' ')), refusal)]),
      ...(values.targeted && first !== undefined ? [] : [oracle]),
      ...(values.targeted || values.oracle ? [] : [async () => verdictOf(await tests(everything))]),
    ]) {
      const found = await ask();
      if (found.kind === 'caught') return found;
      if (found.kind === 'crashed') crashes.push(found);
    }
    return crashes[0] ?? { kind: 'passed' };
  } finally {
    writeFileSync(path, text);
  }
}

const nameOf = ({ point, file, from, to }: Point): string => JSON.stringify([point, file, from, to]);
const known = new Map<string, Verdict>(values.results !== undefined && existsSync(values.results)
  ? readFileSync(values.results, 'utf8').split('\n').filter((line) => line !== '').map((line) => { const [name, found] = JSON.parse(line) as [string, Verdict]; return [name, found]; })
  : []);

await globalSetup();
const results: { readonly point: Point; verdict: Verdict }[] = [];
for (const [index, point] of chosen.entries()) {
  const before = known.get(nameOf(point));
  const found = before ?? await verdict(point).catch((error: unknown): Verdict => ({ kind: 'crashed', message: (error as Error).message }));
  if (values.results !== undefined && !before && found.kind === 'caught') appendFileSync(values.results, `${JSON.stringify([nameOf(point), found])}\n`);
  results.push({ point, verdict: found });
  process.stdout.write(`${String(index + Number(values.from)).padStart(3)} ${found.kind === 'caught' ? 'caught  ' : 'SURVIVED'}  ${point.point.padEnd(62)} ${found.kind === 'caught' ? `${found.file}  ${found.test}` : found.kind === 'crashed' ? `crashed: ${found.message}` : ''}\n`);
}
// What fails without any mutation has caught nothing.
const files = [...new Set(results.flatMap(({ verdict: found }) => (found.kind === 'caught' && found.test !== '' ? [found.file] : [])))];
const sound = files.length === 0 ? undefined : await tests(files.map((file) => `dist/test/${file}\\.test`), false);
for (const { name, assertionResults } of sound?.testResults ?? []) {
  for (const { status, title } of assertionResults) {
    if (status !== 'failed') continue;
    for (const result of results) if (result.verdict.kind === 'caught' && result.verdict.test === title && name.includes(result.verdict.file)) result.verdict = { kind: 'crashed', message: 'the test fails without the mutation, too' };
    process.stdout.write(`fails without a mutation: ${name} ${title}\n`);
  }
}
rmSync(copy, { recursive: true, force: true });
await globalTeardown();
const survivors = results.filter(({ verdict: found }) => found.kind !== 'caught');
process.stdout.write(`\n${results.length - survivors.length} of ${results.length} caught\n`);
if (values.markdown !== undefined) writeFileSync(values.markdown, `| taken away | in | found by |\n|---|---|---|\n${results.map(({ point, verdict: found }) => `| ${point.point} | \`${point.file.replace(/\.js$/, '.ts')}\` | ${found.kind === 'caught' ? (found.test === '' ? found.file : `\`test/${found.file}\``) : '**nothing**'} |`).join('\n')}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

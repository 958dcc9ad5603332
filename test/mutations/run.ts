/**
 * Takes each enforcement point away (points.ts) in a copy of what was built, and demands that the oracle or a leak test fails.
 * `npm run mutate:access -- --only WORD --markdown FILE`. Exit code 1 where one survives.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import globalSetup from '../support/globalSetup.js';
import globalTeardown from '../support/globalTeardown.js';
import { points, type Point } from './points.js';

const { values } = parseArgs({ options: { only: { type: 'string' }, skip: { type: 'string', default: '0' }, markdown: { type: 'string' }, worlds: { type: 'string', default: '150' } } });
const root = process.cwd();
// Two runs at one time do not meet.
const copy = join(root, '.mutants', String(process.pid));
const chosen = points.filter(({ point, file }) => values.only === undefined || `${point} ${file}`.includes(values.only)).slice(Number(values.skip));

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
for (const name of ['schema', 'datasets', 'web', 'package.json']) symlinkSync(join(root, name), join(copy, name));

function node(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root });
    let output = '';
    const keep = (chunk: Buffer): void => { output += String(chunk); };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('close', (code) => done({ code, output }));
  });
}

async function oracle(): Promise<string | undefined> {
  const { code, output } = await node(['--disable-warning=ExperimentalWarning', join(copy, 'dist/test/fuzz/access.js'), '--seed', '1', '--worlds', values.worlds, '--seconds', '120', '--leaks', '1']);
  const findings = /(\d+) differences/.exec(output)?.[1];
  // A failure without a difference tells nothing about the point.
  return code !== 0 && Number(findings) > 0 ? 'oracle' : undefined;
}

/** Patterns of files and other arguments, on the server that runs already. */
const config = { rootDir: join(copy, 'dist/test'), testEnvironment: 'node', testMatch: ['**/*.test.js'], testTimeout: 30_000, maxWorkers: 2, transform: {} };

async function tests(...patterns: readonly string[]): Promise<string | undefined> {
  const { code, output } = await node([
    '--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--config', JSON.stringify(config), '--bail=1', ...patterns,
  ]);
  if (code === 0) return undefined;
  if (!/^Tests: .*\d+ failed/m.test(output)) throw new Error(`the tests did not run: ${output.slice(-2_000)}`);
  return /FAIL \S*?dist\/test\/(\S+?)\.test\.js/.exec(output)?.[1] ?? 'a test';
}

const everything = ['leaks/(?!06|15)', 'graphql/links', 'federation/federation', 'policy/(decide|condition|grants|parseRules)', 'sources/places', 'sources/transforms'];

async function caughtBy({ file, from, to, tests: first }: Point): Promise<string | undefined> {
  const path = join(copy, 'dist/src', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file}: found ${text.split(from).length - 1} times, and not once: ${from}`);
  writeFileSync(path, text.replace(from, () => to));
  try {
    return (first === undefined ? undefined : await tests(...first.split(' '))) ?? (await oracle()) ?? (await tests(...everything));
  } finally {
    writeFileSync(path, text);
  }
}

await globalSetup();
const results: { readonly point: Point; readonly by: string | undefined }[] = [];
for (const point of chosen) {
  const by = await caughtBy(point).catch((error: unknown) => {
    process.stdout.write(`${(error as Error).message}\n`);
    return undefined;
  });
  results.push({ point, by });
  process.stdout.write(`${by === undefined ? 'SURVIVED' : 'caught  '}  ${point.point.padEnd(62)} ${by ?? ''}\n`);
}
rmSync(copy, { recursive: true, force: true });
await globalTeardown();
const survivors = results.filter(({ by }) => by === undefined);
process.stdout.write(`\n${results.length - survivors.length} of ${results.length} caught\n`);
if (values.markdown !== undefined) writeFileSync(values.markdown, `| taken away | in | found by |\n|---|---|---|\n${results.map(({ point, by }) => `| ${point.point} | \`${point.file.replace(/\.js$/, '.ts')}\` | ${by ?? '**nothing**'} |`).join('\n')}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

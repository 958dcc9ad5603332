/**
 * Takes each enforcement point away (points.ts) in a copy of what was built, and demands that the oracle or a leak test fails.
 * `npm run mutate:access -- --only WORD --markdown FILE`. Exit code 1 where one survives.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { points, type Point } from './points.js';

const { values } = parseArgs({ options: { only: { type: 'string' }, markdown: { type: 'string' }, worlds: { type: 'string', default: '150' } } });
const root = process.cwd();
const copy = join(root, '.mutants');
const chosen = points.filter(({ point, file }) => values.only === undefined || `${point} ${file}`.includes(values.only));

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy);
cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });

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
  if (code !== 0 && Number(findings) > 0) return 'oracle';
  // A failure without a difference tells nothing about the point.
  return undefined;
}

async function leakTests(): Promise<string | undefined> {
  const { code, output } = await node([
    '--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--rootDir', relative(root, join(copy, 'dist/test')), '--bail=1',
    'leaks/', 'graphql/links', 'graphql/collection/entities', 'federation/federation', 'policy/grants', 'sources/places', '--testPathIgnorePatterns', 'leaks/06', 'leaks/15',
  ]);
  if (code === 0) return undefined;
  return /FAIL \S*?dist\/test\/(\S+?)\.test\.js/.exec(output)?.[1] ?? 'a test';
}

async function caughtBy({ file, from, to }: Point): Promise<string | undefined> {
  const path = join(copy, 'dist/src', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file}: found ${text.split(from).length - 1} times, and not once: ${from}`);
  writeFileSync(path, text.replace(from, () => to));
  try {
    return (await oracle()) ?? (await leakTests());
  } finally {
    writeFileSync(path, text);
  }
}

const results: { readonly point: Point; readonly by: string | undefined }[] = [];
for (const point of chosen) {
  const by = await caughtBy(point);
  results.push({ point, by });
  process.stdout.write(`${by === undefined ? 'SURVIVED' : 'caught  '}  ${point.point.padEnd(62)} ${by ?? ''}\n`);
}
rmSync(copy, { recursive: true, force: true });
const survivors = results.filter(({ by }) => by === undefined);
process.stdout.write(`\n${results.length - survivors.length} of ${results.length} caught\n`);
if (values.markdown !== undefined) writeFileSync(values.markdown, `| taken away | in | found by |\n|---|---|---|\n${results.map(({ point, by }) => `| ${point.point} | \`${point.file.replace(/\.js$/, '.ts')}\` | ${by ?? '**nothing**'} |`).join('\n')}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

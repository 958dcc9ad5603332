/** A real server killed under load: whatever was answered is in the audit, and it verifies. Then an auditor's bundle of what is there. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { filesUnder } from '../../src/audit/bundle/folder.js';
import { keyIdOf } from '../../src/audit/signingKey.js';
import { run } from '../../src/cli/main.js';
import { runningEmbedded, startEmbedded, type EmbeddedDatabase } from '../../src/storage/embedded.js';

const folder = mkdtempSync(join(tmpdir(), 'dure-crash-'));
const data = join(folder, 'data');
let child: ChildProcess;
let url = '';
let database: EmbeddedDatabase | undefined;

beforeAll(async () => {
  chmodSync(folder, 0o755);
  child = spawn(process.execPath, ['dist/src/main.js'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', DURE_DATA_DIR: data }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  while (!/Demo tokens/.test(text)) {
    if (child.exitCode !== null) throw new Error(`the server did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  url = /GraphQL\s+(http:\S+\/graphql)/.exec(text)![1]!;
}, 90_000);
afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGKILL');
  // The dead server's database still runs where the test came no further.
  database ??= await startEmbedded({ directory: join(data, 'postgres') });
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
});

const command = async (...args: string[]): Promise<{ code: number; out: string; note: string }> => {
  let [out, note] = ['', ''];
  const code = await run(args, { environment: { DURE_DATA_DIR: data }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { note += text; } });
  return { code, out, note };
};
const [year] = new Date().toISOString().split('-') as [string];

test('kill -9 under load loses no entry of an answered request', async () => {
  const token = (JSON.parse(readFileSync(join(data, 'demo-tokens.json'), 'utf8')) as Record<string, string>).researcher!;
  const answered = new Map<string, number>();
  let asked = 0;
  let killed = false;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (!killed) {
      asked += 1;
      const [id, first] = [`load-${asked}`, asked % 7];
      try {
        const response = await fetch(url, {
          method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'x-request-id': id },
          body: JSON.stringify({ query: 'query($first: Int) { bora { criticalProperties { criticalProperties(first: $first) { nodes { name criticalVolume } } } } }', variables: { first } }),
        });
        const { data: rows } = (await response.json()) as { data: { bora: { criticalProperties: { criticalProperties: { nodes: unknown[] } } } } };
        answered.set(id, rows.bora.criticalProperties.criticalProperties.nodes.length);
      } catch (error) {
        if (!killed) failures.push(error);
        return;
      }
    }
  };
  const load = Array.from({ length: 16 }, worker);
  while (answered.size < 500) await new Promise((next) => setTimeout(next, 5));
  // Nobody can write entries any more: questions still run, and nothing may be answered. Then the server dies.
  const blocking = new pg.Client({ connectionString: runningEmbedded(join(data, 'postgres')) });
  await blocking.connect();
  await blocking.query('begin');
  await blocking.query('lock table dure_audit.block in share mode');
  const waitingFor = `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and query like '%dure_audit.block%' and pid <> pg_backend_pid()`;
  while ((await blocking.query<{ n: number }>(waitingFor)).rows[0]!.n === 0) await new Promise((next) => setTimeout(next, 5));
  // What had been committed may still be on its way.
  await new Promise((next) => setTimeout(next, 200));
  const before = answered.size;
  await new Promise((next) => setTimeout(next, 500));
  expect(answered.size).toBe(before);
  killed = true;
  child.kill('SIGKILL');
  await once(child, 'exit');
  await blocking.end();
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(answered.size).toBeGreaterThanOrEqual(500);

  // The database of the dead process is ended and recovers, as at the next start.
  database = await startEmbedded({ directory: join(data, 'postgres') });
  expect(await command('audit', 'verify')).toMatchObject({ code: 0, out: expect.stringMatching(/all verify/) });
  const exported = JSON.parse((await command('audit', 'export', '--from', `${year}-01`, '--to', `${year}-12`, '--dataset', 'bora/critical-properties')).out) as { entry: { requestId: string; rows: number; kind: string } }[];
  const entries = new Map(exported.flatMap(({ entry }) => (entry.kind === 'ACCESS' ? [[entry.requestId, entry.rows] as const] : [])));
  for (const [id, rows] of answered) expect([id, entries.get(id)]).toEqual([id, rows]);
}, 90_000);

describe('an auditor\'s bundle', () => {
  const period = ['--from', `${year}-01`, '--to', `${year}-12`] as const;
  const read = <T>(out: string, name: string): T => JSON.parse(readFileSync(join(out, name), 'utf8')) as T;

  test('holds rules, accesses and proof, and is verified offline', async () => {
    const out = join(folder, 'bundle');
    const made = await command('audit', 'bundle', '--dataset', 'bora/critical-properties', ...period, '--out', out);
    expect(made).toMatchObject({ code: 0, note: '' });
    const rules = read<{ revision: number; document: { rules: { id: string }[] } }[]>(out, 'rules.json');
    expect(rules).toMatchObject([{ revision: 1, document: { rules: [{ id: 'volumes-for-partners' }] } }]);
    const accesses = read<{ decision: string; tables: unknown; operation: { document: string } }[]>(out, 'accesses.json');
    expect(accesses.length).toBeGreaterThanOrEqual(500);
    expect(Object.values(read<Record<string, string>>(out, 'documents.json'))).toEqual([expect.stringMatching(/^query\(\$first: Int\)/)]);
    expect(read<{ kind: string; details: { format: string } }[]>(out, 'events.json').at(-1)).toMatchObject({ kind: 'AUDIT_EXPORTED', details: { format: 'bundle' } });
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    expect(page).toMatch(/demo-researcher/);
    expect(page).toMatch(/시행된 규칙 · Rules in force/);
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toMatch(/## 한국어[\s\S]*## English/);
    // Whose entry it is nobody sees who may not: others stand as digests.
    const [key] = read<{ id: string; publicKey: string }[]>(out, 'proof/keys.json');
    expect(keyIdOf(key!.publicKey)).toBe(key!.id);

    const verified = await command('audit', 'verify', '--bundle', out, '--key', key!.id);
    expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/signed by a trusted key[\s\S]*all verify/) });
    expect((await command('audit', 'verify', '--bundle', out)).out).toMatch(/ask the site, by another way/);
    expect(await command('audit', 'verify', '--bundle', out, '--key', 'another')).toMatchObject({ code: 1, out: expect.stringMatching(/^UNKNOWN_KEY/m) });
    expect(await command('audit', 'bundle', '--dataset', 'bora/critical-properties', ...period, '--out', out)).toMatchObject({ code: 1, note: expect.stringMatching(/is there already/) });
    expect(await command('audit', 'bundle', '--dataset', 'bora/none', ...period, '--out', join(folder, 'x'))).toMatchObject({ code: 1, note: 'There is no dataset bora/none.\n' });
    expect(existsSync(join(folder, 'x'))).toBe(false);
  }, 60_000);

  test('of another dataset shows these entries as digests alone, in a zip too', async () => {
    const [plain, zip] = [join(folder, 'other'), join(folder, 'other.zip')];
    for (const out of [plain, zip]) {
      expect(await command('audit', 'bundle', '--dataset', 'seoram/lung-cancer', ...period, '--out', out)).toMatchObject({ code: 0 });
      expect(await command('audit', 'verify', '--bundle', out)).toMatchObject({ code: 0, out: expect.stringMatching(/all verify/) });
    }
    const proof = filesUnder(plain).map((name) => readFileSync(join(plain, name), 'utf8')).join('\n');
    expect(proof.match(/"content":/g)!.length).toBeGreaterThanOrEqual(500);
    expect(proof).not.toMatch(/demo-researcher|criticalVolume|critical-properties/);
  }, 60_000);

  test('that was changed anywhere is told', async () => {
    const out = join(folder, 'bundle');
    const name = Object.keys(read<{ files: Record<string, string> }>(out, 'manifest.json').files).find((file) => file.startsWith('proof/chains/') && readFileSync(join(out, file), 'utf8').includes('ACCESS'))!;
    const attempts: [string, (text: string) => string, RegExp][] = [
      ['accesses.json', (text) => text.replace('"decision":"ALLOWED"', '"decision":"REFUSED"'), /CHANGED: accesses\.json: entry \d+/],
      ['accesses.json', (text) => text.replace(/\n\{.*\},\n/, '\n'), /MISSING: entry \d+ of chain|MISSING: .*in none of the lists/],
      ['rules.json', (text) => text.replace('deny', 'null'), /CHANGED: the file rules\.json was changed/],
      [name, (text) => text.split('\n').filter((_, line) => line !== 100).join('\n'), /MISSING: chain .*: entry \d+ is missing/],
      [name, (text) => text.replace('\\"rows\\":1', '\\"rows\\":0'), /CHANGED: chain .*is not what was hashed/],
      ['manifest.json', (text) => text.replace('"rules.json"', '"rulez.json"'), /BAD_SIGNATURE: the manifest/],
    ];
    for (const [file, change, told] of attempts) {
      const text = readFileSync(join(out, file), 'utf8');
      expect(change(text)).not.toBe(text);
      writeFileSync(join(out, file), change(text));
      const { code, out: said } = await command('audit', 'verify', '--bundle', out);
      expect([file, code]).toEqual([file, 1]);
      expect(said).toMatch(told);
      writeFileSync(join(out, file), text);
    }
    appendFileSync(join(out, 'more.txt'), 'x');
    expect((await command('audit', 'verify', '--bundle', out)).out).toMatch(/more\.txt is not in the manifest/);
    expect(await command('audit', 'verify', '--bundle', join(folder, 'nowhere'))).toMatchObject({ code: 1, note: expect.stringMatching(/There is no bundle/) });
    expect(await command('audit', 'verify', '--bundle', data)).toMatchObject({ code: 1, note: expect.stringMatching(/is no auditor's bundle/) });
  }, 60_000);
});

/** Anybody can send ever new texts; the audit keeps so many of one caller, and the digest of the others. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { TextBudget } from '../../src/audit/textBudget.js';
import { auditedDocument } from '../../src/audit/writer.js';
import { run } from '../../src/cli/main.js';
import { startRunning, type Running } from '../support/running.js';

describe('the budget', () => {
  const kim = { kind: 'person', issuer: 'i', subject: 'kim' } as const;
  const anonymous = { kind: 'anonymous' } as const;
  let time = Date.UTC(2026, 10, 24, 12);
  const budget = new TextBudget({ bytesPerDay: 100, now: () => time });
  const text = (name: string, length = 40): ReturnType<typeof auditedDocument> => auditedDocument(name.padEnd(length, '.'));

  test('is each caller\'s own, by issuer; whoever is anonymous shares one', () => {
    expect(['a', 'b', 'c'].map((name) => budget.keeps(text(name), anonymous))).toEqual([true, true, false]);
    expect(['d', 'e', 'f'].map((name) => budget.keeps(text(name), kim))).toEqual([true, true, false]);
    expect(budget.keeps(text('g'), { ...kim, issuer: 'another' })).toBe(true);
    expect(budget.keeps(text('h', 15), kim)).toBe(true);
  });
  test('is not asked for what is kept already, by whomever', () => {
    expect([budget.keeps(text('a'), anonymous), budget.keeps(text('a'), kim)]).toEqual([true, true]);
    const known = text('d');
    expect([budget.keeps(known, anonymous), budget.keeps(known, anonymous)]).toEqual([true, true]);
  });
  test('counts bytes, not characters; is told; begins anew each day', () => {
    expect(budget.counts).toEqual({ kept: 6, keptBytes: 215, digestOnly: 2, digestOnlyBytes: 80 });
    expect(budget.keeps(text('한'.repeat(34), 34), { ...kim, subject: 'lee' })).toBe(false);
    time += 86_400_000;
    expect([budget.keeps(text('c'), anonymous), budget.keeps(text('i', 101), anonymous), budget.keeps(text('j', 60), anonymous)]).toEqual([true, false, true]);
  });
});

describe('a server', () => {
  let dure: Running;
  let database: pg.Pool;
  beforeAll(async () => {
    dure = await startRunning({ DURE_AUDIT_TEXT_MIB: '1' });
    database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 1 });
    database.on('error', () => undefined);
  }, 60_000);
  afterAll(async () => {
    await database.end();
    await dure.close();
  });
  const question = '{ bora { criticalProperties { criticalProperties(first: 1) { nodes { cas } } } } }';
  const long = (n: number): string => `# ${String(n).padEnd(100_000, 'x')}\n${question}`;

  test('keeps what the budget allows of somebody without a token; every access is recorded, and the chain verifies', async () => {
    for (let n = 0; n < 13; n += 1) expect((await dure.ask(long(n))).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect((await dure.ask(long(12), 'researcher')).errors).toBeUndefined();
    const { rows: [stored] } = await database.query<{ n: number; bytes: number }>(`select count(*)::int as n, sum(octet_length(text))::int as bytes from dure_audit.document where text like '# %'`);
    expect(stored).toEqual({ n: 11, bytes: 11 * (100_003 + question.length) });
    const { data } = await dure.ask('{ auditEntries(dataset: "bora/critical-properties", where: { kind: [ACCESS] }, first: 20) { nodes { decision operation operationDigest operationKept } } }', 'administrator');
    const { nodes } = (data as { auditEntries: { nodes: { decision: string; operation: string | null; operationDigest: string; operationKept: boolean }[] } }).auditEntries;
    expect(nodes.map(({ decision, operationKept }) => `${decision} ${operationKept}`)).toEqual(['ALLOWED true', ...Array<string>(3).fill('REFUSED false'), ...Array<string>(10).fill('REFUSED true')]);
    expect(nodes[2]).toMatchObject({ operation: null, operationDigest: auditedDocument(long(11)).digest });
    // What nobody's budget covers then may be kept for another's; under the same digest it is the same text.
    expect(nodes[1]!.operation).toBe(long(12));
    const metrics = await (await fetch(`${dure.url}/metrics`)).text();
    expect(metrics).toMatch(/dure_audit_texts_total\{kept="no"\} 3\n/);
    let said = '';
    const code = await run(['audit', 'verify'], { environment: { DURE_DATA_DIR: dure.folder }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { said += text; }, note: () => undefined });
    expect([code, said]).toEqual([0, expect.stringMatching(/all verify/)]);
  }, 60_000);
});

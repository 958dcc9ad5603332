/** The pages in a real browser: nothing leaves the origin, no policy is violated, a query and a subscription run. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { chromium, type Browser, type Page } from 'playwright-core';
import { buildDure, type Dure } from '../../src/build.js';
import { readConfig } from '../../src/config.js';

const executable = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));
if (!executable) console.warn('No Chromium was found (CHROMIUM_PATH): the pages are not tested in a browser.');

(executable ? describe : describe.skip)('pages', () => {
  let dure: Dure;
  let browser: Browser;
  let folder: string;
  const strangers: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dure-pages-'));
    chmodSync(folder, 0o755);
    dure = await buildDure(readConfig({ PORT: '0', DURE_DATA_DIR: folder, DURE_LOG_LEVEL: 'silent' }), { progress: { step: () => undefined, sample: () => undefined }, log: pino({ level: 'silent' }) });
    browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await dure?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  async function open(path: string, locale = 'en'): Promise<Page> {
    const page = await browser.newPage({ locale, viewport: { width: 1280, height: 860 } });
    page.on('request', (request) => { if (!request.url().startsWith(dure.url!) && !/^(data|blob):/.test(request.url())) strangers.push(request.url()); });
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(dure.url + path);
    return page;
  }

  test('the home page lists the public datasets, in Korean and English', async () => {
    const page = await open('/', 'ko');
    await page.waitForSelector('#datasets table');
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
    expect(await page.locator('#datasets').textContent()).toContain('hanbit/superconductivity');
    expect(await page.locator('#datasets').textContent()).not.toContain('kidney-transplants');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.close();
  });

  test('GraphiQL runs the first example', async () => {
    const page = await open('/graphiql');
    await page.locator('.graphiql-query-editor .view-line', { hasText: 'superconductivity' }).first().waitFor();
    await page.locator('.graphiql-execute-button').click();
    await page.locator('.graphiql-response .view-line', { hasText: 'HgBa2Ca2Cu3O8' }).first().waitFor({ timeout: 20_000 });
    if (process.env.SCREENSHOTS) await page.screenshot({ path: process.env.SCREENSHOTS });
    await page.close();
  }, 40_000);

  test('a subscription shows a job\'s events to who may see it', async () => {
    const token = dure.demo!.tokens.administrator;
    const answer = await fetch(`${dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: '{"query":"{ jobs(first: 1) { nodes { id } } }"}' });
    const { data } = (await answer.json()) as { data: { jobs: { nodes: { id: string }[] } } };
    const page = await open('/graphiql');
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Use' }).click();
    await page.getByRole('tab', { name: 'Watch' }).click();
    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(JSON.stringify({ job: data.jobs.nodes[0]!.id }));
    await page.waitForTimeout(300);
    await page.locator('.graphiql-execute-button').click();
    await page.locator('.graphiql-response .view-line', { hasText: 'COMPLETE' }).first().waitFor({ timeout: 20_000 });
    await page.close();
  }, 40_000);

  test('nothing was asked of another host, and the content security policy was kept', () => {
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

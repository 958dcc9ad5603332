/** Dure as built, in this process, with the samples published: for tests of what callers see over HTTP. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { buildDure, type Dure } from '../../src/build.js';
import { readConfig } from '../../src/config.js';
import type { DemoPersonName } from '../../src/identity/demoTokens.js';

export interface GraphQLAnswer { readonly data?: unknown; readonly errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[]; readonly extensions?: Record<string, unknown> }

export interface Running {
  readonly dure: Dure;
  /** The data directory. */
  readonly folder: string;
  readonly url: string;
  /** `who`: a demo person, a bearer token, or nobody. */
  ask(query: string, who?: DemoPersonName | (string & {}), variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  upload(body: Buffer | string, contentType: string, who?: DemoPersonName | (string & {})): Promise<{ status: number; id?: string; code?: string }>;
  authorization(who: string | undefined): Record<string, string>;
  close(): Promise<void>;
}

/** @param onLog takes each line of the log; without it nothing is logged */
export async function startRunning(environment: Record<string, string> = {}, onLog?: (line: string) => void): Promise<Running> {
  const folder = environment.DURE_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'dure-running-'));
  // The database runs as another user under root; a folder that it may not enter would leave the cluster elsewhere, after the test too.
  chmodSync(folder, 0o755);
  const dure = await buildDure(readConfig({ PORT: '0', DURE_DATA_DIR: folder, DURE_LOG_LEVEL: 'silent', ...environment }), { progress: { step: () => undefined, sample: () => undefined }, log: onLog ? pino({ level: 'trace' }, { write: onLog }) : pino({ level: 'silent' }) });
  const url = dure.url!;
  const authorization = (who: string | undefined): Record<string, string> => (who === undefined ? {} : { authorization: `Bearer ${dure.demo!.tokens[who as DemoPersonName] ?? who}` });
  return {
    dure, url, folder, authorization,
    async ask(query, who, variables = {}) {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...authorization(who) }, body: JSON.stringify({ query, variables }) });
      return (await response.json()) as GraphQLAnswer;
    },
    async upload(body, contentType, who) {
      const response = await fetch(`${url}/uploads`, { method: 'POST', headers: { 'content-type': contentType, ...authorization(who) }, body });
      const json = (await response.json()) as { id?: string; errors?: { extensions: { code: string } }[] };
      return { status: response.status, id: json.id, code: json.errors?.[0]?.extensions.code };
    },
    async close() {
      await dure.stop();
      if (environment.DURE_DATA_DIR === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

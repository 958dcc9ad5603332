/** Exports as persons make them: asked by GraphQL, written by a worker, fetched over HTTP. */
import { createHash } from 'node:crypto';
import type { GraphQLAnswer, Running } from './running.js';
import { zip } from './publishing.js';
import { unzip } from './unzip.js';

export interface ExportJob { readonly id: string; readonly state: string; readonly error: { readonly code: string; readonly message: string; readonly details?: Readonly<Record<string, unknown>> } | null; readonly result: { readonly export: string; readonly path: string; readonly rows: number; readonly bytes: number; readonly sha256: string; readonly expiresAt: string } | null; readonly events: readonly { readonly phase: string | null; readonly message: string | null; readonly done: number | null; readonly total: number | null }[] }
export interface Fetched { readonly status: number; readonly headers: Headers; readonly body: Buffer; readonly code?: string; readonly reason?: unknown }
export interface Descriptor { readonly version: string; readonly licenses: unknown; readonly resources: readonly { readonly name: string; readonly path: string; readonly rows: number; readonly bytes: number; readonly hash: string; readonly schema: Readonly<Record<string, unknown>> & { readonly fields: readonly Readonly<Record<string, unknown>>[] } }[]; readonly export: Readonly<Record<string, unknown>> & { readonly withheld: readonly Readonly<Record<string, unknown>>[] } }

const finals = ['COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED'];
export const why = 'Survival by weight loss, for a thesis.';

export class Exporting {
  constructor(private readonly dure: Pick<Running, 'ask' | 'url' | 'authorization' | 'upload'>) {}

  ask(who: string | undefined, input: object, headers: Record<string, string> = {}): Promise<GraphQLAnswer> {
    return this.send('mutation($input: ExportDatasetInput!) { exportDataset(input: $input) { job { id } } }', who, { input: { reason: why, ...input } }, headers);
  }

  async send(query: string, who: string | undefined, variables: object = {}, headers: Record<string, string> = {}): Promise<GraphQLAnswer> {
    const response = await fetch(`${this.dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...this.dure.authorization(who), ...headers }, body: JSON.stringify({ query, variables }) });
    return (await response.json()) as GraphQLAnswer;
  }

  /** The id of a job that was begun. */
  async begin(who: string, input: object, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.ask(who, input, headers);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return (answer.data as { exportDataset: { job: { id: string } } }).exportDataset.job.id;
  }

  async job(who: string, id: string): Promise<ExportJob | null> {
    const { data, errors } = await this.dure.ask('query($id: ID!) { job(id: $id) { id state error { code message details } result events(first: 100) { phase message done total } } }', who, { id });
    if (errors) throw new Error(JSON.stringify(errors));
    return (data as { job: ExportJob | null }).job;
  }

  async ended(who: string, id: string): Promise<ExportJob> {
    for (const late = Date.now() + 60_000; Date.now() < late;) {
      const job = await this.job(who, id);
      if (job && finals.includes(job.state)) return job;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error('the job did not end');
  }

  async export(who: string, input: object, headers: Record<string, string> = {}): Promise<ExportJob> {
    return this.ended(who, await this.begin(who, input, headers));
  }

  async fetch(who: string | undefined, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Fetched> {
    const response = await fetch(`${this.dure.url}${path}`, { method, headers: { ...this.dure.authorization(who), ...headers } });
    const body = Buffer.from(await response.arrayBuffer());
    const error = response.status >= 400 && method === 'GET' ? (JSON.parse(body.toString('utf8')) as { errors: { extensions: { code: string; reason?: unknown } }[] }).errors[0]!.extensions : undefined;
    return { status: response.status, headers: response.headers, body, ...(error ? { code: error.code, reason: error.reason } : {}) };
  }

  /** The files of a new export, and what is said of them. */
  async files(who: string, input: object, headers: Record<string, string> = {}): Promise<{ readonly files: Readonly<Record<string, string>>; readonly descriptor: Descriptor; readonly job: ExportJob }> {
    const job = await this.export(who, input, headers);
    if (!job.result) throw new Error(`the export ended as ${JSON.stringify(job)}`);
    const { status, body } = await this.fetch(who, job.result.path);
    if (status !== 200 || createHash('sha256').update(body).digest('hex') !== job.result.sha256) throw new Error(`the download is not the file: ${status}`);
    const files = await unzip(body);
    return { files, job, descriptor: JSON.parse(files['datapackage.json']!) as Descriptor };
  }

  async publish(who: string, organization: string, files: Readonly<Record<string, string | object>> | Buffer): Promise<ExportJob> {
    const { id: upload } = await this.dure.upload(Buffer.isBuffer(files) ? files : await zip(files), 'application/zip', who);
    const { data, errors } = await this.dure.ask('mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', who, { input: { organization, upload } });
    if (errors) throw new Error(JSON.stringify(errors));
    return this.ended(who, (data as { publishDataset: { job: { id: string } } }).publishDataset.job.id);
  }

  async rules(who: string, dataset: string, rules: object): Promise<void> {
    const { errors } = await this.dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', who, { input: { dataset, document: rules } });
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

export const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map(({ extensions }) => extensions.code);

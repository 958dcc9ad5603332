/** A small cohort published into a running Dure, under rules that keep a minimum: for tests of what figures tell. */
import { expect } from '@jest/globals';
import pg from 'pg';
import { zip } from './publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from './running.js';
import { signPerson } from './tokens.js';

export interface Patient { readonly id: number; readonly clinic: string; readonly region: string; readonly admitted: string; readonly age: number; readonly cost: number; readonly person: string }

const fields = [
  { name: 'id', type: 'integer' }, { name: 'clinic', type: 'string' }, { name: 'region', type: 'string' }, { name: 'admitted', type: 'date' },
  { name: 'age', type: 'integer' }, { name: 'cost', type: 'number' }, { name: 'person', type: 'string' },
];

export const openToAll = { id: 'open', effect: 'allow', to: { authenticated: true } };
export const figuresOnly = {
  id: 'figures', effect: 'granularity', tables: ['patients'], atMost: 'aggregate', minimumCell: 5, unless: { attribute: 'person.organizations', contains: 'seoram' },
  noise: { epsilon: 0.5, budget: 3, per: 'month', sums: [{ column: 'cost', from: 0, to: 100 }] },
};
export const byRegion = {
  id: 'by-region', table: 'patients', minimumCell: 5, sums: ['cost'],
  dimensions: [{ column: 'region', values: ['north', 'south', 'east'] }, { column: 'admitted', period: 'year', from: '2023-01-01', until: '2025-01-01' }],
};

/** Counts by region and year that have small cells, an empty one, and a margin that is small. */
export function patients(): Patient[] {
  const counts: [string, number, number][] = [['north', 2023, 12], ['north', 2024, 9], ['south', 2023, 2], ['south', 2024, 14], ['east', 2023, 20], ['east', 2024, 11], ['west', 2023, 1]];
  const all: Patient[] = [];
  for (const [region, year, count] of counts) {
    for (let i = 0; i < count; i += 1) {
      const id = all.length + 1;
      all.push({ id, clinic: id % 2 === 0 ? 'a' : 'b', region, admitted: `${year}-03-0${(i % 9) + 1}`, age: 20 + ((id * 7) % 60), cost: (id * 13) % 90, person: `p${Math.ceil(id / 2)}` });
    }
  }
  return all;
}

export class Cohort {
  private constructor(readonly dure: Running, readonly database: pg.Pool, readonly steward: string, readonly tokens: ReadonlyMap<string, string>) {}

  static async open(environment: Record<string, string> = {}): Promise<Cohort> {
    const dure = await startRunning(environment);
    const steward = await signPerson(dure.folder, { subject: 'mina', name: 'Mina', organizations: ['seoram:steward'] });
    const tokens = new Map<string, string>();
    for (const subject of ['ada', 'ben', 'cho', 'dan', 'eve', 'fay', 'gil', 'han', 'ida', 'jo']) tokens.set(subject, await signPerson(dure.folder, { subject, organizations: ['uni:member'], country: 'KR' }));
    return new Cohort(dure, new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 }), steward, tokens);
  }

  async close(): Promise<void> {
    await this.database.end();
    await this.dure.close();
  }

  async publish(name: string, rows: readonly Patient[], document: object): Promise<string> {
    const descriptor = {
      name, title: 'A cohort', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'RESTRICTED', 'dure:listed': true, 'dure:rules': document,
      resources: [
        { name: 'clinics', path: 'clinics.csv', schema: { fields: [{ name: 'code', type: 'string' }, { name: 'town', type: 'string' }], primaryKey: 'code' } },
        { name: 'patients', path: 'patients.csv', schema: { fields, primaryKey: 'id', foreignKeys: [{ fields: 'clinic', reference: { resource: 'clinics', fields: 'code' } }] } },
      ],
    };
    const csv = [fields.map((field) => field.name).join(','), ...rows.map((row) => fields.map((field) => row[field.name as keyof Patient]).join(','))].join('\n');
    const uploaded = await this.dure.upload(await zip({ 'datapackage.json': descriptor, 'clinics.csv': 'code,town\na,Seoul\nb,Busan\n', 'patients.csv': `${csv}\n` }), 'application/zip', this.steward);
    const answer = await this.dure.ask('mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', this.steward, { input: { organization: 'seoram', upload: uploaded.id } });
    expect(answer.errors).toBeUndefined();
    const { id } = (answer.data as { publishDataset: { job: { id: string } } }).publishDataset.job;
    return this.ended(id);
  }

  /** The version that a job published. */
  private async ended(id: string): Promise<string> {
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const { job } = (await this.dure.ask('query($id: ID!) { job(id: $id) { state result error { message details } } }', this.steward, { id })).data as { job: { state: string; result: { version: string }; error: unknown } };
      if (job.state === 'COMPLETE') return job.result.version;
      if (job.state.endsWith('ERROR')) throw new Error(JSON.stringify(job.error));
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('the job does not end');
  }

  async setRules(name: string, document: object): Promise<void> {
    const answer = await this.dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', this.steward, { input: { dataset: `seoram/${name}`, document } });
    expect(answer.errors).toBeUndefined();
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const { rows } = await this.database.query<{ open: number }>(`select count(*)::int as open from dure.job where state not in ('COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED')`);
      if (rows[0]!.open === 0) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('jobs do not end');
  }

  /** Twice: at first sight, and prepared. Both lanes must say the same, what was paid aside. */
  async ask(query: string, who: string, variables: Record<string, unknown> = {}): Promise<GraphQLAnswer> {
    const token = who === 'mina' ? this.steward : this.tokens.get(who)!;
    const first = await this.dure.ask(query, token, variables);
    const second = await this.dure.ask(query, token, variables);
    const told = ({ data, errors }: GraphQLAnswer): unknown => ({ data, errors: errors?.map(({ message, path, extensions }) => ({ message, path, code: extensions.code })) });
    expect(told(second)).toEqual(told(first));
    return first;
  }

  /** A selection on the patients of a dataset. */
  patients(selection: string, who: string, options: { readonly dataset?: string; readonly where?: string; readonly version?: string } = {}): Promise<GraphQLAnswer> {
    const { dataset = 'cohort', where, version } = options;
    return this.ask(`{ seoram { ${dataset}${version ? `(version: "${version}")` : ''} { patients${where ? `(where: ${where})` : ''} { ${selection} } } } }`, who);
  }
}

export const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);

export function table<T>(answer: GraphQLAnswer, dataset = 'cohort'): T {
  expect(answer.errors).toBeUndefined();
  return (answer.data as { seoram: Record<string, { patients: T }> }).seoram[dataset]!.patients;
}

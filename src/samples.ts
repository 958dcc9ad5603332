/** The sample packages of a first start, published through the same job as a laboratory's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from './graphql/context.js';
import { anonymous } from './identity/identity.js';
import { makeIdentity } from './identity/makeIdentity.js';
import { unrecorded } from './transaction.js';
import { packDirectory } from './publish/packDirectory.js';

export interface PublishedSample {
  readonly path: string;
  /** Absent where the publication failed. */
  readonly version?: string;
  readonly rows?: number;
  readonly error?: string;
}

interface SampleOrganization { readonly slug: string; readonly title: string; readonly titleKo?: string; readonly homepage?: string }

const publisher = makeIdentity({ ...anonymous, kind: 'system', subject: 'dure:samples', scopes: ['read', 'publish'] });

/** Packages of one dataset never wait for each other, so all are asked for at once and told as they end. */
export async function publishSamples(directory: string, services: Services, maxBytes: number, told: (sample: PublishedSample) => void, signal: AbortSignal): Promise<void> {
  const organizations = JSON.parse(readFileSync(join(directory, 'organizations.json'), 'utf8')) as readonly SampleOrganization[];
  const jobs: Promise<void>[] = [];
  for (const organization of organizations) {
    if (!services.catalog.snapshot.organizations.has(organization.slug)) await services.organizations.create({ ...organization, by: publisher.subject }, unrecorded);
    const folder = join(directory, organization.slug);
    for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
      if (!existsSync(join(folder, name, 'datapackage.json'))) continue;
      jobs.push(publishSample(join(folder, name), organization.slug, name, services, maxBytes, signal).then(told));
    }
  }
  await Promise.all(jobs);
}

async function publishSample(folder: string, organization: string, name: string, { uploads, jobs, jobEvents }: Services, maxBytes: number, signal: AbortSignal): Promise<PublishedSample> {
  const upload = await uploads.create({ stream: packDirectory(folder), contentType: 'application/zip', filename: `${name}.zip`, createdBy: publisher.subject!, maxBytes });
  const job = await jobs.enqueue({ kind: 'PUBLISH', input: { organization, upload: upload.id, mode: 'REPLACE', allowMajor: false, note: 'sample' }, identity: publisher, idempotencyKey: `sample ${organization}/${name} ${upload.sha256}` });
  for await (const event of jobEvents.follow(job.id, 0, signal)) void event;
  const ended = await jobs.get(job.id);
  const result = ended?.result as { version: string; rows: number } | undefined;
  const path = `${organization}/${name}`;
  return ended?.state === 'COMPLETE' && result ? { path, version: result.version, rows: result.rows } : { path, error: ended?.error?.message ?? `the job ended as ${ended?.state ?? 'unknown'}` };
}

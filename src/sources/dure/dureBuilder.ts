/** Another Dure site's dataset as a source: described by that site, asked as the person who asks here. */
import { z } from 'zod';
import { DureError } from '../../errors.js';
import { countryCode } from '../../identity/countries.js';
import { slugPattern } from '../../catalog/naming.js';
import type { GraphqlEndpoint } from '../graphql/endpoint.js';
import type { SourceBuilder } from '../remote/builder.js';
import type { SourceDefinition } from '../remote/definition.js';
import type { OpenClient } from '../remote/openClient.js';
import type { RemoteSource } from '../remote/remoteSource.js';
import { describeDataset, type FarDataset } from './describeSite.js';
import { DureTable } from './dureTable.js';

const slug = z.string().regex(slugPattern, 'use a lower-case letter, then a-z, 0-9 and -');
export const dureOptions = z.strictObject({
  /** What the site is called here: its organizations' names get it before them. */
  name: slug,
  /** The site's address as it calls itself (its DURE_SITE): whom tokens are for. Without it everything is asked as nobody. */
  site: z.string().refine((text) => URL.canParse(text), 'give the address that the site calls itself by').optional(),
  dataset: z.string().regex(/^[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/, 'write ORGANIZATION/DATASET'),
  /** In the place of NAME-ORGANIZATION. */
  id: slug.optional(),
  country: z.string().refine((code) => countryCode(code) === code, 'write an ISO 3166-1 alpha-2 code such as KR').optional(),
});

export type DureOptions = z.infer<typeof dureOptions>;

const openingMs = 10_000;

export function dureBuilder(openClient: OpenClient): SourceBuilder {
  return {
    async open({ name, url, options }, surroundings) {
      const read = dureOptions.safeParse(options ?? {});
      const problems = read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
      if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || !new URL(url).pathname.includes('/graphql')) problems.unshift('url: give the address of the site’s GraphQL, such as https://dure.example/graphql');
      if (problems.length > 0 || !read.success) throw new DureError('BAD_USER_INPUT', `${name}: ${problems.join('; ')}.`, { problems });
      const [organization = '', dataset = ''] = read.data.dataset.split('/');
      const id = sourceId(read.data);
      const client = openClient({ source: id, surroundings });
      const endpoint: GraphqlEndpoint = { source: id, url: url!, client };
      try {
        const far = await describeDataset(endpoint, organization, dataset, { signal: AbortSignal.timeout(openingMs), deadline: performance.now() + openingMs, requestId: 'opening' });
        if (!far) throw new DureError('NOT_FOUND', `${new URL(url!).host} has no dataset ${read.data.dataset} that it shows to everybody. Ask who runs it to list the dataset.`, { dataset: read.data.dataset });
        const remote = dureSource(id, far, endpoint);
        return { definition: dureDefinition(id, dataset, far, read.data), remote, close: () => remote.close() };
      } catch (error) {
        await client.close();
        throw error;
      }
    },
  };
}

/** The site's name goes before the organization's: `kist` may well be here, too. */
export function sourceId(options: DureOptions): string {
  return options.id ?? `${options.name}-${options.dataset.split('/')[0]!}`.slice(0, 63);
}

function dureSource(id: string, far: FarDataset, endpoint: GraphqlEndpoint): RemoteSource {
  return {
    id,
    tables: new Map(far.tables.map((table) => [table.name, new DureTable(endpoint, far, table)])),
    health: () => endpoint.client.health(),
    onHealth: (listener) => endpoint.client.onHealth(listener),
    close: () => endpoint.client.close(),
  };
}

function dureDefinition(id: string, dataset: string, far: FarDataset, { country }: DureOptions): SourceDefinition {
  return Object.freeze({
    id, kind: 'dure' as const, title: far.title, titleKo: far.titleKo, description: far.description, dataset, licenses: far.licenses, citation: far.citation, country,
    tables: far.tables.map(({ name, field, title, description, key, columns }) => Object.freeze({ name, field, title, description, key, columns, authority: false })),
  });
}

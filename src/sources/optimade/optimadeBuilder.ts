/** How an OPTIMADE provider is declared: by its base address and a few words about it. */
import { z } from 'zod';
import { countryCode } from '../../identity/countries.js';
import { DureError } from '../../errors.js';
import { slugPattern } from '../../catalog/naming.js';
import type { SourceBuilder } from '../remote/builder.js';
import type { OpenClient } from '../remote/openClient.js';
import { SourceError } from '../remote/remoteSource.js';
import { openOptimade, optimadeDefinition, readProperties, type OptimadeSettings } from './optimadeSource.js';

const options = z.strictObject({
  id: z.string().regex(slugPattern, 'use a lower-case letter, then a-z, 0-9 and -'),
  title: z.string().min(1),
  titleKo: z.string().optional(),
  description: z.string().optional(),
  namespace: z.string().regex(/^[a-z][a-z0-9.]*$/, 'use lower-case letters, digits and dots').optional(),
  linkField: z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'use camelCase, such as crystal').optional(),
  licenses: z.array(z.strictObject({ name: z.string().optional(), path: z.string().optional(), title: z.string().optional() })).optional(),
  citation: z.string().optional(),
  homepage: z.string().optional(),
  country: z.string().refine((code) => countryCode(code) === code, 'write an ISO 3166-1 alpha-2 code such as KR').optional(),
  batch: z.number().int().min(1).max(500).optional(),
  page: z.number().int().min(1).max(10_000).optional(),
  counts: z.boolean().optional(),
  /** Seconds. */
  cache: z.strictObject({ seconds: z.number().int().min(0), staleWhileRevalidate: z.number().int().min(0).default(0), staleIfError: z.number().int().min(0).default(0) }).optional(),
  /** False: the provider is not asked which properties it has, and those of the specification are taken. */
  describe: z.boolean().default(true),
});

/** Nobody waits long at a start for a provider that does not answer. */
const openingMs = 2_000;

export function optimadeBuilder(openClient: OpenClient): SourceBuilder {
  return {
    async open(declaration, surroundings) {
      const { url } = declaration;
      const read = options.safeParse(declaration.options ?? {});
      const problems = read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
      if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || new URL(url).search !== '' || /\/v\d+\/?$/.test(url)) problems.unshift('url: give the base address of the provider, http or https, without a version and without a query');
      if (problems.length > 0 || !read.success) throw new DureError('BAD_USER_INPUT', `${declaration.name}: ${problems.join('; ')}.`, { problems });
      const settings: OptimadeSettings = { ...read.data, url: url! };
      const client = openClient({ source: settings.id, surroundings });
      try {
        const described = !read.data.describe ? undefined : await readProperties(settings, client, { signal: AbortSignal.timeout(openingMs), deadline: performance.now() + openingMs, requestId: 'opening' }).catch((error: unknown) => {
          if (!(error instanceof SourceError)) throw error;
          // It can be asked all the same when it is there again.
          surroundings.log(`${settings.id} could not be asked which properties it has: those of the specification are taken`, { code: error.code });
          return undefined;
        });
        const remote = openOptimade(settings, client);
        return { definition: optimadeDefinition(settings, described), remote, close: () => remote.close() };
      } catch (error) {
        await client.close();
        throw error;
      }
    },
  };
}

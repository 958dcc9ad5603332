/**
 * Operations that were known when the frontend was built, in the format of Apollo's persisted query manifests
 * (https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format). Clients name them by id; in the mode
 * `only` nothing else is answered.
 */
import { z } from 'zod';
import { DureError } from '../errors.js';
import type { Answer } from '../graphql/engine.js';

export type TrustMode = 'allow' | 'only';

const manifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), name: z.string().optional(), type: z.enum(['query', 'mutation', 'subscription']).optional(), body: z.string().min(1) })),
});

export class TrustedDocuments {
  private readonly texts: ReadonlySet<string>;

  private constructor(readonly mode: TrustMode, private readonly byId: ReadonlyMap<string, string>) {
    this.texts = new Set(byId.values());
  }

  /**
   * @param text the manifest's JSON
   * @throws DureError BAD_USER_INPUT with every mistake
   */
  static read(text: string, mode: TrustMode, file: string): TrustedDocuments {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new DureError('BAD_USER_INPUT', `The manifest of trusted documents ${file} is not JSON: ${(error as Error).message}`);
    }
    const read = manifest.safeParse(json);
    if (!read.success) {
      const mistakes = read.error.issues.map(({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`);
      throw new DureError('BAD_USER_INPUT', `The manifest of trusted documents ${file} is not of the format apollo-persisted-query-manifest, version 1:\n${mistakes.join('\n')}`);
    }
    const byId = new Map<string, string>();
    for (const { id, body } of read.data.operations) {
      if (byId.has(id) && byId.get(id) !== body) throw new DureError('BAD_USER_INPUT', `The manifest of trusted documents ${file} has the id ${id} twice, with different bodies.`);
      byId.set(id, body);
    }
    return new TrustedDocuments(mode, byId);
  }

  get size(): number {
    return this.byId.size;
  }

  text(id: string): string | undefined {
    return this.byId.get(id);
  }

  /** The refusal of a document that is not among them, where only they are answered. */
  refusal(query: string | undefined): Answer | undefined {
    if (this.mode === 'allow' || (query !== undefined && this.texts.has(query))) return undefined;
    return { errors: [{
      message: 'This server answers only the operations that its operators trust, and this is none of them. Send the id of one (documentId, or extensions.persistedQuery.sha256Hash), or ask the operator to add it to the manifest.',
      extensions: { code: 'FORBIDDEN', reason: 'UNTRUSTED_DOCUMENT' },
    }] };
  }
}

/** A declaration of any kind as the kit's subject: made ready by its own builder, with the kit's address and limits. */
import { DureError } from '../../errors.js';
import { dureBuilder } from '../dure/dureBuilder.js';
import { parseGraphqlSource } from '../graphql/parseGraphqlSource.js';
import { graphqlBuilder } from '../graphql/graphqlSource.js';
import { httpBuilder } from '../http/builder.js';
import { parseSource } from '../http/parseSource.js';
import { optimadeBuilder } from '../optimade/optimadeBuilder.js';
import type { OpenedSource, SourceBuilder, SourceDeclaration, SourceSurroundings } from '../remote/builder.js';
import { addressPolicy } from '../remote/client/addressPolicy.js';
import type { ClientLimits } from '../remote/client/options.js';
import type { SecretStore } from '../remote/client/secrets.js';
import { clientOpener } from '../remote/openClient.js';
import type { Subject } from './subject.js';

/**
 * @param url in the place of the declaration's own
 * @throws DureError with every mistake of the declaration
 */
export async function declaredSubject(declaration: SourceDeclaration, secrets: SecretStore, url?: string): Promise<Subject> {
  const { address, maxUrlLength } = addressOf(declaration, url);
  const surroundings: SourceSurroundings = { secret: (name) => secrets.get(name), log: () => undefined };
  const open = async (at: string, limits: Partial<ClientLimits>): Promise<OpenedSource> => builderOf(declaration, limits).open({ ...declaration, url: at }, surroundings);
  // The definition may depend on what the source says of itself.
  const first = await open(address, {});
  try {
    return {
      definition: first.definition, url: address, maxUrlLength,
      async open(at, limits) {
        const { remote } = await open(at, limits);
        if (!remote) throw new DureError('BAD_USER_INPUT', `${declaration.name} declares a source of the kind ${declaration.kind}, which takes statements: there is nothing to check.`);
        return remote;
      },
    };
  } finally {
    await first.close();
  }
}

function addressOf(declaration: SourceDeclaration, url: string | undefined): { readonly address: string; readonly maxUrlLength?: number } {
  const { kind, name, text } = declaration;
  if (kind === 'http' && text !== undefined) {
    const spec = parseSource(text, name);
    return { address: url ?? declaration.url ?? spec.url, maxUrlLength: spec.limits.maxUrlLength };
  }
  const address = url ?? declaration.url ?? (kind === 'graphql' && text !== undefined ? parseGraphqlSource(text, name).url : undefined);
  if (address === undefined) throw new DureError('BAD_USER_INPUT', `${name} names no address: give one with --url.`);
  return { address };
}

/** The connector speaks to the kit's proxy only; the proxy speaks to the source. Its own address is needed once, to read the definition. */
function builderOf({ kind }: SourceDeclaration, limits: Partial<ClientLimits>): SourceBuilder {
  const anywhere = { refusal: () => undefined };
  const shared = { addresses: Object.keys(limits).length === 0 ? anywhere : addressPolicy(['127.0.0.1']) };
  const opener = clientOpener(shared);
  switch (kind) {
    case 'http': return httpBuilder({ ...shared, limits });
    case 'graphql': return graphqlBuilder((options) => opener({ ...options, limits: { ...options.limits, ...limits } }));
    case 'optimade': return optimadeBuilder((options) => opener({ ...options, limits: { ...options.limits, ...limits } }));
    case 'dure': return dureBuilder((options) => opener({ ...options, limits: { ...options.limits, ...limits } }));
    default: throw new DureError('BAD_USER_INPUT', `Sources of the kind ${kind} are not checked by this kit.`);
  }
}

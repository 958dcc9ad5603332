import { fetchJson, RemoteKeys } from './remoteKeys.js';

/** The keys of an OpenID Connect provider, found by discovery (OpenID Connect Discovery 1.0, section 4). */
export function oidcKeys(issuer: string, now?: () => number): RemoteKeys {
  return new RemoteKeys({ owner: `the identity provider ${issuer}`, locate: () => locateKeys(issuer), now });
}

async function locateKeys(issuer: string): Promise<URL> {
  const found = await fetchJson(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
  // Section 4.3: a document that speaks for another issuer must not be used.
  if (found.issuer !== issuer) throw new Error(`the discovery document speaks for ${String(found.issuer)}, not for ${issuer}`);
  if (typeof found.jwks_uri !== 'string' || !isTrustworthyUrl(found.jwks_uri)) throw new Error('the discovery document names no https address of a key set');
  return new URL(found.jwks_uri);
}

/** Keys fetched without TLS can be anybody's: plain http is for this machine only. */
export function isTrustworthyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function signingKey(alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { alg, kid, privateKey, publicJwk: { ...jwk, kid, alg, use: 'sig' } };
}

/** An identity provider on a real port whose keys, documents and presence a test decides. */
export class Provider {
  keys: SigningKey[] = [];
  discovery: (issuer: string) => unknown = (issuer) => ({ issuer, jwks_uri: `${issuer}/keys` });
  keySet: () => unknown = () => ({ keys: this.keys.map((key) => key.publicJwk) });
  readonly requests: string[] = [];
  #server: Server | undefined;
  #port = 0;

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  static async start(...algorithms: string[]): Promise<Provider> {
    const provider = new Provider();
    provider.keys = await Promise.all((algorithms.length > 0 ? algorithms : ['ES256']).map(signingKey));
    await provider.up();
    return provider;
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests.push(request.url ?? '');
      const body = request.url === '/.well-known/openid-configuration' ? this.discovery(this.issuer) : request.url === '/keys' ? this.keySet() : undefined;
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise((done) => { server.close(done); server.closeAllConnections(); });
  }

  /** A token as the provider would issue it; `undefined` takes a claim away. */
  async token(claims: JWTPayload = {}, header: { key?: SigningKey; kid?: string; typ?: string } = {}): Promise<string> {
    const key = header.key ?? this.keys[0]!;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: this.issuer, aud: 'dure-test', sub: 'minji', iat: now, exp: now + 600, ...claims })
      .setProtectedHeader({ alg: key.alg, kid: header.kid ?? key.kid, typ: header.typ ?? 'at+jwt' })
      .sign(key.privateKey);
  }
}

import type { ClaimNames } from './claims.js';
import { demoSecret } from './demoTokens.js';
import { Identifier, type TokenFinder } from './identifier.js';
import { demoIssuer, JwtVerifier, trustOidc, trustSecret, type JwtTrust } from './jwt.js';
import { SiteVerifier, type TrustedSite } from './sites.js';
import { VisaVerifier, type VisaIssuer } from './visas.js';

/** Whose JSON Web Tokens are accepted. */
export type TokenTrust =
  | { readonly kind: 'oidc'; readonly issuer: string; readonly audience: string }
  /** The embedded default: demo tokens, signed by this secret or a generated one. */
  | { readonly kind: 'demo'; readonly secret?: string }
  /** Anonymous callers and API tokens only. */
  | { readonly kind: 'none' };

/** The part of the configuration that says who is believed. */
export interface IdentityConfig {
  readonly trust: TokenTrust;
  readonly jwtAlgorithms: readonly string[];
  readonly visaIssuers: readonly VisaIssuer[];
  readonly claimNames: ClaimNames;
  readonly dataDirectory: string;
  /** Other Dure sites, and how this one is called by them. */
  readonly sites?: { readonly issuer?: string; readonly key?: string; readonly trusted: readonly TrustedSite[] };
}

export interface IdentifierDependencies {
  readonly tokens?: TokenFinder;
  readonly warn?: (message: string) => void;
  readonly now?: () => number;
}

export function buildIdentifier(config: IdentityConfig, { tokens, warn, now }: IdentifierDependencies): Identifier {
  const trust = jwtTrust(config, now);
  const visas = config.visaIssuers.length > 0 ? new VisaVerifier({ issuers: config.visaIssuers, algorithms: config.jwtAlgorithms, warn, now }) : undefined;
  const jwt = trust ? new JwtVerifier({ trust, claimNames: config.claimNames, visas, warn, now }) : undefined;
  const { sites } = config;
  const verifier = sites?.issuer !== undefined && sites.trusted.length > 0 ? new SiteVerifier({ site: sites.issuer, sites: sites.trusted, now }) : undefined;
  return new Identifier({ jwt, tokens, sites: verifier, now });
}

/** Who may say who somebody is: the identity provider, and other sites of their own persons. */
export function believedIssuers(trust: TokenTrust, sites: readonly TrustedSite[] = []): readonly string[] {
  const own = trust.kind === 'oidc' ? [trust.issuer] : trust.kind === 'demo' ? [demoIssuer] : [];
  return [...own, ...sites.map(({ issuer }) => issuer)];
}

function jwtTrust({ trust, jwtAlgorithms, dataDirectory }: IdentityConfig, now?: () => number): JwtTrust | undefined {
  switch (trust.kind) {
    case 'oidc': return trustOidc({ issuer: trust.issuer, audience: trust.audience, algorithms: jwtAlgorithms, now });
    case 'demo': return trustSecret(demoSecret(dataDirectory, trust.secret));
    case 'none': return undefined;
  }
}

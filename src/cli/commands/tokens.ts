import { scopes as allScopes } from '../../identity/identity.js';
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import { columns, type Terminal } from '../terminal.js';

export interface CreateTokenOptions {
  readonly name: string;
  readonly scopes: string;
  readonly organizations?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

const fields = 'id name scopes createdAt expiresAt lastUsedAt revokedAt';

export async function createToken(remote: Remote, terminal: Terminal, options: CreateTokenOptions): Promise<void> {
  const scopes = list(options.scopes).map((scope) => {
    if (!(allScopes as readonly string[]).includes(scope.toLowerCase())) throw new CommandFailure(`"${scope}" is no scope; there are ${allScopes.join(', ')}.`, 2);
    return scope.toUpperCase();
  });
  const { createApiToken: made } = await remote.data<{ createApiToken: { token: string; apiToken: ApiToken } }>(
    `mutation CreateToken($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { ${fields} } } }`,
    { input: { name: options.name, scopes, organizations: options.organizations === undefined ? undefined : list(options.organizations), expiresAt: expiry(options.expires) } },
  );
  if (options.json) return terminal.out(`${JSON.stringify(made, null, 2)}\n`);
  terminal.note(`Token "${made.apiToken.name}" (${made.apiToken.id}), valid until ${made.apiToken.expiresAt ?? 'revoked'}. It is shown this once:\n`);
  terminal.out(`${made.token}\n`);
}

export async function listTokens(remote: Remote, terminal: Terminal, options: { readonly json?: boolean }): Promise<void> {
  const { me } = await remote.data<{ me: { apiTokens: readonly ApiToken[] } }>(`{ me { apiTokens { ${fields} } } }`);
  if (options.json) return terminal.out(`${JSON.stringify(me.apiTokens, null, 2)}\n`);
  if (me.apiTokens.length === 0) return terminal.note('You have no API tokens.\n');
  const rows = me.apiTokens.map((token) => [token.id, token.name, token.scopes.join(','), token.expiresAt ?? '', token.lastUsedAt ?? 'never', token.revokedAt ? `revoked ${token.revokedAt}` : '']);
  terminal.out(columns([['ID', 'NAME', 'SCOPES', 'EXPIRES', 'LAST USED', ''], ...rows]));
}

export async function revokeToken(remote: Remote, terminal: Terminal, id: string, options: { readonly json?: boolean }): Promise<void> {
  const { revokeApiToken: token } = await remote.data<{ revokeApiToken: ApiToken }>(`mutation Revoke($id: ID!) { revokeApiToken(id: $id) { ${fields} } }`, { id });
  terminal.out(options.json ? `${JSON.stringify(token)}\n` : `${token.id} revoked\n`);
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim()).filter((part) => part !== '');
}

/** A number of days, or an instant. */
function expiry(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const days = /^(\d+)d$/.exec(text)?.[1];
  const at = days === undefined ? new Date(text) : new Date(Date.now() + Number(days) * 86_400_000);
  if (Number.isNaN(at.getTime())) throw new CommandFailure('--expires takes a number of days as 90d, or an instant as 2027-01-31T00:00:00Z.', 2);
  return at.toISOString();
}

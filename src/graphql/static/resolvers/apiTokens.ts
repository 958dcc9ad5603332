import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { TokenRecord } from '../../../storage/tokenStore.js';
import type { RequestContext } from '../../context.js';
import { requireSignedIn } from '../authority.js';
import { notFound, uuidOf } from '../ids.js';
import { CreateApiTokenInput } from '../inputs.js';
import { changeRecorded } from '../recordChange.js';
import { checkText } from '../text.js';
import { CreateApiTokenPayload } from '../types/payloads.js';
import { ApiTokenType } from '../types/tokenType.js';

@Resolver()
export class ApiTokenResolver {
  @Mutation(() => CreateApiTokenPayload, { description: 'Makes an API token that can do at most what you can.' })
  async createApiToken(@Ctx() context: RequestContext, @Arg('input', () => CreateApiTokenInput, { description: 'What it is for.' }) input: CreateApiTokenInput): Promise<CreateApiTokenPayload> {
    requireSignedIn(context.identity);
    const { token, record } = await changeRecorded(context, ({ id, name, scopes, memberships, roles, expiresAt }: TokenRecord) => ({
      kind: 'TOKEN_CREATED', details: { token: id, name, scopes, organizations: memberships.map(({ organization, role }) => `${organization}:${role}`), roles, expiresAt: expiresAt?.toISOString() },
    }), (within) => context.services.tokens.create({
      name: checkText('name', input.name, 200),
      scopes: input.scopes,
      organizations: input.organizations ?? undefined,
      expiresAt: input.expiresAt ? new Date(input.expiresAt) : undefined,
      identity: context.identity,
    }, within));
    return { token, apiToken: new ApiTokenType(record) };
  }

  @Mutation(() => ApiTokenType, { description: 'Ends an API token of yours at once, with all that were made by it.' })
  async revokeApiToken(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'The token\'s id, not the token.' }) id: string): Promise<ApiTokenType> {
    requireSignedIn(context.identity);
    const uuid = uuidOf('ApiToken', id);
    if (uuid === undefined) throw notFound('API token', id);
    return changeRecorded(context, (made: TokenRecord) => ({ kind: 'TOKEN_REVOKED', details: { token: made.id } }), async (within) => {
      const record = await context.services.tokens.revoke(uuid, context.identity, within);
      await context.services.standing.refresh();
      return new ApiTokenType(record);
    });
  }
}

import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { DureError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import { JSONScalar } from '../../scalars.js';
import { requireRole, requireSignedIn } from '../authority.js';
import { imaginedIdentity } from '../imaginedIdentity.js';
import { IdentityInput } from '../inputs.js';
import { QueryExplanationType } from '../types/queryExplanationType.js';

@Resolver()
export class ExplainQueryResolver {
  @Query(() => QueryExplanationType, { description: 'How an operation would be answered, for a steward of every dataset that it names: levels, statement, cost, the database\'s plan, missing indexes.' })
  async explainQuery(
    @Ctx() context: RequestContext,
    @Arg('query', () => String, { description: 'The document; of one operation, a query.' }) query: string,
    @Arg('variables', () => JSONScalar, { nullable: true, description: 'Its variables.' }) variables?: unknown,
    @Arg('as', () => IdentityInput, { nullable: true, description: 'Under whose rules; yours where absent.' }) as?: IdentityInput,
  ): Promise<QueryExplanationType> {
    requireSignedIn(context.identity);
    if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables))) {
      throw new DureError('BAD_USER_INPUT', '`variables` must be an object of values by name.', { argument: 'variables' });
    }
    return context.explainer!.explain({
      query,
      variables: (variables ?? {}) as Record<string, unknown>,
      as: as ? imaginedIdentity(as) : undefined,
      allow: (datasets) => datasets.forEach((dataset) => requireRole(context.identity, dataset.organization, 'steward', 'rules')),
    }, context);
  }
}

import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../context.js';
import { requireRole } from '../authority.js';
import { explain } from '../explain.js';
import { askingOf } from '../../asking.js';
import { imaginedAsking } from '../imaginedIdentity.js';
import { IdentityInput } from '../inputs.js';
import { requireDataset } from '../lookups.js';
import { AccessExplanationType } from '../types/explanationType.js';

@Resolver()
export class ExplainAccessResolver {
  @Query(() => AccessExplanationType, { description: 'What you may see of a dataset and why; for a steward also what somebody else may.' })
  async explainAccess(
    @Ctx() context: RequestContext,
    @Arg('dataset', () => ID, { description: 'The dataset: its id or `organization/name`.' }) id: string,
    @Arg('as', () => IdentityInput, { nullable: true, description: 'A caller to imagine; you where absent.' }) as?: IdentityInput,
  ): Promise<AccessExplanationType> {
    const dataset = requireDataset(context, id);
    if (as) requireRole(context.identity, dataset.organization, 'steward', 'rules');
    return explain(dataset, as ? imaginedAsking(as, context.services, context.services.issuers) : askingOf(context, context.services.grants), context);
  }
}

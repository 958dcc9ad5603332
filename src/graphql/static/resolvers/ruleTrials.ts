import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { digest } from '../../../audit/chain.js';
import type { Dataset } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import { parseRules } from '../../../policy/parseRules.js';
import type { RuleDocument } from '../../../policy/rule.js';
import { visibleDatasets } from '../../../policy/visible.js';
import { ruleChanges } from '../../../policy/ruleChanges.js';
import { rulesDigest } from '../../../storage/ruleStore.js';
import type { RequestContext } from '../../context.js';
import { JSONScalar } from '../../scalars.js';
import { isAboutOwner } from '../auditedText.js';
import { recordEvent } from '../recordChange.js';
import { requireRole } from '../authority.js';
import { imaginedAsking } from '../imaginedIdentity.js';
import { IdentityInput } from '../inputs.js';
import { clock, requireDataset } from '../lookups.js';
import { ruledTables } from '../ruledTables.js';
import { TryQueryInput } from '../ruleInputs.js';
import { difference } from '../ruleTrial.js';
import { tryAccess, tryQuery } from '../simulate.js';
import { RuleTrialType, type TriedCallerType } from '../types/ruleTypes.js';

const mostCallers = 50;

@Resolver()
export class RuleTrialResolver {
  @Query(() => RuleTrialType, { description: 'Who would gain and lose what under a rule document. Nothing is changed. For stewards of the organization.' })
  async simulateRules(
    @Ctx() context: RequestContext,
    @Arg('dataset', () => ID, { description: 'The dataset: its id or `organization/name`.' }) id: string,
    @Arg('as', () => [IdentityInput], { description: 'Callers to imagine.' }) as: IdentityInput[],
    @Arg('document', () => JSONScalar, { nullable: true, description: 'The rule document to try; the rules in force where absent.' }) given?: unknown,
  ): Promise<RuleTrialType> {
    const { dataset, document } = trial(context, id, given);
    if (as.length > mostCallers) throw new DureError('BAD_USER_INPUT', `as may name ${mostCallers} callers at most.`, { argument: 'as' });
    await recordEvent(context, { kind: 'RULES_TRIED', dataset, details: { digest: rulesDigest(document), as: as.map(({ subject }) => subject ?? 'anonymous') } });
    const callers: TriedCallerType[] = [];
    for (const input of as) {
      const who = imaginedAsking(input);
      const [before, after] = [await tryAccess(dataset, dataset.rules, who, context), await tryAccess(dataset, document, who, context)];
      const tables = [...after].map(([table, access]) => ({ table, before: before.get(table)!, after: access }));
      const differences = tables.map((table) => difference(table.table, table.before, table.after));
      callers.push({ subject: input.subject ?? undefined, tables, gains: differences.flatMap((d) => d.gains), loses: differences.flatMap((d) => d.loses) });
    }
    return { changes: ruleChanges(dataset.rules, document, context.language), callers };
  }

  @Query(() => JSONScalar, { description: 'The whole answer that a query would have under a rule document, asked by somebody else. It shows only what you may read yourself. For stewards of every dataset that it names.' })
  async simulateQuery(@Ctx() context: RequestContext, @Info() { schema }: GraphQLResolveInfo, @Arg('input', () => TryQueryInput, { description: 'The query, the rules, and who asks.' }) input: TryQueryInput): Promise<unknown> {
    const { dataset, document } = trial(context, input.dataset, input.document);
    const variables = input.variables ?? {};
    if (typeof variables !== 'object' || Array.isArray(variables)) throw new DureError('BAD_USER_INPUT', 'variables must be an object.', { argument: 'input.variables' });
    if (input.query.length > 20_000) throw new DureError('BAD_USER_INPUT', 'query is longer than 20,000 characters.', { argument: 'input.query' });
    await recordEvent(context, { kind: 'RULES_TRIED', dataset, details: { digest: rulesDigest(document), as: [input.as.subject ?? 'anonymous'], ...triedText(context, schema, dataset, input.query) } });
    return tryQuery(dataset, document, imaginedAsking(input.as), { query: input.query, variables: variables as Record<string, unknown> }, context);
  }
}

/** Other stewards read the entry, and they may not know of everything that one operation names. */
function triedText(context: RequestContext, schema: GraphQLSchema, dataset: Dataset, query: string): { readonly query: string } | { readonly queryDigest: string } {
  const { grants, catalog: { snapshot } } = context.services;
  const knowsOthers = visibleDatasets(snapshot, context.identity, grants?.of(context.identity), clock(context.services)).some(({ listed, organization }) => !listed && organization.id !== dataset.organization.id);
  return !knowsOthers && isAboutOwner(dataset, schema, query) ? { query: query.slice(0, 2_000) } : { queryDigest: digest(query) };
}

function trial(context: RequestContext, id: string, given: unknown): { readonly dataset: Dataset; readonly document: RuleDocument } {
  const dataset = requireDataset(context, id);
  requireRole(context.identity, dataset.organization, 'steward', 'rules');
  return { dataset, document: given === undefined || given === null ? dataset.rules : parseRules(given, ruledTables(dataset)) };
}

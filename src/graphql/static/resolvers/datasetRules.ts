import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { asksForPreparation } from '../../../policy/cellIndexes.js';
import { withHashKeys } from '../../../policy/hashKeys.js';
import { parseRules } from '../../../policy/parseRules.js';
import { rulesDigest, type RuleRevision } from '../../../storage/ruleStore.js';
import type { ChangeEvent } from '../../../audit/event.js';
import { DureError } from '../../../errors.js';
import type { Within } from '../../../transaction.js';
import type { RequestContext } from '../../context.js';
import { requireRole } from '../authority.js';
import { RollbackDatasetRulesInput, SetDatasetAccessInput, SetDatasetRulesInput } from '../inputs.js';
import { requireDataset } from '../lookups.js';
import { changeRecorded } from '../recordChange.js';
import { ruledTables } from '../ruledTables.js';
import { checkOptionalText } from '../text.js';
import { datasetValue } from '../types/datasetType.js';
import { SetDatasetAccessPayload, SetDatasetRulesPayload } from '../types/payloads.js';

@Resolver()
export class DatasetRulesResolver {
  @Mutation(() => SetDatasetRulesPayload, { description: 'Puts a new rule document in force, at once and for every version. For stewards of the organization.' })
  async setDatasetRules(@Ctx() context: RequestContext, @Arg('input', () => SetDatasetRulesInput, { description: 'The rules.' }) input: SetDatasetRulesInput): Promise<SetDatasetRulesPayload> {
    const { dataset, by } = forSteward(context, input.dataset);
    const document = withHashKeys(parseRules(input.document, ruledTables(dataset)), context.services.hashKeys);
    const note = checkOptionalText('note', input.note, 1_000);
    return changed(context, dataset, { note }, (within) => context.services.rules.set({ dataset: dataset.id, document, note, by, expectedRevision: input.expectedRevision ?? undefined }, within));
  }

  @Mutation(() => SetDatasetRulesPayload, { description: 'Puts earlier rules in force again, as a new revision. For stewards of the organization.' })
  async rollbackDatasetRules(@Ctx() context: RequestContext, @Arg('input', () => RollbackDatasetRulesInput, { description: 'Which rules.' }) input: RollbackDatasetRulesInput): Promise<SetDatasetRulesPayload> {
    const { dataset, by } = forSteward(context, input.dataset);
    const note = checkOptionalText('note', input.note, 1_000);
    const former = await context.services.rules.document(dataset.id, input.revision);
    // What was right for the versions of its time may find nothing in those of today.
    if (former) parseRules(former, ruledTables(dataset));
    return changed(context, dataset, { note, backTo: input.revision }, (within) => context.services.rules.rollback({ dataset: dataset.id, revision: input.revision, note, by }, within));
  }

  @Mutation(() => SetDatasetAccessPayload, { description: 'Changes visibility, listing or embargo of a dataset. For stewards of the organization.' })
  async setDatasetAccess(@Ctx() context: RequestContext, @Arg('input', () => SetDatasetAccessInput, { description: 'What to change.' }) input: SetDatasetAccessInput): Promise<SetDatasetAccessPayload> {
    const { dataset } = forSteward(context, input.dataset);
    const { visibility, listed, embargoUntil, auditMode, auditRetentionYears } = input;
    if (auditRetentionYears !== undefined && auditRetentionYears !== null && ![1, 2, 3].includes(auditRetentionYears)) throw new DureError('BAD_USER_INPUT', '`auditRetentionYears` is 1, 2 or 3.', { argument: 'auditRetentionYears' });
    return changeRecorded(context, () => ({ kind: 'ACCESS_SETTINGS_CHANGED', dataset, details: { visibility: visibility ?? undefined, listed: listed ?? undefined, embargoUntil, auditMode, auditRetentionYears } }), async (within) => {
      await context.services.rules.setAccess(dataset.id, {
        visibility: visibility ?? undefined,
        listed: listed ?? undefined,
        embargoUntil: typeof embargoUntil === 'string' ? new Date(embargoUntil) : embargoUntil,
        auditMode,
        auditRetentionYears: auditRetentionYears as 1 | 2 | 3 | null | undefined,
      }, within);
      return { dataset: await renewed(context, dataset) };
    });
  }
}

function forSteward(context: RequestContext, id: string): { readonly dataset: Dataset; readonly by: string } {
  const dataset = requireDataset(context, id);
  return { dataset, by: requireRole(context.identity, dataset.organization, 'steward', 'rules') };
}

function changed(context: RequestContext, dataset: Dataset, details: ChangeEvent['details'], change: (within: Within<RuleRevision>) => Promise<RuleRevision>): Promise<SetDatasetRulesPayload> {
  return changeRecorded(context, ({ revision, document }: RuleRevision) => ({ kind: 'RULES_CHANGED', dataset, details: { revision, document: rulesDigest(document), ...details } }),
    async (within) => payload(context, await change(within), dataset));
}

async function payload(context: RequestContext, { revision, document }: RuleRevision, dataset: Dataset): Promise<SetDatasetRulesPayload> {
  // Until their pseudonyms are there, such columns are withheld: nothing is shown meanwhile that should not be. What the former rules had prepared is cleared away.
  if (asksForPreparation(document) || asksForPreparation(dataset.rules)) await context.services.jobs.enqueue({ kind: 'PREPARE_COLUMNS', input: { dataset: dataset.id }, identity: context.identity, datasetId: dataset.id, organizationId: dataset.organization.id });
  // Until they are made, releases say so.
  if (document.releases?.length) await context.services.jobs.enqueue({ kind: 'MAKE_RELEASES', input: { dataset: dataset.id }, identity: context.identity, datasetId: dataset.id, organizationId: dataset.organization.id });
  return { dataset: await renewed(context, dataset), revision, document };
}

/** Read your write: this process has moved when the answer is given; the others follow within a moment. */
async function renewed(context: RequestContext, dataset: Dataset): Promise<SetDatasetAccessPayload['dataset']> {
  const snapshot = await context.services.catalog.refresh();
  return datasetValue(snapshot.datasets.get(dataset.id) ?? dataset);
}


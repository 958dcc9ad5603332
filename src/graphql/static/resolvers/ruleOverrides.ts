import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { DureError } from '../../../errors.js';
import { isAdministrator } from '../../../identity/identity.js';
import type { Dataset } from '../../../catalog/model.js';
import type { Override } from '../../../policy/override.js';
import type { RequestContext } from '../../context.js';
import { changeRecorded } from '../recordChange.js';
import { requireAdministrator, requireRole } from '../authority.js';
import { uuidOf } from '../ids.js';
import { requireDataset } from '../lookups.js';
import { EndDatasetOverrideInput, OverrideDatasetRulesInput } from '../ruleInputs.js';
import { checkOptionalText } from '../text.js';
import { DatasetOverrideType } from '../types/ruleTypes.js';

@Resolver()
export class RuleOverrideResolver {
  @Mutation(() => DatasetOverrideType, { description: 'Opens a whole dataset to one person for a short time, past its rules: for emergencies. For stewards of the organization and administrators.' })
  async overrideDatasetRules(@Ctx() context: RequestContext, @Arg('input', () => OverrideDatasetRulesInput, { description: 'For whom, why and how long.' }) input: OverrideDatasetRulesInput): Promise<DatasetOverrideType> {
    const { dataset, by } = authorized(context, input.dataset);
    const { maxOverrideMinutes } = context.services;
    const reason = input.reason.trim();
    const subject = input.subject.trim();
    if (reason.length < 10 || reason.length > 1_000) throw new DureError('BAD_USER_INPUT', 'reason must say why, in 10 to 1,000 characters.', { argument: 'input.reason' });
    if (subject === '' || subject.length > 255) throw new DureError('BAD_USER_INPUT', 'subject must be a text of 1 to 255 characters.', { argument: 'input.subject' });
    if (input.minutes < 1 || input.minutes > maxOverrideMinutes) throw new DureError('BAD_USER_INPUT', `minutes must be 1 to ${maxOverrideMinutes}.`, { argument: 'input.minutes' });
    const issuer = issuerOf(context, input.issuer);
    // In one transaction: an override that nobody can find afterwards must not begin.
    return changeRecorded(context, () => ({ kind: 'EMERGENCY_OVERRIDE', dataset, details: { subject, issuer, reason, minutes: input.minutes } }), async (within) => {
      const override = await context.services.overrides.begin({ dataset: dataset.id, subject, issuer, reason, by, minutes: input.minutes }, within);
      await context.services.catalog.refresh();
      return override;
    });
  }

  @Mutation(() => DatasetOverrideType, { description: 'Ends an emergency override before its time. For stewards of the organization and administrators.' })
  async endDatasetOverride(@Ctx() context: RequestContext, @Arg('input', () => EndDatasetOverrideInput, { description: 'Which one.' }) input: EndDatasetOverrideInput): Promise<DatasetOverrideType> {
    const { dataset, by } = authorized(context, input.dataset);
    if (!/^[0-9a-f-]{36}$/.test(input.override)) throw new DureError('NOT_FOUND', 'The dataset has no emergency override of this id that still holds.');
    return changeRecorded(context, ({ id, subject, issuer }: Override) => ({ kind: 'EMERGENCY_OVERRIDE_ENDED', dataset, details: { override: id, subject, issuer } }), async (within) => {
      const override = await context.services.overrides.end(dataset.id, input.override, by, within);
      await context.services.catalog.refresh();
      return override;
    });
  }
}

/** @throws DureError BAD_USER_INPUT where it is not clear who is meant */
function issuerOf({ services: { issuers } }: RequestContext, given: string | null | undefined): string {
  const named = checkOptionalText('input.issuer', given, 500);
  if (named === undefined && issuers.length === 1) return issuers[0]!;
  if (named === undefined) throw new DureError('BAD_USER_INPUT', `issuer must say who asserts the subject${issuers.length === 0 ? '' : `, for example ${issuers.join(' or ')}`}: several may have the same.`, { argument: 'input.issuer' });
  return named;
}

function authorized(context: RequestContext, id: string): { readonly dataset: Dataset; readonly by: string } {
  // An administrator finds what is not listed, too: to know that it is there is the least of what an emergency needs.
  const { snapshot } = context.services.catalog;
  const hidden = isAdministrator(context.identity) ? snapshot.byPath.get(id) ?? snapshot.datasets.get(uuidOf('Dataset', id) ?? '') : undefined;
  const dataset = hidden ?? requireDataset(context, id);
  return { dataset, by: isAdministrator(context.identity) ? requireAdministrator(context.identity) : requireRole(context.identity, dataset.organization, 'steward', 'rules') };
}

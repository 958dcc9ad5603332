import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { asksForPreparation } from '../../../policy/cellIndexes.js';
import type { Incident } from '../../../storage/incidentStore.js';
import type { RequestContext } from '../../context.js';
import { DeclareIncidentInput, EndIncidentInput } from '../incidentInputs.js';
import { changeRecorded } from '../recordChange.js';
import { checkReason } from '../text.js';
import { stewardOrAdministrator } from '../stewards.js';
import { IncidentPayload, IncidentType } from '../types/incidentType.js';

@Resolver()
export class IncidentResolver {
  @Query(() => [IncidentType], { description: 'For what a dataset was frozen, newest first. For stewards of the organization and administrators.' })
  async incidents(@Ctx() context: RequestContext, @Arg('dataset', () => ID, { description: 'The dataset: its id or `organization/name`.' }) id: string): Promise<readonly IncidentType[]> {
    const { dataset } = stewardOrAdministrator(context, id);
    return context.services.incidents.of(dataset.id);
  }

  @Mutation(() => IncidentPayload, { description: 'Freezes a dataset on every server: nothing of it is answered to anybody until another person ends the incident. For stewards of the organization and administrators.' })
  async declareIncident(@Ctx() context: RequestContext, @Arg('input', () => DeclareIncidentInput, { description: 'Which dataset and why.' }) input: DeclareIncidentInput): Promise<IncidentPayload> {
    const { dataset, by } = stewardOrAdministrator(context, input.dataset);
    const reason = checkReason('input.reason', input.reason);
    return changeRecorded(context, ({ id }: Incident) => ({ kind: 'FROZEN', dataset, details: { incident: id, reason } }), async (within) => {
      const { incident, revision } = await context.services.incidents.declare(dataset.id, reason, { subject: by, issuer: context.identity.issuer }, within);
      return { incident, everywhere: await follow(context, revision) };
    });
  }

  @Mutation(() => IncidentPayload, { description: 'Ends an incident: the dataset is answered again. For stewards of the organization and administrators, but never whoever froze it.' })
  async endIncident(@Ctx() context: RequestContext, @Arg('input', () => EndIncidentInput, { description: 'Which dataset and why.' }) input: EndIncidentInput): Promise<IncidentPayload> {
    const { dataset, by } = stewardOrAdministrator(context, input.dataset);
    const reason = checkReason('input.reason', input.reason);
    return changeRecorded(context, () => ({ kind: 'UNFROZEN', dataset, details: { reason } }), async (within) => {
      const { incident, revision } = await context.services.incidents.end(dataset.id, reason, { subject: by, issuer: context.identity.issuer }, within);
      await requestWork(context, dataset);
      return { incident, everywhere: await follow(context, revision) };
    });
  }
}

/** Rules may have changed while no job could read the dataset, and the jobs that read it were stopped. */
async function requestWork({ identity, services }: RequestContext, { id, organization, rules }: Dataset): Promise<void> {
  const work = { input: { dataset: id }, identity, organizationId: organization.id, datasetId: id };
  if (asksForPreparation(rules)) await services.jobs.enqueue({ kind: 'PREPARE_COLUMNS', ...work });
  if (rules.releases?.length) await services.jobs.enqueue({ kind: 'MAKE_RELEASES', ...work });
}

async function follow({ services, signal }: RequestContext, revision: bigint): Promise<boolean> {
  await services.catalog.refresh();
  return services.settled ? services.settled(revision, signal).then(() => true, () => false) : true;
}

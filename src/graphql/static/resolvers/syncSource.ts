import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { slugPattern } from '../../../catalog/naming.js';
import { DureError } from '../../../errors.js';
import type { Job } from '../../../jobs/job.js';
import { forbidsDerivatives } from '../../../publish/mirror.js';
import type { RequestContext } from '../../context.js';
import { describeMirror } from '../../mirroredSource.js';
import { requireRole, requireSignedIn } from '../authority.js';
import { SyncSourceInput } from '../inputs.js';
import { requireOrganization } from '../lookups.js';
import { changeRecorded } from '../recordChange.js';
import { checkOptionalText } from '../text.js';
import { JobType } from '../types/jobType.js';
import { SyncSourcePayload } from '../types/payloads.js';

@Resolver()
export class SyncSourceResolver {
  @Mutation(() => SyncSourcePayload, { description: 'Begins to mirror a selection of an external source into a dataset, and answers at once. What you may not read there is not mirrored. For publishers of the organization.' })
  async syncSource(@Ctx() context: RequestContext, @Arg('input', () => SyncSourceInput, { description: 'What to mirror, and where to.' }) input: SyncSourceInput): Promise<SyncSourcePayload> {
    const { identity, services } = context;
    requireSignedIn(identity);
    const organization = requireOrganization(context, input.organization);
    requireRole(identity, organization, 'publisher', 'publish');
    if (!slugPattern.test(input.dataset)) throw new DureError('BAD_USER_INPUT', 'dataset is no name of a dataset: a lower-case letter, then a-z, 0-9 and dashes, 63 characters at most.', { argument: 'dataset' });
    if (input.where != null && (typeof input.where !== 'object' || Array.isArray(input.where))) throw new DureError('BAD_USER_INPUT', 'where must be an object, as in a query.', { argument: 'where' });
    if ([...services.catalog.snapshot.datasets.values()].some((dataset) => dataset.organization.slug === organization.slug && dataset.name === input.dataset && dataset.source)) throw new DureError('CONFLICT', `${organization.slug}/${input.dataset} is an external source itself.`, { argument: 'dataset' });
    const columns = input.columns ?? undefined;
    const mirrored = describeMirror(services, { source: input.source, table: input.table, ...(columns && { columns }) }, { ...context, channel: 'export' });
    const licence = forbidsDerivatives(mirrored.metadata.licenses);
    if (licence) throw new DureError('FORBIDDEN', `${mirrored.path} may not be mirrored: its licence (${licence.name ?? licence.title ?? licence.path}) allows nothing derived from it.`, { source: mirrored.path });
    const note = checkOptionalText('note', input.note, 1_000);
    const job = await changeRecorded(context, ({ id }: Job) => ({ kind: 'SYNC_REQUESTED', details: { organization: organization.slug, job: id, source: mirrored.path, table: mirrored.table.name, target: input.dataset } }), (within) => services.jobs.enqueue({
      kind: 'SYNC',
      input: {
        source: mirrored.path, table: mirrored.table.name, organization: organization.slug, dataset: input.dataset, allowMajor: input.allowMajor,
        ...(input.where == null ? {} : { where: input.where }), ...(columns && { columns: mirrored.columns.map(({ name }) => name) }), ...(context.purpose !== undefined && { purpose: context.purpose }), ...(note !== undefined && { note }),
      },
      identity, organizationId: organization.id, idempotencyKey: input.idempotencyKey ?? undefined,
    }, within));
    return { job: new JobType(job) };
  }
}

import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Job } from '../../../jobs/job.js';
import { creatorOf } from '../../../jobs/jobStore.js';
import type { RequestContext } from '../../context.js';
import { requireRole, requireSignedIn } from '../authority.js';
import { notFound } from '../ids.js';
import { PublishDatasetInput } from '../inputs.js';
import { requireOrganization } from '../lookups.js';
import { changeRecorded } from '../recordChange.js';
import { checkOptionalText } from '../text.js';
import { JobType } from '../types/jobType.js';
import { PublishDatasetPayload } from '../types/payloads.js';

@Resolver()
export class PublishDatasetResolver {
  @Mutation(() => PublishDatasetPayload, { description: 'Begins to publish a data package that you uploaded, and answers at once. For publishers of the organization.' })
  async publishDataset(
    @Ctx() context: RequestContext,
    @Arg('input', () => PublishDatasetInput, { description: 'What to publish.' }) input: PublishDatasetInput,
  ): Promise<PublishDatasetPayload> {
    const { identity, services } = context;
    requireSignedIn(identity);
    const organization = requireOrganization(context, input.organization);
    requireRole(identity, organization, 'publisher', 'publish');
    const upload = await services.uploads.get(input.upload);
    if (!upload || upload.createdBy !== creatorOf(identity) || upload.createdIssuer !== identity.issuer) throw notFound('upload', input.upload);
    const { mode, allowMajor } = input;
    const note = checkOptionalText('note', input.note, 1_000);
    const job = await changeRecorded(context, ({ id }: Job) => ({ kind: 'PUBLISH_REQUESTED', details: { organization: organization.slug, job: id, upload: upload.id, sha256: upload.sha256 } }), (within) => services.jobs.enqueue({
      kind: 'PUBLISH',
      input: { organization: organization.slug, upload: upload.id, mode, allowMajor, ...(note !== undefined && { note }) },
      identity,
      organizationId: organization.id,
      idempotencyKey: input.idempotencyKey ?? undefined,
    }, within));
    return { job: new JobType(job) };
  }
}

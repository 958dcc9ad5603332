import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { DureError } from '../../../errors.js';
import type { Job } from '../../../jobs/job.js';
import type { RequestContext } from '../../context.js';
import { requireScope, requireSignedIn } from '../authority.js';
import { requireJob } from '../lookups.js';
import { JobType } from '../types/jobType.js';

@Resolver()
export class JobControlResolver {
  @Mutation(() => JobType, { description: 'Asks a job to stop; it cleans up and ends as CANCELED. For whoever asked for it and publishers of its organization.' })
  async cancelJob(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'The job.' }) id: string): Promise<JobType> {
    const job = await controllable(context, id);
    if (job.kind === 'ERASE_PERSON') throw new DureError('FORBIDDEN', 'An erasure is not canceled: what was begun ends.');
    return new JobType(await context.services.jobs.requestCancel(job.id));
  }

  @Mutation(() => JobType, { description: 'Queues a job that failed or was canceled once more; it then runs under your rights. For whoever asked for it and publishers of its organization.' })
  async retryJob(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'The job.' }) id: string): Promise<JobType> {
    const job = await controllable(context, id);
    const { subject, issuer, site } = context.identity;
    if (job.kind === 'EXPORT' && (subject !== job.identity.subject || issuer !== job.identity.issuer || site !== job.identity.site)) throw new DureError('FORBIDDEN', 'An export is somebody\'s own. Ask for one yourself (exportDataset).');
    return new JobType(await context.services.jobs.retry(job.id, context.identity));
  }
}

/** Whoever may see a job may control it, if their token may publish at all; an export is asked for by reading. */
async function controllable(context: RequestContext, id: string): Promise<Job> {
  requireSignedIn(context.identity);
  const job = await requireJob(context, id);
  requireScope(context.identity, job.kind === 'EXPORT' ? 'read' : 'publish');
  return job;
}

import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { DureError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import { globalId, uuidOf } from '../ids.js';
import { JobWhereInput } from '../inputs.js';
import { jobFilter } from '../jobFilter.js';
import { findJob } from '../lookups.js';
import { JobConnection, JobType } from '../types/jobType.js';
import { connection, pageSize } from '../types/paging.js';

@Resolver()
export class JobResolver {
  @Query(() => JobType, { nullable: true, description: 'A job; null where there is none that you may see.' })
  async job(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Its id.' }) id: string): Promise<JobType | undefined> {
    const job = await findJob(context, id);
    return job && new JobType(job);
  }

  @Query(() => JobConnection, { description: 'Your jobs and those of the organizations you publish for, newest first.' })
  async jobs(
    @Ctx() context: RequestContext,
    @Arg('where', () => JobWhereInput, { nullable: true, description: 'Filters.' }) where?: JobWhereInput,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): Promise<JobConnection> {
    const begin = after === undefined || after === null ? undefined : uuidOf('Job', after);
    if (begin === undefined && after) throw new DureError('BAD_USER_INPUT', '`after` is not a cursor of `jobs`: pass an `endCursor` that this field gave.', { argument: 'after' });
    const page = await context.services.jobs.list({ ...jobFilter(context, where), first: pageSize(first), after: begin });
    const edges = page.nodes.map((job) => ({ node: new JobType(job), cursor: globalId('Job', job.id) }));
    return connection(edges, { hasNextPage: page.hasNextPage, hasPreviousPage: begin !== undefined });
  }
}

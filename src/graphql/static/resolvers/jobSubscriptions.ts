import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { DureError } from '../../../errors.js';
import type { JobEvent } from '../../../jobs/job.js';
import { matches } from '../../../jobs/jobFilter.js';
import { requireSignedIn } from '../authority.js';
import { JobWhereInput } from '../inputs.js';
import { jobFilter } from '../jobFilter.js';
import { frozenOf, maySeeJob, requireJob } from '../lookups.js';
import { reauthorized, type Subscribing } from '../reauthorize.js';
import { JobEventType } from '../types/jobEventType.js';
import { JobChangeType, JobType } from '../types/jobType.js';

@Resolver()
export class JobSubscriptionResolver {
  @Subscription(() => JobEventType, {
    description: 'A job\'s events after the one numbered `after`, first those that are there, then each as it happens; ends with the job. After a lost connection, ask again with the last `seq` you have.',
    subscribe: async ({ args, context }: Subscribing) => {
      const job = await requireJob(context, args.jobId as string);
      const frozen = (): DureError | undefined => frozenOf(context, job);
      const refused = frozen();
      if (refused) throw refused;
      return reauthorized(context, (signal) => context.services.jobEvents.follow(job.id, args.after as number, signal), (event) => (maySeeJob(context, job) ? event : 'end'), () => frozen() ?? maySeeJob(context, job));
    },
  })
  jobEvents(
    @Root() event: JobEvent,
    @Arg('jobId', () => ID, { description: 'The job.' }) _jobId: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The `seq` of the last event you have.' }) _after: number,
  ): JobEvent {
    return event;
  }

  @Subscription(() => JobChangeType, {
    description: 'The newest jobs that match, oldest first, and then each that comes or changes, as it is then. After a lost connection, subscribe again: it begins anew.',
    subscribe: ({ args, context }: Subscribing) => {
      requireSignedIn(context.identity);
      const filter = jobFilter(context, args.where as JobWhereInput | undefined);
      return reauthorized(context, (signal) => context.services.jobEvents.changes(filter, signal), (job) => (maySeeJob(context, job) && !frozenOf(context, job) ? { job: new JobType(job), matches: matches(filter, job) } : undefined));
    },
  })
  jobs(
    @Root() change: JobChangeType,
    @Arg('where', () => JobWhereInput, { nullable: true, description: 'Filters.' }) _where?: JobWhereInput,
  ): JobChangeType {
    return change;
  }
}

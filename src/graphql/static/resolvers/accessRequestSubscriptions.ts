import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { AccessRequestWhereInput } from '../accessRequestInputs.js';
import { requestChanges, requestEvents } from '../accessRequestFeed.js';
import { aboutRequest, eventFor, matchesFilter, requestFilter, requireRequest, wantedRequests } from '../accessRequests.js';
import { requireSignedIn } from '../authority.js';
import { reauthorized, type Subscribing } from '../reauthorize.js';
import { AccessRequestChangeType, AccessRequestEventType, AccessRequestType } from '../types/accessRequestType.js';

@Resolver()
export class AccessRequestSubscriptionResolver {
  @Subscription(() => AccessRequestEventType, {
    description: 'A request\'s events after the one numbered `after`, first those that are there, then each as it happens. After a lost connection, ask again with the last `seq` you have.',
    subscribe: async ({ args, context }: Subscribing) => {
      const { request } = await requireRequest(context, args.request as string);
      const { requests, standing } = context.services;
      return reauthorized(context, (signal) => requestEvents(requests, standing, request.id, args.after as number, signal), (event) => {
        const dataset = aboutRequest(context, request);
        return dataset ? eventFor(context, event, request, dataset) : 'end';
      }, () => aboutRequest(context, request) !== undefined);
    },
  })
  accessRequestEvents(
    @Root() event: AccessRequestEventType,
    @Arg('request', () => ID, { description: 'The request.' }) _request: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The `seq` of the last event you have.' }) _after: number,
  ): AccessRequestEventType {
    return event;
  }

  @Subscription(() => AccessRequestChangeType, {
    description: 'The newest requests that match, oldest first, and then each that comes or changes, as it is then: a committee\'s inbox. After a lost connection, subscribe again: it begins anew.',
    subscribe: ({ args, context }: Subscribing) => {
      requireSignedIn(context.identity);
      const where = args.where as AccessRequestWhereInput | undefined;
      const { requests, standing } = context.services;
      // Of what changed only that is told which matches or did: what never matched is no business of this reader's.
      const told = new Set<string>();
      return reauthorized(context, (signal) => requestChanges(requests, standing, () => requestFilter(context, where), signal), (request) => {
        const dataset = aboutRequest(context, request);
        const matches = dataset !== undefined && matchesFilter(wantedRequests(context, where), request, context);
        if (!dataset || (!matches && !told.has(request.id))) return undefined;
        if (matches) told.add(request.id);
        else told.delete(request.id);
        return { request: new AccessRequestType(request, dataset), matches };
      });
    },
  })
  accessRequests(
    @Root() change: AccessRequestChangeType,
    @Arg('where', () => AccessRequestWhereInput, { nullable: true, description: 'Filters.' }) _where?: AccessRequestWhereInput,
  ): AccessRequestChangeType {
    return change;
  }
}

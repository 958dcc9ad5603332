import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { datasetChanges } from '../datasetChanges.js';
import { maySeeDataset, requireDataset } from '../lookups.js';
import { reauthorized, type Subscribing } from '../reauthorize.js';
import { DatasetEventType } from '../types/datasetEventType.js';
import { datasetValue } from '../types/datasetType.js';

@Resolver()
export class DatasetSubscriptionResolver {
  @Subscription(() => DatasetEventType, {
    description: 'Publications and changes of access, of the datasets that you may see at that moment.',
    subscribe: ({ args, context }: Subscribing) => {
      const wanted = typeof args.dataset === 'string' ? requireDataset(context, args.dataset).id : undefined;
      const { catalog } = context.services;
      return reauthorized(context, (signal) => datasetChanges(catalog, signal), ({ kind, dataset }) => {
        const now = catalog.snapshot.datasets.get(dataset.id) ?? dataset;
        return (wanted === undefined || wanted === dataset.id) && maySeeDataset(context, now) ? { kind, dataset: datasetValue(now) } : undefined;
      }, () => {
        const dataset = wanted === undefined ? undefined : catalog.snapshot.datasets.get(wanted);
        return wanted === undefined || (dataset !== undefined && maySeeDataset(context, dataset));
      });
    },
  })
  datasetEvents(
    @Root() event: DatasetEventType,
    @Arg('dataset', () => ID, { nullable: true, description: 'Only this one: its id or `organization/name`.' }) _dataset?: string,
  ): DatasetEventType {
    return event;
  }
}

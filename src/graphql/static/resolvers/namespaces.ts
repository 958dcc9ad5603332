import { Ctx, Query, Resolver } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { visibleDatasets } from '../../../policy/visible.js';
import type { RequestContext } from '../../context.js';
import { clock } from '../lookups.js';
import { NamespaceType } from '../types/namespaceType.js';

@Resolver()
export class NamespaceResolver {
  @Query(() => [NamespaceType], { description: 'The namespaces that columns of the datasets that you may see are in, by prefix. Titles are the Bioregistry\'s (CC0).' })
  namespaces(@Ctx() context: RequestContext): NamespaceType[] {
    const used = new Map<string, Dataset[]>();
    for (const dataset of visibleDatasets(context.services.catalog.snapshot, context.identity, context.services.grants?.of(context.identity), clock(context.services))) {
      for (const namespace of namespacesOf(dataset)) used.set(namespace, [...(used.get(namespace) ?? []), dataset]);
    }
    return [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([namespace, datasets]) => new NamespaceType(namespace, datasets));
  }
}

function namespacesOf(dataset: Dataset): ReadonlySet<string> {
  return new Set(dataset.versions[0]!.tables.flatMap((table) => table.columns.flatMap(({ namespace }) => namespace ?? [])));
}

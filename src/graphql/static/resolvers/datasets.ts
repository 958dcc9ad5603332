import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../context.js';
import { datasetPage } from '../datasetPage.js';
import { DatasetOrderByInput, DatasetWhereInput } from '../inputs.js';
import { findDataset } from '../lookups.js';
import { DatasetConnection, DatasetType, datasetValue } from '../types/datasetType.js';

@Resolver()
export class DatasetResolver {
  @Query(() => DatasetType, { nullable: true, description: 'A dataset; null where there is none that you may see.' })
  dataset(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Its id or `organization/name`.' }) id: string): DatasetType | undefined {
    const dataset = findDataset(context, id);
    return dataset && datasetValue(dataset);
  }

  @Query(() => DatasetConnection, { description: 'The datasets that you may see.' })
  datasets(
    @Ctx() context: RequestContext,
    @Arg('search', () => String, { nullable: true, description: 'Words that all occur in titles, names, keywords, columns, the organization or descriptions; parts of words too.' }) search?: string,
    @Arg('where', () => DatasetWhereInput, { nullable: true, description: 'Filters.' }) where?: DatasetWhereInput,
    @Arg('orderBy', () => [DatasetOrderByInput], { nullable: true, description: 'Orders, weightiest first; the best match first where something is searched, else by path.' }) orderBy?: DatasetOrderByInput[],
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): DatasetConnection {
    return datasetPage(context, { search, where, orderBy, first, after });
  }
}

/** A page of the datasets that the caller may see, from arguments as GraphQL gives them (null where a client wrote null). */
import { datasetOrders, searchDatasets, type DatasetOrder } from '../../catalog/search.js';
import { DureError } from '../../errors.js';
import { visibleDatasets } from '../../policy/visible.js';
import type { RequestContext } from '../context.js';
import { clock } from './lookups.js';
import type { DatasetOrderByInput, DatasetWhereInput } from './inputs.js';
import { type DatasetConnection, datasetValue } from './types/datasetType.js';
import { connection, pageSize } from './types/paging.js';

export interface DatasetPageArguments {
  readonly search?: string | null;
  readonly where?: DatasetWhereInput | null;
  readonly orderBy?: readonly DatasetOrderByInput[] | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

export function datasetPage(context: RequestContext, { search, where, orderBy, first, after }: DatasetPageArguments): DatasetConnection {
  const page = searchDatasets(visibleDatasets(context.services.catalog.snapshot, context.identity, context.services.grants?.of(context.identity), clock(context.services)), {
    search: search ?? undefined,
    where: {
      license: where?.license ?? undefined,
      domain: where?.domain ?? undefined,
      namespace: where?.namespace ?? undefined,
      organization: where?.organization ?? undefined,
      visibility: where?.visibility ?? undefined,
    },
    orderBy: orderBy?.map(readOrder),
    first: pageSize(first),
    after: after ?? undefined,
  });
  const edges = page.items.map(({ dataset, cursor }) => ({ node: datasetValue(dataset), cursor }));
  return { ...connection(edges, { hasNextPage: page.hasNextPage, hasPreviousPage: page.hasPreviousPage }), totalCount: page.totalCount };
}

function readOrder(input: DatasetOrderByInput): DatasetOrder {
  const orders = datasetOrders.filter((by) => input[by] !== undefined && input[by] !== null);
  const [by] = orders;
  if (by === undefined || orders.length > 1) {
    throw new DureError('BAD_USER_INPUT', `Each entry of \`orderBy\` has exactly one field; this one has ${orders.length === 0 ? 'none' : orders.join(' and ')}. Write one entry for each.`, { argument: 'orderBy' });
  }
  return { by, descending: input[by] === 'DESC' };
}

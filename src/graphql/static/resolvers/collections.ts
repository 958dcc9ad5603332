import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { datasetPath, type Collection, type Pin } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import { requireRole } from '../authority.js';
import { CreateCollectionInput, UpdateCollectionInput } from '../collectionInputs.js';
import { checkCollectionName, collectionValue, readPins, requireCollection } from '../collections.js';
import { requireOrganization } from '../lookups.js';
import { changeRecorded } from '../recordChange.js';
import { checkOptionalText } from '../text.js';
import { CollectionConnection, CollectionType, DeleteCollectionPayload } from '../types/collectionType.js';
import { connection, pageSize } from '../types/paging.js';

@Resolver()
export class CollectionResolver {
  @Query(() => CollectionType, { nullable: true, description: 'A collection by its name.' })
  collection(@Ctx() context: RequestContext, @Arg('name', () => String, { description: 'Its name.' }) name: string): CollectionType | undefined {
    const collection = context.services.catalog.snapshot.collections.get(name);
    return collection && collectionValue(context, collection);
  }

  @Query(() => CollectionConnection, { description: 'The collections that hold anything you may see, by name.' })
  collections(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): CollectionConnection {
    const size = pageSize(first);
    const begin = after === undefined || after === null ? '' : readCursor(after);
    const following = [...context.services.catalog.snapshot.collections.values()]
      .filter(({ name }) => name > begin).sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((collection) => collectionValue(context, collection) ?? []);
    return connection(following.slice(0, size).map((node) => ({ node, cursor: Buffer.from(`c:${node.name}`).toString('base64url') })), { hasNextPage: following.length > size, hasPreviousPage: begin !== '' });
  }

  @Mutation(() => CollectionType, { description: 'Makes a collection. For publishers and stewards of the organization.' })
  async createCollection(@Ctx() context: RequestContext, @Arg('input', () => CreateCollectionInput, { description: 'What it is.' }) input: CreateCollectionInput): Promise<CollectionType> {
    const organization = requireOrganization(context, input.organization);
    const by = requireRole(context.identity, organization, 'publisher', 'publish');
    const name = checkCollectionName(input.name);
    const title = checkOptionalText('title', input.title, 200);
    const description = checkOptionalText('description', input.description, 5_000);
    const pins = readPins(context, input.datasets);
    return changeRecorded(context, () => ({ kind: 'COLLECTION_CREATED', details: { collection: name, organization: organization.slug, datasets: pinned(context, pins) } }), async (within) => {
      await context.services.collections.create({ name, organization: organization.id, title, description, pins, by }, within);
      return renewed(context, name);
    });
  }

  @Mutation(() => CollectionType, { description: 'Changes a collection, and with it the schema of all who use it. For publishers and stewards of its organization.' })
  async updateCollection(@Ctx() context: RequestContext, @Arg('input', () => UpdateCollectionInput, { description: 'What to change.' }) input: UpdateCollectionInput): Promise<CollectionType> {
    const { id, name } = forKeeper(context, input.name);
    const text = (argument: 'title' | 'description', longest: number): string | null | undefined => (input[argument] === null ? null : checkOptionalText(argument, input[argument], longest));
    const pins = input.datasets ? readPins(context, input.datasets) : undefined;
    const change = { title: text('title', 200), description: text('description', 5_000), pins };
    return changeRecorded(context, () => ({ kind: 'COLLECTION_CHANGED', details: { collection: name, ...(pins && { datasets: pinned(context, pins) }) } }), async (within) => {
      await context.services.collections.update(id, change, within);
      return renewed(context, name);
    });
  }

  @Mutation(() => DeleteCollectionPayload, { description: 'Deletes a collection; its endpoint is gone, its datasets stay. For publishers and stewards of its organization.' })
  async deleteCollection(@Ctx() context: RequestContext, @Arg('name', () => String, { description: 'Which collection.' }) name: string): Promise<DeleteCollectionPayload> {
    const { id } = forKeeper(context, name);
    return changeRecorded(context, () => ({ kind: 'COLLECTION_DELETED', details: { collection: name } }), async (within) => {
      await context.services.collections.delete(id, within);
      await context.services.catalog.refresh();
      return { name };
    });
  }
}

/** `org/name@version`, for the audit. */
function pinned({ services: { catalog } }: RequestContext, pins: readonly Pin[]): readonly string[] {
  const paths = new Map([...catalog.snapshot.datasets.values()].map((dataset) => [dataset.id, datasetPath(dataset)]));
  return pins.map(({ dataset, major, minor }) => `${paths.get(dataset) ?? dataset}@${major}${minor === undefined ? '' : `.${minor}`}`);
}

function forKeeper(context: RequestContext, name: string): Collection {
  const collection = requireCollection(context, name);
  requireRole(context.identity, requireOrganization(context, collection.organization), 'publisher', 'publish');
  return collection;
}

/** Read your write: this process has moved when the answer is given; the others follow within a moment. */
async function renewed(context: RequestContext, name: string): Promise<CollectionType> {
  await context.services.catalog.refresh();
  return collectionValue(context, requireCollection(context, name))!;
}

function readCursor(cursor: string): string {
  const match = /^c:([a-z][a-z0-9-]*)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!match) throw new DureError('BAD_USER_INPUT', '`after` is not a cursor of `collections`: pass an `endCursor` that this field gave.', { argument: 'after' });
  return match[1]!;
}

import { Arg, Ctx, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { DureError } from '../../../errors.js';
import type { SourceState } from '../../../federation/sourceRegistry.js';
import type { ChangedSource } from '../../../storage/sourceStore.js';
import { SourceError } from '../../../sources/remote/remoteSource.js';
import { stream } from '../../../jobs/stream.js';
import type { RequestContext } from '../../context.js';
import { maySeeDataset } from '../lookups.js';
import { requireAdministrator } from '../authority.js';
import { latest } from '../latest.js';
import { changeRecorded, type Told } from '../recordChange.js';
import { reauthorized, type Subscribing } from '../reauthorize.js';
import { RegisterSourceInput, SourceType } from '../types/sourceType.js';

@Resolver()
export class SourceResolver {
  @Query(() => [SourceType], { description: 'The sources that you may see, with their health, by id.' })
  sources(@Ctx() context: RequestContext): SourceType[] {
    return context.services.sources.states().flatMap((state) => shown(state, context) ?? []);
  }

  @Mutation(() => SourceType, { description: 'Registers a source, or changes one that was registered. Its tables stand in the schema at once. For administrators.' })
  async registerSource(@Ctx() context: RequestContext, @Arg('input', () => RegisterSourceInput, { description: 'What it is.' }) input: RegisterSourceInput): Promise<SourceType> {
    const by = requireAdministrator(context.identity);
    if (input.options !== undefined && input.options !== null && (typeof input.options !== 'object' || Array.isArray(input.options))) throw new DureError('BAD_USER_INPUT', 'options must be an object.', { argument: 'options' });
    const secrets = Object.fromEntries((input.secrets ?? []).map(({ name, value }) => [name, value]));
    const told = ({ id, kind }: ChangedSource): Told => ({ kind: 'SOURCE_REGISTERED', details: { source: id, kind, ...(input.url == null ? {} : { url: input.url }), secrets: Object.keys(secrets) } });
    const state = await changeRecorded(context, told, (within) => context.services.sources.register({
      origin: 'REGISTERED', by,
      declaration: {
        kind: input.kind, name: 'sdl',
        ...(input.sdl == null ? {} : { text: input.sdl }), ...(input.url == null ? {} : { url: input.url }), ...(input.options == null ? {} : { options: input.options as Record<string, unknown> }),
      },
      ...(input.secrets && input.secrets.length > 0 ? { secrets } : {}),
    }, within)).catch((error: unknown) => { throw error instanceof SourceError ? new DureError(error.code, error.message, { source: error.details.source }) : error; });
    return shown(state, context) ?? new SourceType(state, undefined);
  }

  @Mutation(() => Boolean, { description: 'Closes a source: its tables leave the schema. For administrators.' })
  async removeSource(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'The source.' }) id: string): Promise<boolean> {
    requireAdministrator(context.identity);
    const state = context.services.sources.states().find(({ record }) => record.id === id);
    if (state?.record.origin === 'FILE') throw new DureError('CONFLICT', `The source ${id} is declared by a file of the server: take the file away and start again.`, { source: id });
    await changeRecorded(context, (gone: ChangedSource) => ({ kind: 'SOURCE_REMOVED', details: { source: gone.id, kind: gone.kind } }), (within) => context.services.sources.remove(id, within));
    return true;
  }

  @Mutation(() => Int, { description: 'Seals every credential of sources with the newest of the server\'s secret keys, so that older ones can be retired; says how many were sealed anew. For administrators.' })
  async rotateSourceKeys(@Ctx() context: RequestContext): Promise<number> {
    requireAdministrator(context.identity);
    return context.services.sources.rotateKeys();
  }

  @Subscription(() => SourceType, {
    description: 'Each change of a source\'s health, as this server process sees it; first how all of them are.',
    subscribe: ({ context }: Subscribing) => reauthorized(context, (signal) => changes(context, signal), (state) => shown(state, context)),
  })
  sourceEvents(@Root() source: SourceType): SourceType {
    return source;
  }
}

function shown(state: SourceState, context: RequestContext): SourceType | undefined {
  const dataset = context.services.catalog.snapshot.datasets.get(state.record.datasetId);
  return dataset && maySeeDataset(context, dataset) ? new SourceType(state, dataset) : undefined;
}

/** For a slow reader only the last state of each source is kept. */
function changes({ services: { sources } }: RequestContext, signal: AbortSignal): AsyncIterable<SourceState> {
  return stream(signal, (ended) => latest(ended, (state: SourceState) => state.record.id, (put) => sources.onHealth(put), sources.states()));
}

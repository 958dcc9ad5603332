/** The GraphQL endpoints: that of the whole server, and one for each collection. */
import { notFound } from '../graphql/static/ids.js';
import type { Engine, VisibleSchema } from '../graphql/engine.js';
import type { Identity } from '../identity/identity.js';
import { HttpRefusal } from './reply.js';

export interface Endpoint {
  /** Absent for the whole server. */
  readonly collection?: string;
  /** Whether it is the schema's text that is asked for. */
  readonly sdl: boolean;
}

const pattern = /^\/graphql\/c\/([^/]+)(\/schema\.graphql)?$/;

/** Undefined for paths of something else. Names are not judged here: one that no collection can have is unknown like any other. */
export function endpointAt(path: string): Endpoint | undefined {
  if (path === '/graphql') return { sdl: false };
  const match = pattern.exec(path);
  return match ? { collection: match[1]!, sdl: match[2] !== undefined } : undefined;
}

/** @throws HttpRefusal 404, the same for a collection that does not exist and for one that does not exist for this caller */
export function schemaAt(endpoint: Endpoint, engine: Engine, identity: Identity): VisibleSchema {
  if (endpoint.collection === undefined) return engine.schemaFor(identity);
  const schema = engine.collectionFor(endpoint.collection, identity);
  if (!schema) throw new HttpRefusal(404, 'NOT_FOUND', notFound('collection', endpoint.collection).message);
  return schema;
}

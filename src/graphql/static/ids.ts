/** Global ids of the static types: `base64url("Type:uuid")`, opaque to clients. Rows have ids of another form. */
import { DureError } from '../../errors.js';

export const staticNodeTypes = ['Organization', 'Dataset', 'Job', 'ApiToken'] as const;
export type StaticNodeType = (typeof staticNodeTypes)[number];

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuidPattern = new RegExp(`^${uuid}$`, 'i');
const idPattern = new RegExp(`^(${staticNodeTypes.join('|')}):(${uuid})$`, 'i');

export function globalId(type: StaticNodeType, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64url');
}

/** Undefined where the id is not one of a static type. */
export function readGlobalId(id: string): { readonly type: StaticNodeType; readonly id: string } | undefined {
  if (id.length > 100) return undefined;
  const match = idPattern.exec(Buffer.from(id, 'base64url').toString('latin1'));
  const type = staticNodeTypes.find((name) => name === match?.[1]);
  return type && { type, id: match![2]!.toLowerCase() };
}

/** The uuid behind a global id of that type, or a bare uuid; undefined for anything else, which is then unknown. */
export function uuidOf(type: StaticNodeType, id: string): string | undefined {
  if (uuidPattern.test(id)) return id.toLowerCase();
  const read = readGlobalId(id);
  return read?.type === type ? read.id : undefined;
}

/** The one error for what does not exist and for what the caller may not know of: it repeats only what the caller sent. */
export function notFound(what: string, id: string): DureError {
  return new DureError('NOT_FOUND', `There is no ${what} "${id.slice(0, 200)}" that you may see. Check the id, or sign in with an account that has access.`);
}

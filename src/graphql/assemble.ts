/** The answer's text: pieces from sources as they came, what graphql-js resolved, and the frame around both. */
import { recordSeparator, type Skeleton } from '../plan/plan.js';
import type { Bindings } from '../plan/predicate.js';

export interface Pieces {
  readonly root: (index: number) => string;
  /** What graphql-js resolved; undefined where it had nothing to do. */
  readonly resolved: unknown;
  readonly bindings: Bindings;
}

export function assemble(skeleton: Skeleton, pieces: Pieces): string {
  switch (skeleton.kind) {
    case 'text': return skeleton.json;
    case 'root': return pieces.root(skeleton.index);
    case 'static': return JSON.stringify(at(pieces.resolved, skeleton.path) ?? null);
    case 'entities': return entities(skeleton, pieces);
    case 'object': {
      let text = '{';
      for (const { key, value } of skeleton.fields) text += `${text.length > 1 ? ',' : ''}"${key}":${assemble(value, pieces)}`;
      return `${text}}`;
    }
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

/** Each root's texts in their places; null where there is none. */
function entities({ read, roots }: Extract<Skeleton, { kind: 'entities' }>, pieces: Pieces): string {
  const { length, groups } = read(pieces.bindings);
  const list = Array.from({ length }, () => 'null');
  for (const [name, index] of roots) {
    const { places } = groups.get(name)!;
    const text = pieces.root(index);
    if (text === 'null') continue;
    const rows = text.split(recordSeparator);
    if (rows.length !== places.length) throw new Error(`${places.length} keys got ${rows.length} answers`);
    places.forEach((place, number) => { list[place] = rows[number]!; });
  }
  return `[${list.join(',')}]`;
}

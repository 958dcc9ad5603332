/** The answer's text: pieces from sources as they came, what graphql-js resolved, and the frame around both. */
import type { Skeleton } from '../plan/plan.js';

export interface Pieces {
  readonly root: (index: number) => string;
  /** What graphql-js resolved; undefined where it had nothing to do. */
  readonly resolved: unknown;
}

export function assemble(skeleton: Skeleton, pieces: Pieces): string {
  switch (skeleton.kind) {
    case 'text': return skeleton.json;
    case 'root': return pieces.root(skeleton.index);
    case 'static': return JSON.stringify(at(pieces.resolved, skeleton.path) ?? null);
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

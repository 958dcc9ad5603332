/** What a version says of persons who were erased from it: what was cited is not quite what is there. */
import type { Version, VersionErasure } from './model.js';

export function erasureNote({ at, rows, cells }: VersionErasure): string {
  const day = at.toISOString().slice(0, 10);
  const parts = [...(rows > 0 || cells === 0 ? [counted(rows, 'row')] : []), ...(cells > 0 ? [counted(cells, 'cell')] : [])];
  return `${parts.join(' and ')} ${rows + cells === 1 ? 'was' : 'were'} erased on ${day}.`;
}

/** The publisher's citation, with what was erased since. */
export function citationOf({ metadata, erasures = [] }: Pick<Version, 'metadata' | 'erasures'>): string | undefined {
  return metadata.citation === undefined || erasures.length === 0 ? metadata.citation : `${metadata.citation} ${erasures.map(erasureNote).join(' ')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

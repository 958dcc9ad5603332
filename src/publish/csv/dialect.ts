import type { DialectDescriptor, ResourceDescriptor } from '../descriptor.js';

/** How a file writes its rows (https://specs.frictionlessdata.io/csv-dialect/), with every default filled in. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  /** A doubled quote inside quotes is a quote. */
  readonly doubleQuote: boolean;
  readonly escape?: string;
  readonly comment?: string;
  readonly skipInitialSpace: boolean;
  readonly header: boolean;
}

export function dialectOf(resource: Pick<ResourceDescriptor, 'dialect' | 'format' | 'path'>): Dialect {
  const given: DialectDescriptor = resource.dialect;
  const tabs = resource.format?.toLowerCase() === 'tsv' || (resource.format === undefined && /\.tsv$/i.test(String(resource.path)));
  return Object.freeze({
    delimiter: given.delimiter ?? (tabs ? '\t' : ','),
    quote: given.quoteChar ?? '"',
    doubleQuote: given.doubleQuote ?? given.escapeChar === undefined,
    ...(given.escapeChar !== undefined && { escape: given.escapeChar }),
    ...(given.commentChar !== undefined && { comment: given.commentChar }),
    skipInitialSpace: given.skipInitialSpace ?? false,
    header: given.header ?? true,
  });
}

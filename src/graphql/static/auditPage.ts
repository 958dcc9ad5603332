import type { EntryQuery, ReadEntry } from '../../audit/reader.js';
import type { RequestContext } from '../context.js';
import { AuditEntryType, type AuditEntryConnection } from './types/auditType.js';
import { connection, pageSize } from './types/paging.js';

/** @param mayTell whether who asks may read the text of an operation */
export async function auditPage({ services }: RequestContext, query: Omit<EntryQuery, 'first'>, first: number | null | undefined, mayTell: (text: string) => boolean): Promise<AuditEntryConnection> {
  const page = await services.auditReader.entries({ ...query, first: pageSize(first) });
  const texts = await services.auditReader.documents(page.entries.flatMap(({ event }) => (event.kind === 'ACCESS' ? [event.operation.document] : [])));
  const textOf = ({ event }: ReadEntry): string | undefined => {
    const text = event.kind === 'ACCESS' ? texts.get(event.operation.document) : undefined;
    return text !== undefined && mayTell(text) ? text : undefined;
  };
  const edges = page.entries.map((entry) => ({ cursor: entry.cursor, node: new AuditEntryType(entry, textOf(entry)) }));
  return connection(edges, { hasNextPage: page.hasNextPage, hasPreviousPage: query.after !== undefined });
}

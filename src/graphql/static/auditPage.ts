import type { EntryQuery } from '../../audit/reader.js';
import type { RequestContext } from '../context.js';
import { AuditEntryType, type AuditEntryConnection } from './types/auditType.js';
import { connection, pageSize } from './types/paging.js';

export async function auditPage({ services }: RequestContext, query: Omit<EntryQuery, 'first'>, first: number | null | undefined): Promise<AuditEntryConnection> {
  const page = await services.auditReader.entries({ ...query, first: pageSize(first) });
  const texts = await services.auditReader.documents(page.entries.flatMap(({ event }) => (event.kind === 'ACCESS' ? [event.operation.document] : [])));
  const edges = page.entries.map((entry) => ({ cursor: entry.cursor, node: new AuditEntryType(entry, entry.event.kind === 'ACCESS' ? texts.get(entry.event.operation.document) : undefined) }));
  return connection(edges, { hasNextPage: page.hasNextPage, hasPreviousPage: query.after !== undefined });
}

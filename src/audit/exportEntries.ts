/** Entries as JSON (one an array's element) or CSV, as a stream of text. */
import type { StoredEntry } from './archive.js';
import type { AccessEvent, AuditEvent, ChangeEvent } from './event.js';

export type ExportFormat = 'json' | 'csv';

type Recorded = AuditEvent & { readonly at: string };

export async function* exportEntries(entries: AsyncIterable<StoredEntry>, format: ExportFormat): AsyncIterable<string> {
  if (format === 'csv') {
    yield `${columns.map(([name]) => name).join(',')}\r\n`;
    for await (const entry of entries) yield `${columns.map(([, read]) => cell(read(JSON.parse(entry.body!) as Recorded, entry))).join(',')}\r\n`;
    return;
  }
  let separator = '[\n';
  for await (const { chain, hash, body } of entries) {
    yield `${separator}{"chain":"${chain}","hash":"${hash}","entry":${body!}}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

const access = (event: Recorded): Partial<AccessEvent> => (event.kind === 'ACCESS' ? event : {});

const columns: readonly (readonly [string, (event: Recorded, entry: StoredEntry) => unknown])[] = [
  ['at', (event) => event.at],
  ['kind', (event) => event.kind],
  ['decision', (event) => access(event).decision],
  ['reason', (event) => access(event).reason],
  ['rule', (event) => access(event).rule],
  ['dataset', (event) => event.dataset?.path],
  ['version', (event) => access(event).version],
  ['rules_revision', (event) => access(event).rulesRevision],
  ['actor_kind', (event) => event.actor.kind],
  ['issuer', (event) => event.actor.issuer],
  ['subject', (event) => event.actor.subject],
  ['name', (event) => event.actor.name],
  ['organizations', (event) => event.actor.organizations.join(' ')],
  ['token', (event) => event.actor.tokenId],
  ['address', (event) => event.address],
  ['purpose', (event) => event.purpose],
  ['channel', (event) => event.channel],
  ['rows', (event) => access(event).rows],
  ['tables', (event) => access(event).tables && JSON.stringify(access(event).tables)],
  ['epsilon', (event) => access(event).epsilon],
  ['withheld', (event) => access(event).withheld?.join(' ')],
  ['document', (event) => access(event).operation?.document],
  ['variables', (event) => access(event).operation?.variables],
  ['details', (event) => (event.kind === 'ACCESS' ? undefined : (event as ChangeEvent).details && JSON.stringify((event as ChangeEvent).details))],
  ['changed_at', (event) => (event.kind === 'ACCESS' ? undefined : (event as ChangeEvent).change?.at)],
  ['request', (event) => event.requestId],
  ['chain', (_event, entry) => entry.chain],
  ['seq', (_event, entry) => entry.seq],
  ['hash', (_event, entry) => entry.hash],
];

/** RFC 4180. A text that a spreadsheet would take for a formula is written so that it does not. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value as string | number);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

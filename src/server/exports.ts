/** `GET /exports/ID`: the file of an export, for whoever asked for it, as long as they may still take the rows away. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { actorOf, auditedDataset, type Origin } from '../audit/event.js';
import { datasetPath, versionName, type Dataset, type Version } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { hasScope, type Identity } from '../identity/identity.js';
import { ownExport } from '../graphql/static/ownExport.js';
import type { ExportRecord } from '../storage/exportStore.js';
import type { ServerOptions } from './options.js';
import { HttpRefusal, securityHeaders } from './reply.js';
import { addressOf } from './requestContext.js';

/** How often a running download is judged anew, in milliseconds. */
const judgeMs = 250;
/** How often it is looked whether the file was removed meanwhile. */
const lookMs = 1_000;

export async function giveExport(request: IncomingMessage, response: ServerResponse, path: string, requestId: string, options: ServerOptions): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use GET on this path.', { allow: 'GET, HEAD' });
  const identity = await options.identify(request.headers.authorization);
  if (identity.kind === 'anonymous') throw new DureError('UNAUTHENTICATED', 'An export is fetched with the token of whoever asked for it: send "authorization: Bearer TOKEN".');
  if (!hasScope(identity, 'read')) throw new DureError('FORBIDDEN', 'This API token lacks the scope "read".', { scope: 'read' });
  const { exports } = options.services;
  const id = path.slice('/exports/'.length);
  const record = await exports.get(id);
  if (!record || !ownExport(record, identity)) throw new DureError('NOT_FOUND', `There is no export "${id.slice(0, 100)}" of yours.`);
  const file = fileOf(record);
  const address = addressOf(request, options.trustedProxies);
  const origin: Origin = { requestId, channel: 'export', ...(address === undefined ? {} : { address }), ...(record.input.purpose === undefined ? {} : { purpose: String(record.input.purpose) }) };
  const { dataset, version } = await judged(record, identity, origin, options);
  const etag = `"${file.sha256}"`;
  const headers = {
    ...securityHeaders, 'content-type': 'application/zip', 'content-disposition': `attachment; filename="${datasetPath(dataset).replace('/', '-')}-${versionName(version)}.zip"`,
    etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-store', 'x-request-id': requestId,
  };
  if (namesTag(request.headers['if-none-match'], etag)) return void response.writeHead(304, headers).end();
  const range = request.headers['if-range'] === undefined || request.headers['if-range'] === etag ? rangeOf(request.headers.range, file.bytes) : undefined;
  if (range === 'none') throw new HttpRefusal(416, 'BAD_USER_INPUT', `The file has ${file.bytes} bytes; the range lies beyond them.`, { 'content-range': `bytes */${file.bytes}` });
  const bytes = range ? range.end - range.start + 1 : file.bytes;
  const status = range ? 206 : 200;
  const told = { ...headers, 'content-length': bytes, ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${file.bytes}` } : {}) };
  if (request.method === 'HEAD') return void response.writeHead(status, told).end();
  const stream = await exports.open(file.blob, range);
  try {
    await options.services.audit.record({
      kind: 'EXPORTED', actor: actorOf(identity), ...origin, dataset: auditedDataset(dataset),
      details: { export: record.id, version: versionName(version), rulesRevision: record.rulesRevision, format: String(record.input.format), reason: String(record.input.reason), rows: file.rows, bytes: file.bytes, sha256: file.sha256, ...(range ? { range: `${range.start}-${range.end}` } : {}) },
    });
    const unwatch = watch(record, identity, options, () => response.destroy());
    try {
      response.writeHead(status, told);
      await pipeline(stream, response);
    } catch (error) {
      // Who went away, or may have it no more, has a file that is short: its length was told.
      if (!response.destroyed) throw error;
    } finally {
      unwatch();
    }
  } finally {
    stream.destroy();
  }
}

function fileOf(record: ExportRecord): NonNullable<ExportRecord['file']> {
  const { file, removed, now } = record;
  if (removed && removed.why !== 'EXPIRED') throw new HttpRefusal(410, 'NOT_FOUND', removedWords[removed.why], {}, { reason: removed.why });
  if (removed || (file && file.expiresAt <= now)) throw new HttpRefusal(410, 'NOT_FOUND', 'The file has expired. Export again.', {}, { reason: 'EXPIRED' });
  if (!file) throw new DureError('CONFLICT', 'There is no file yet: its job is not done.', { reason: 'NOT_READY', job: record.id });
  return file;
}

const removedWords = {
  ERASURE: 'The file was removed since a person was erased from the dataset. Export again: the new file is without them.', RULES: 'The file was removed since the rules are stricter now. Export again, under what holds now.',
  DELETED: 'You have deleted the file.', CANCELED: 'The job was canceled: there is no file.',
} as const;

/**
 * Judged by the database's clock, for who asks now. What not even who asked then may have any more under the rules in force is removed; a
 * freeze removes nothing.
 */
async function judged(record: ExportRecord, identity: Identity, origin: Origin, { services: { exporter, exports, audit, catalog } }: ServerOptions): Promise<{ dataset: Dataset; version: Version }> {
  const now = record.now.getTime();
  try {
    return exporter.judge(record, identity, now);
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    const removed = error.details.reason !== 'FROZEN' && !may(() => exporter.judge(record, record.identity, now));
    if (removed) await exports.remove(record.id, 'RULES');
    const dataset = catalog.snapshot.datasets.get(record.datasetId);
    await audit.record({ kind: 'EXPORT_REFUSED', actor: actorOf(identity), ...origin, ...(dataset ? { dataset: auditedDataset(dataset) } : {}), details: { export: record.id, reason: String(error.details.reason ?? error.code), removed } });
    throw error;
  }
}

function may(judge: () => unknown): boolean {
  try {
    judge();
    return true;
  } catch {
    return false;
  }
}

/** What is open ends with the standing behind it: token, person, grant, rules, freeze, clock; and with the file. */
function watch(record: ExportRecord, identity: Identity, { services: { exporter, exports, standing } }: ServerOptions, end: () => void): () => void {
  const unwatch = standing.watch(identity, end);
  const timer = setInterval(() => { if (!may(() => exporter.judge(record, identity, standing.now()))) end(); }, judgeMs);
  const look = setInterval(() => void exports.get(record.id).then((now) => { if (!now || now.removed) end(); }, end), lookMs);
  return () => { unwatch(); clearInterval(timer); clearInterval(look); };
}

function namesTag(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** One range; several, or what cannot be read, are answered with the whole file. RFC 9110, section 14. */
function rangeOf(header: string | undefined, bytes: number): { readonly start: number; readonly end: number } | 'none' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') return Number(match[2]) === 0 ? 'none' : { start: Math.max(0, bytes - Number(match[2])), end: bytes - 1 };
  const start = Number(match[1]);
  const end = match[2] === '' ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (match[2] !== '' && Number(match[2]) < start) return undefined;
  return start >= bytes ? 'none' : { start, end };
}

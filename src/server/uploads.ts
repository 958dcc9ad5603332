/** `POST /uploads`: a data package, streamed to the blob store. A publish job reads it later. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { DureError } from '../errors.js';
import { hasScope, publishesSomewhere, type Identity } from '../identity/identity.js';
import { uploadContentTypes } from '../storage/uploadStore.js';
import { jsonType } from './mediaType.js';
import type { ServerOptions } from './options.js';
import { HttpRefusal, reply } from './reply.js';

/** What is left of a refused body is not worth reading: the connection ends with the answer. */
const close = { connection: 'close' };

export async function receiveUpload(request: IncomingMessage, response: ServerResponse, requestId: string, options: ServerOptions): Promise<void> {
  if (request.method !== 'POST') throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use POST on this path.', { allow: 'POST' });
  const identity = await options.identify(request.headers.authorization);
  const createdBy = mayUpload(identity);
  const { uploadBytes } = options.limits;
  const contentType = request.headers['content-type'] ?? '';
  if (!isPackageType(contentType)) {
    throw new HttpRefusal(415, 'UPLOAD_REJECTED', `A data package comes as ${uploadContentTypes.join(', ')}. Set the content-type header.`, close);
  }
  if (Number(request.headers['content-length'] ?? 0) > uploadBytes) throw tooLarge(uploadBytes);
  const stream = detach(request);
  try {
    const upload = await options.services.uploads.create({
      stream, contentType, filename: filenameOf(request.headers['content-disposition']), createdBy, createdIssuer: identity.issuer, maxBytes: uploadBytes,
    });
    reply(response, 201, { 'content-type': jsonType, 'cache-control': 'no-store', 'x-request-id': requestId }, JSON.stringify({ id: upload.id, bytes: upload.bytes, sha256: upload.sha256 }));
  } catch (error) {
    if (error instanceof DureError && error.details.limit !== undefined) throw tooLarge(uploadBytes);
    if (error instanceof DureError) throw error;
    if (request.destroyed && !request.complete) throw new HttpRefusal(400, 'UPLOAD_REJECTED', 'The upload ended before all of it had come. Send it again.', close);
    throw error;
  }
}

function mayUpload(identity: Identity): string {
  if (identity.kind === 'anonymous' || identity.subject === undefined) {
    throw new DureError('UNAUTHENTICATED', 'Uploading needs a token: send "authorization: Bearer TOKEN".');
  }
  if (!hasScope(identity, 'publish')) throw new DureError('FORBIDDEN', 'This token may not publish. Make one with the scope publish.');
  if (!publishesSomewhere(identity)) throw new DureError('FORBIDDEN', 'Uploading needs the role publisher in an organization. Ask an owner of yours.', { role: 'publisher' });
  return identity.subject;
}

function isPackageType(contentType: string): boolean {
  const essence = contentType.split(';', 1)[0]!.trim().toLowerCase();
  return (uploadContentTypes as readonly string[]).includes(essence) || essence === 'application/x-gzip' || essence === 'application/x-zip-compressed';
}

function tooLarge(limit: number): HttpRefusal {
  return new HttpRefusal(413, 'UPLOAD_REJECTED', `The upload is larger than ${limit} bytes. Split the dataset, or ask the operator to raise the limit.`, close);
}

/** A pipeline that fails destroys its source; destroying the request itself would cut off the answer that says why. */
function detach(request: IncomingMessage): Readable {
  const stream = new PassThrough();
  request.pipe(stream);
  request.once('error', (error) => stream.destroy(error));
  request.once('close', () => {
    if (!request.complete) stream.destroy(new Error('the client went away'));
  });
  stream.once('close', () => request.unpipe(stream));
  return stream;
}

function filenameOf(disposition: string | undefined): string | undefined {
  const extended = /filename\*=utf-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  if (extended) {
    try {
      return decodeURIComponent(extended);
    } catch {
      return undefined;
    }
  }
  return /filename="?([^";]+)"?/i.exec(disposition ?? '')?.[1];
}

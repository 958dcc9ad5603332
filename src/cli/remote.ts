/** The server as the command line sees it: its GraphQL, its uploads and the files it gives. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { GraphQLFormattedError } from 'graphql';
import { request as send, type Dispatcher } from 'undici';
import { CommandFailure, refused } from './failure.js';

interface Body<T> {
  readonly data?: T | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface UploadAnswer { readonly id: string; readonly bytes: number; readonly sha256: string }

export class Remote {
  /** @param purpose what the data is used for: a DUO code, and modifiers that are honoured */
  constructor(readonly url: string, readonly token?: string, private readonly purpose?: string) {}

  get socketUrl(): string {
    return `${this.url.replace(/^http/, 'ws')}/graphql`;
  }

  /** The whole answer, errors included. */
  async ask<T>(query: string, variables: Readonly<Record<string, unknown>> = {}, operationName?: string): Promise<Body<T>> {
    const response = await this.send('/graphql', {
      method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' }, body: JSON.stringify({ query, variables, operationName }),
    });
    return this.read<Body<T>>(response);
  }

  /** The data. @throws CommandFailure where there is any error. */
  async data<T>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const { data, errors } = await this.ask<T>(query, variables);
    if (errors && errors.length > 0) throw refused(errors);
    if (!data) throw new CommandFailure(`${this.url} answered without data.`);
    return data;
  }

  async upload(body: Readable, contentType: string, filename: string): Promise<UploadAnswer> {
    const response = await this.send('/uploads', {
      method: 'POST', body, headers: { 'content-type': contentType, 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(filename)}` },
    });
    const answer = await this.read<UploadAnswer & Body<never>>(response);
    if (answer.errors) throw refused(answer.errors);
    return answer;
  }

  /** Writes a file of the server's and tells its digest. @throws CommandFailure where it is refused, or cut off */
  async download(path: string, file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const response = await this.send(path, { method: 'GET', headers: {} });
    if (response.statusCode !== 200) {
      const { errors } = await this.read<Body<never>>(response);
      throw refused(errors ?? []);
    }
    const hash = createHash('sha256');
    let bytes = 0;
    const measured = async function* (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    try {
      await pipeline(response.body, measured, createWriteStream(file, { flags: 'w', mode: 0o600 }));
    } catch (error) {
      throw new CommandFailure(`The file was cut off after ${bytes.toLocaleString('en-US')} bytes (${reason(error)}): you may have it no more, or the connection was lost.`);
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  private async send(path: string, options: Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'headers'> & { readonly headers: Record<string, string> }): Promise<Dispatcher.ResponseData> {
    const headers = { ...options.headers, ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...(this.purpose === undefined ? {} : { 'dure-purpose': this.purpose }) };
    try {
      return await send(this.url + path, { ...options, headers, headersTimeout: 120_000 });
    } catch (error) {
      throw new CommandFailure(`No server answers at ${this.url} (${reason(error)}). Start one with "dure serve", or set DURE_URL.`);
    }
  }

  private async read<T>(response: Dispatcher.ResponseData): Promise<T> {
    const text = await response.body.text();
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CommandFailure(`${this.url} answered with status ${response.statusCode} and no JSON: is it a Dure server?`);
    }
  }
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? String(error);
}

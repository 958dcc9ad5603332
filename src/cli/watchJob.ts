/** A job's events by subscription: after a lost connection it goes on behind the last event, so each comes once. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { JobEvent, JobState } from '../jobs/job.js';
import { finalStates } from '../jobs/job.js';
import { CommandFailure, refused } from './failure.js';
import type { Remote } from './remote.js';

export interface WatchedEvent extends Omit<JobEvent, 'at' | 'jobId'> {
  readonly at: string;
  readonly state: JobState;
}

export interface WatchOptions {
  readonly after?: number;
  /** Told when the connection was lost and is made again. */
  readonly onLost?: (reason: string) => void;
  /** How often in a row without any event the connection is made again. */
  readonly attempts?: number;
}

const document = 'subscription Watch($id: ID!, $after: Int!) { jobEvents(jobId: $id, after: $after) { seq at state phase done total unit message details } }';

export async function* watchJob(remote: Remote, id: string, options: WatchOptions = {}): AsyncGenerator<WatchedEvent, void, undefined> {
  let after = options.after ?? 0;
  let failures = 0;
  for (;;) {
    try {
      for await (const event of connection(remote, id, after)) {
        failures = 0;
        after = event.seq;
        yield event;
        if (finalStates.has(event.state)) return;
      }
      return; // the server ended it
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      failures += 1;
      if (failures > (options.attempts ?? 8)) throw new CommandFailure(`The connection to ${remote.url} was lost (${reasonOf(error)}). The job goes on; watch it with: dure jobs watch ${id} --after ${after}`);
      options.onLost?.(reasonOf(error));
      await new Promise((done) => setTimeout(done, Math.min(200 * 2 ** failures, 5_000)));
    }
  }
}

async function* connection(remote: Remote, id: string, after: number): AsyncGenerator<WatchedEvent, void, undefined> {
  const client = createClient({
    url: remote.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, keepAlive: 10_000, connectionParams: remote.token ? { authorization: `Bearer ${remote.token}` } : {},
  });
  try {
    for await (const { data, errors } of client.iterate<{ jobEvents: WatchedEvent }>({ query: document, variables: { id, after } })) {
      if (errors && errors.length > 0) throw refused(errors);
      if (data) yield data.jobEvents;
    }
  } catch (error) {
    if (Array.isArray(error)) throw refused(error);
    const { code, reason } = error as { code?: number; reason?: string };
    if (code === 4401) throw new CommandFailure(`The server refused the token: ${reason ?? ''}`);
    throw error;
  } finally {
    await client.dispose();
  }
}

function reasonOf(error: unknown): string {
  const { reason, code, message } = error as { reason?: string; code?: unknown; message?: string };
  return reason || message || (code === undefined ? String(error) : `code ${String(code)}`);
}

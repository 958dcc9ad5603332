/** Requests and their events as they happen: the rows are read; a change of standing only says when. */
import type { Standing } from '../../access/standing.js';
import type { AccessRequest, AccessRequestEvent } from '../../access/request.js';
import { DureError } from '../../errors.js';
import { Bell } from '../../jobs/bell.js';
import type { RequestFilter, RequestStore } from '../../storage/requestStore.js';

const page = 200;
const snapshotSize = 50;

/** Events after the one numbered `after`: those that are there, then each as it is committed, every one once and in order. */
export async function* requestEvents(requests: RequestStore, standing: Standing, id: string, after: number, signal: AbortSignal): AsyncGenerator<AccessRequestEvent, void> {
  const bell = new Bell();
  let rung = true;
  const stop = standing.onChange((change) => {
    if (!change.requests.includes(id)) return;
    rung = true;
    bell.ring();
  });
  try {
    const known = await requests.get(id);
    if (!Number.isInteger(after) || after < 0 || after > (known?.lastSeq ?? 0)) throw new DureError('BAD_USER_INPUT', `"after" is ${after}, but the request has the events 1 to ${known?.lastSeq ?? 0}. Give the "seq" of the last event you have seen, or 0 for all.`, { argument: 'after' });
    for (let cursor = after; !signal.aborted;) {
      rung = false;
      const events = await requests.events(id, cursor, page);
      for (const event of events) {
        if (signal.aborted) return;
        yield event;
        cursor = event.seq;
      }
      if (events.length === 0 && !rung) await bell.next(signal);
    }
  } finally {
    stop();
  }
}

/** The newest requests that match, oldest first, then each that changes, as it is then; changes that a slow reader did not take are merged. */
export async function* requestChanges(requests: RequestStore, standing: Standing, filter: () => RequestFilter, signal: AbortSignal): AsyncGenerator<AccessRequest, void> {
  const bell = new Bell();
  const changed = new Set<string>();
  const stop = standing.onChange((change) => {
    for (const id of change.requests) changed.add(id);
    if (changed.size > 0) bell.ring();
  });
  try {
    for (const request of [...await requests.list(filter(), snapshotSize)].reverse()) {
      if (signal.aborted) return;
      yield request;
    }
    while (!signal.aborted) {
      const ids = [...changed];
      changed.clear();
      for (const request of await requests.getMany(ids)) {
        if (signal.aborted) return;
        yield request;
      }
      if (changed.size === 0) await bell.next(signal);
    }
  } finally {
    stop();
  }
}

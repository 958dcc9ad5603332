import { expect, test } from '@jest/globals';
import type { Job, JobState } from '../../src/jobs/job.js';
import { JobFeed } from '../../src/jobs/jobFeed.js';
import { person } from './support/room.js';

const job = (id: string, lastSeq: number, state: JobState = 'RUNNING'): Job => ({
  id, lastSeq, state, kind: 'PUBLISH', input: {}, identity: person('kim'), createdBy: 'kim', attempts: 1, fence: 1, createdAt: new Date(0),
});

function drain(feed: JobFeed): string[] {
  const list: string[] = [];
  for (let next = feed.take(); next; next = feed.take()) list.push(`${next.id}${next.lastSeq}`);
  return list;
}

test('a snapshot comes first, in its order, each job in its latest state', () => {
  const feed = new JobFeed({});
  for (const early of [job('b', 3), job('c', 1), job('a', 1)]) feed.offer(early);
  feed.begin([job('a', 2), job('b', 2)]);
  expect(drain(feed)).toEqual(['a2', 'b3', 'c1']);
});

test('nothing is told twice or backwards', () => {
  const feed = new JobFeed({});
  feed.offer(job('a', 2));
  feed.offer(job('a', 1));
  expect(drain(feed)).toEqual(['a2']);
  feed.offer(job('a', 2));
  feed.begin([job('a', 1)]);
  expect(drain(feed)).toEqual([]);
});

test('what leaves the filter is told once more, what never matched not at all', () => {
  const feed = new JobFeed({ where: { state: 'RUNNING' } });
  feed.offer(job('a', 1));
  feed.offer(job('b', 1, 'QUEUED'));
  expect(drain(feed)).toEqual(['a1']);
  expect(feed.shown).toEqual(['a']);
  feed.offer(job('a', 2, 'CANCELED'));
  expect(drain(feed)).toEqual(['a2']);
  feed.offer(job('a', 3, 'QUEUED'));
  expect([drain(feed), feed.shown]).toEqual([[], []]);
});

test('too many waiting changes are dropped for a new snapshot', () => {
  const feed = new JobFeed({});
  feed.stale = false;
  for (let n = 0; n < 1_001; n += 1) feed.offer(job(`j${n} `, 1));
  expect([feed.stale, drain(feed)]).toEqual([true, []]);
});

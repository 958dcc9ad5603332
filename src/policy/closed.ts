/** Rows whose time has not come, or has passed. */
import type { Dataset } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { TableAt } from '../plan/link.js';
import type { Bindings } from '../plan/predicate.js';
import { howToAsk, refusal } from './reason.js';
import type { OpenTest, ReadableRelation } from './relation.js';

/** What is told where the database's clock closed a table. */
export function closedError({ dataset }: TableAt, test: OpenTest, bindings: Bindings): DureError {
  const from = test.from?.(bindings) ?? undefined;
  if (test.kind === 'embargo' && from) return embargoed(dataset, from);
  const until = test.until?.(bindings) ?? undefined;
  // The statement told that it is closed; on which side of the interval we are, this process' clock tells well enough.
  const early = from !== undefined && from.getTime() > Date.now();
  const path = datasetPath(dataset);
  const told = { rule: test.rule, from: from?.toISOString(), until: until?.toISOString(), howToAsk: howToAsk(dataset) };
  const because = test.reason ? ` ${test.reason}` : '';
  if (test.kind === 'window') {
    return early
      ? new DureError('FORBIDDEN', `${path} can be read from ${from.toISOString()} on.${because}`, { reason: 'NOT_YET', ...told, messageKo: `${path} 데이터는 ${from.toISOString()}부터 읽을 수 있습니다.${because}` })
      : new DureError('FORBIDDEN', `${path} could be read until ${until?.toISOString() ?? 'a time that has passed'}.${because}`, { reason: 'ENDED', ...told, messageKo: `${path} 데이터의 열람 기간이 끝났습니다.${because}` });
  }
  const what = test.kind === 'grant' ? ['The access that was granted to you', '승인된 접근 권한'] as const : ['The emergency override', '긴급 열람 조치'] as const;
  return early
    ? new DureError('FORBIDDEN', `${what[0]} begins at ${from.toISOString()}.`, { reason: 'NOT_YET', ...told, messageKo: `${what[1]}은(는) ${from.toISOString()}에 시작합니다.` })
    : new DureError('FORBIDDEN', `${what[0]} has ended.`, { reason: 'ENDED', ...told, messageKo: `${what[1]}이(가) 끝났습니다.` });
}

/**
 * For rows that no database of ours stands before (a remote source's): judged by this process' clock. A bound that is not known is not met.
 */
export function closedNow({ at, opens }: Pick<ReadableRelation, 'at' | 'opens'>, bindings: Bindings, now = Date.now()): DureError | undefined {
  const holds = ({ from, until }: OpenTest): boolean => {
    const [begins, ends] = [from?.(bindings)?.getTime(), until?.(bindings)?.getTime()];
    return (from === undefined || (begins !== undefined && begins <= now)) && (until === undefined || (ends !== undefined && now < ends));
  };
  const failing = opens.find((test) => !holds(test));
  return failing && closedError(at, failing, bindings);
}

/** What is told where the freeze comes between the decision and the answer. */
export function frozenError(dataset: Dataset): DureError {
  const { code, message, messageKo, howToAsk: contact } = refusal(dataset, 'FROZEN');
  return new DureError('FORBIDDEN', message, { reason: code, howToAsk: contact, messageKo });
}

export function embargoed(dataset: Dataset, until: Date): DureError {
  const date = until.toISOString();
  return new DureError('FORBIDDEN', `The rows are under embargo until ${date}. The description of the dataset is open.`, {
    reason: 'EMBARGO', embargoUntil: date, howToAsk: dataset.rules.contact, messageKo: `${date}까지 공개가 유예된 데이터입니다. 데이터셋 설명은 공개되어 있습니다.`,
  });
}

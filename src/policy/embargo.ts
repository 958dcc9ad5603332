/** Rows whose time has not come. */
import type { Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';

export function embargoed(dataset: Dataset, until: Date): DureError {
  const date = until.toISOString();
  return new DureError('FORBIDDEN', `The rows are under embargo until ${date}. The description of the dataset is open.`, {
    reason: 'EMBARGO', embargoUntil: date, howToAsk: dataset.rules.contact, messageKo: `${date}까지 공개가 유예된 데이터입니다. 데이터셋 설명은 공개되어 있습니다.`,
  });
}

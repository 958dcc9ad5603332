/** Why something may or may not be read: a stable code, and words in both languages. */
import type { Dataset } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import type { Rule } from './rule.js';

export const reasonCodes = [
  'PUBLIC', 'REGISTERED', 'MEMBER', 'ALLOWED_BY_RULE', 'GRANTED', 'OVERRIDE',
  'SIGN_IN', 'NOT_ADMITTED', 'DENIED_BY_RULE', 'SCOPE_MISSING', 'EMBARGO', 'NOT_YET', 'ENDED',
  'PURPOSE_REQUIRED', 'PURPOSE_NOT_ALLOWED', 'CHANNEL_NOT_ALLOWED', 'TRANSFER_REFUSED', 'EXISTENCE_ONLY', 'GRANULARITY', 'MINIMUM_CELL', 'FROZEN',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly messageKo: string;
  readonly rule?: string;
  readonly howToAsk?: string;
  /** What would be taken, where a rule says so: purposes, channels, modifiers. */
  readonly allowed?: readonly string[];
}

export function howToAsk(dataset: Dataset): string {
  return dataset.rules.contact ?? `Ask the organization ${dataset.organization.title} (${dataset.organization.slug}) for access to ${datasetPath(dataset)}.`;
}

export function refusal(dataset: Dataset, code: ReasonCode, rule?: Rule, allowed?: readonly string[]): Reason {
  const path = datasetPath(dataset);
  const { message, messageKo } = words(code, path, rule, allowed ?? []);
  return { code, howToAsk: howToAsk(dataset), message, messageKo, ...(rule ? { rule: rule.id } : {}), ...(allowed ? { allowed } : {}) };
}

function words(code: ReasonCode, path: string, rule: Rule | undefined, allowed: readonly string[]): { readonly message: string; readonly messageKo: string } {
  const list = allowed.join(', ');
  const because = rule?.reason ? ` ${rule.reason}` : '';
  switch (code) {
    case 'SIGN_IN':
      return { message: `${path} is not open to anonymous callers. Send a token in the authorization header.`, messageKo: `${path} 데이터셋은 로그인 후 이용할 수 있습니다. authorization 헤더에 토큰을 넣으십시오.` };
    case 'SCOPE_MISSING':
      return { message: 'This API token lacks the scope "read".', messageKo: '이 API 토큰에는 "read" 권한 범위가 없습니다.' };
    case 'DENIED_BY_RULE':
      return { message: rule?.reason ?? `A rule of ${path} refuses this access.`, messageKo: rule?.reason ?? `${path}의 규칙에 따라 거부되었습니다.` };
    case 'PURPOSE_REQUIRED':
      return { message: `${path} needs a purpose to be declared: send the header dure-purpose with one of ${list}.${because}`, messageKo: `${path} 데이터는 이용 목적을 밝혀야 합니다. dure-purpose 헤더에 다음 중 하나를 넣으십시오: ${list}.${because}` };
    case 'PURPOSE_NOT_ALLOWED':
      return { message: `The declared purpose is not one that ${path} may be used for: it may be used for ${list}.${because}`, messageKo: `밝힌 이용 목적으로는 ${path} 데이터를 쓸 수 없습니다. 허용된 목적: ${list}.${because}` };
    case 'CHANNEL_NOT_ALLOWED':
      return { message: `${path} may not be read in this way: it may be read by ${list}.${because}`, messageKo: `${path} 데이터는 이 방법으로 읽을 수 없습니다. 허용된 방법: ${list}.${because}` };
    case 'TRANSFER_REFUSED':
      return { message: `${path} may not be taken to where this answer would go: no basis for a transfer there is recorded, or nobody asserts the country.${because}`, messageKo: `${path} 데이터를 이 답변이 가는 국가로 이전할 근거가 없거나, 국가가 확인되지 않았습니다.${because}` };
    case 'FROZEN':
      return { message: `${path} is frozen because of an incident: nothing of it is answered to anybody until that is resolved.`, messageKo: `${path} 데이터셋은 사고로 동결되었습니다. 해결될 때까지 누구에게도 제공되지 않습니다.` };
    case 'EXISTENCE_ONLY':
      return { message: `Of ${path} you may know that it exists, and no more.${because}`, messageKo: `${path} 데이터는 존재 여부만 공개됩니다.${because}` };
    default:
      return { message: `You may not read ${path}: no rule admits you.`, messageKo: `${path}을(를) 읽을 권한이 없습니다. 허용하는 규칙이 없습니다.` };
  }
}

/**
 * Identifiers that are sent to a source elsewhere leave the dataset that they stand in: asking is a transfer (Personal Information
 * Protection Act of Korea, article 28-8). Judged for the link, before anything is asked; whom a rule exempts from looking from abroad
 * is not thereby allowed to send identifiers there.
 */
import type { TableAt } from '../plan/link.js';
import { DureError } from '../errors.js';
import { mayGo } from './narrow.js';
import type { Rule } from './rule.js';

/** Where a RESTRICTED dataset may go that says nothing of it. */
const home = 'KR';

type DestinationRule = Extract<Rule, { effect: 'destination' }>;

export function transferRefusal(here: TableAt, there: TableAt): DureError | undefined {
  const { source } = there.dataset;
  if (!source || source.id === here.dataset.source?.id) return undefined;
  const rules = here.dataset.rules.rules.filter((rule): rule is DestinationRule => rule.effect === 'destination' && (rule.tables?.includes(here.table.name) ?? true) && (rule.majors?.includes(here.version.major) ?? true));
  const refused = rules.find((rule) => !mayGo(rule, source.country));
  if (!refused && (rules.length > 0 || here.dataset.visibility !== 'RESTRICTED' || source.country === home)) return undefined;
  const country = source.country ?? 'an unknown country';
  return new DureError('FORBIDDEN', `Identifiers of ${here.dataset.organization.slug}/${here.dataset.name} may not be sent to ${source.id} (${country}): no basis for a transfer there is recorded.`, {
    reason: 'TRANSFER_REFUSED', source: source.id, ...(refused ? { rule: refused.id } : {}), ...(here.dataset.rules.contact === undefined ? {} : { howToAsk: here.dataset.rules.contact }),
    messageKo: `${here.dataset.organization.slug}/${here.dataset.name} 데이터셋의 식별자를 ${source.id}(${country})로 보낼 수 없습니다. 국외 이전의 근거가 기록되어 있지 않습니다.`,
  });
}

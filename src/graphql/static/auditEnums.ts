import { registerEnumType } from 'type-graphql';
import { changeKinds } from '../../audit/event.js';
import { auditModes } from '../../audit/governed.js';

const of = <T extends string>(values: readonly T[]): Readonly<Record<T, T>> => Object.freeze(Object.fromEntries(values.map((value) => [value, value]))) as Readonly<Record<T, T>>;

export const AuditKindEnum = of(['ACCESS', ...changeKinds]);
registerEnumType(AuditKindEnum, { name: 'AuditKind', description: 'What an entry of the audit tells of: an access to a dataset, or something that was done.' });

export const AccessDecisionEnum = of(['ALLOWED', 'REFUSED', 'FAILED']);
registerEnumType(AccessDecisionEnum, {
  name: 'AccessDecision',
  description: 'What was decided of an access.',
  valuesConfig: {
    ALLOWED: { description: 'It was answered.' },
    REFUSED: { description: 'The rules refused it.' },
    FAILED: { description: 'It was allowed, but nothing was answered: the reason is the error\'s code.' },
  },
});

/** Keys are GraphQL's, values the store's. */
export const AuditModeEnum = Object.freeze(Object.fromEntries(auditModes.map((mode) => [mode.toUpperCase(), mode])));
registerEnumType(AuditModeEnum, {
  name: 'AuditMode',
  description: 'Whether an answer waits until its access is recorded.',
  valuesConfig: { WAIT: { description: 'It does: nothing that was answered is lost from the audit.' }, ASYNC: { description: 'It does not: a crash loses the entries of the last moment.' } },
});

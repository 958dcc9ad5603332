/** Conditions over who asks, for what and how, in three-valued logic: what is not known makes a test neither true nor false. */
import { attribute, isComplete, mayHold, type Identity } from '../identity/identity.js';
import type { Asking } from './asking.js';
import type { Grant } from './grant.js';
import { covers } from './purpose.js';
import type { Condition, VisaTest } from './rule.js';

/** `undefined`: it depends on something that nobody asserted. Whoever asks must then refuse. */
export type Truth = true | false | undefined;

/** What a condition is tested for: the grant that covers the table, if any, and the column where the rule is about columns. */
export interface Place {
  readonly grant?: Grant;
  readonly table?: string;
  readonly column?: string;
}

export function evaluate(condition: Condition, asking: Asking, place: Place = {}): Truth {
  if ('everyone' in condition) return true;
  if ('authenticated' in condition) return asking.identity.kind !== 'anonymous';
  if ('all' in condition) return every(condition.all.map((c) => evaluate(c, asking, place)));
  if ('any' in condition) return negate(every(condition.any.map((c) => negate(evaluate(c, asking, place)))));
  if ('not' in condition) return negate(evaluate(condition.not, asking, place));
  if ('visa' in condition) return holdsVisa(condition.visa, asking) || (asking.identity.kind !== 'anonymous' && isComplete(asking.identity, 'person.visas') ? false : undefined);
  if ('purpose' in condition) {
    const { purpose } = asking;
    return purpose === undefined ? undefined : condition.purpose.some((code) => covers(code, purpose.code));
  }
  if ('channel' in condition) return condition.channel.includes(asking.channel);
  if ('destination' in condition) return asking.destination === undefined ? undefined : condition.destination.includes(asking.destination);
  if ('grant' in condition) return place.grant !== undefined && grantsColumn(place.grant, place);
  const value = attribute(asking.identity, condition.attribute);
  if (value === undefined) return undefined;
  // A value of another type than the rule expects says nothing about it: it must neither admit nor escape a denial.
  const tests: Truth[] = [];
  if (condition.eq !== undefined) tests.push(typeof value === typeof condition.eq ? value === condition.eq : undefined);
  if (condition.in !== undefined) tests.push(condition.in.some((entry) => typeof entry === typeof value) ? condition.in.includes(value as string | number) : undefined);
  if (condition.contains !== undefined) tests.push(contains(asking.identity, condition.attribute, value, condition.contains));
  return tests.length === 0 ? undefined : every(tests);
}

/** A list that may not be complete does not say what somebody does not hold: that of an API token with less than its maker has, or one that the issuer left out. */
function contains(identity: Identity, name: string, value: unknown, entry: string): Truth {
  if (!Array.isArray(value)) return undefined;
  if (value.includes(entry)) return true;
  return mayHold(identity, name, entry) ? undefined : false;
}

/** One visa must have all the parts; two may not lend each other theirs. */
function holdsVisa(test: VisaTest, { identity }: Asking): boolean {
  return identity.visas.some((visa) => visa.type === test.type
    && (test.value === undefined || visa.value === test.value)
    && (test.source === undefined || visa.source === test.source)
    && (test.by === undefined || visa.by === test.by)
    && visa.expiresAt > Date.now());
}

/** Outside of a column, any grant of the table will do. */
export function grantsColumn(grant: Grant, { table, column }: Place): boolean {
  if (column === undefined || table === undefined || grant.columns === undefined || !Object.hasOwn(grant.columns, table)) return true;
  return grant.columns[table]!.includes(column);
}

function every(values: readonly Truth[]): Truth {
  if (values.includes(false)) return false;
  return values.includes(undefined) ? undefined : true;
}

function negate(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}

/** Opens after failures in a row; after a pause one attempt may try, and the others wait for what becomes of it. */
import { BrokenCircuitError, CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { SourceHealth } from '../remoteSource.js';
import { AttemptFailure, CallCancelled } from './failure.js';

export interface Breaker {
  run<T>(attempt: () => Promise<T>): Promise<T>;
  state(): SourceHealth['breaker'];
}

const names: Readonly<Record<CircuitState, SourceHealth['breaker']>> = {
  [CircuitState.Closed]: 'CLOSED', [CircuitState.Open]: 'OPEN', [CircuitState.HalfOpen]: 'HALF_OPEN', [CircuitState.Isolated]: 'OPEN',
};

/** Only AttemptFailure and CallCancelled may be thrown by attempts. */
export function createBreaker(failures: number, openMs: number, onChange: (state: SourceHealth['breaker']) => void): Breaker {
  const policy = circuitBreaker(handleWhen((error) => {
    if (error instanceof AttemptFailure) return error.facts.counts;
    // The trial's caller has gone before its answer came: nothing is proved, so the breaker opens again rather than closes.
    return error instanceof CallCancelled && policy.state === CircuitState.HalfOpen;
  }), { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failures) });
  policy.onStateChange((state) => onChange(names[state]));
  return {
    state: () => names[policy.state],
    async run(attempt) {
      try {
        return await policy.execute(attempt);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new AttemptFailure('SOURCE_DOWN', 'has failed several times and is left alone for a while', { retry: false, counts: false }, { cause: error });
        throw error;
      }
    },
  };
}

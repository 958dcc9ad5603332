/** A source's health as its requests show it, told to whoever listens when it changes. */
import type { HealthState, SourceErrorCode, SourceHealth } from '../remoteSource.js';

export class HealthMonitor {
  private breaker: SourceHealth['breaker'] = 'CLOSED';
  private state: HealthState = 'UNKNOWN';
  private lastSuccessAt: Date | undefined;
  private lastFailureAt: Date | undefined;
  private lastError: SourceErrorCode | undefined;
  private requests = 0;
  private failures = 0;
  private readonly listeners = new Set<(health: SourceHealth) => void>();

  read(): SourceHealth {
    return Object.freeze({
      state: this.state, breaker: this.breaker, lastSuccessAt: this.lastSuccessAt, lastFailureAt: this.lastFailureAt, lastError: this.lastError,
      requests: this.requests, failures: this.failures,
    });
  }

  listen(listener: (health: SourceHealth) => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  sent(): void {
    this.requests += 1;
  }

  succeeded(): void {
    this.lastSuccessAt = new Date();
    this.become('UP', this.breaker);
  }

  failed(code: SourceErrorCode): void {
    this.failures += 1;
    this.lastFailureAt = new Date();
    this.lastError = code;
    this.become(this.breaker === 'OPEN' ? 'DOWN' : 'DEGRADED', this.breaker);
  }

  breakerIs(breaker: SourceHealth['breaker']): void {
    this.become(breaker === 'OPEN' ? 'DOWN' : breaker === 'HALF_OPEN' ? 'DEGRADED' : this.state, breaker);
  }

  private become(state: HealthState, breaker: SourceHealth['breaker']): void {
    if (state === this.state && breaker === this.breaker) return;
    this.state = state;
    this.breaker = breaker;
    const health = this.read();
    for (const listener of this.listeners) listener(health);
  }
}

/**
 * How Dure speaks HTTP to one external source: within the caller's time, within the source's limits, and never to an address that
 * was not allowed. One client per source; everything that several requests share (connections, rate, breaker, health) is in it.
 */
import { Agent } from 'undici';
import { SourceError, type RemoteCall, type SourceHealth } from '../remoteSource.js';
import { parseBoundedJson } from './boundedJson.js';
import { createBreaker, type Breaker } from './breaker.js';
import { CallScope } from './callScope.js';
import { exchange, type ExchangeSettings } from './exchange.js';
import { AttemptFailure, AttemptTimedOut, CallCancelled, failureOf } from './failure.js';
import { guardedConnector } from './guardedConnector.js';
import { HealthMonitor } from './health.js';
import { defaultLimits, type ClientLimits, type ClientOptions, type SourceAnswer, type SourceRequest, type Tally } from './options.js';
import { RateLimit } from './rateLimit.js';
import { backoffMs } from './retryDelay.js';
import { noSecrets, redact } from './secrets.js';
import { Slots } from './slots.js';
import { verdictOfStatus } from './verdict.js';

/** A source that asks for a longer pause is asked again after this. */
const longestPauseMs = 3_600_000;

export class SourceClient {
  readonly limits: ClientLimits;
  private readonly agent: Agent;
  private readonly rate: RateLimit;
  private readonly slots: Slots;
  private readonly breaker: Breaker;
  private readonly monitor = new HealthMonitor();

  constructor(private readonly options: ClientOptions) {
    this.limits = Object.freeze({ ...defaultLimits, ...options.limits });
    const { concurrency, timeoutMs, requestsPerSecond, burst, breakerFailures, breakerOpenMs } = this.limits;
    this.agent = new Agent({
      connect: guardedConnector(options.addresses, timeoutMs, options.resolver), connections: concurrency, pipelining: 1, keepAliveTimeout: 10_000, keepAliveMaxTimeout: 120_000,
    });
    this.rate = new RateLimit(requestsPerSecond, burst);
    this.slots = new Slots(concurrency);
    this.breaker = createBreaker(breakerFailures, breakerOpenMs, (state) => {
      this.monitor.breakerIs(state);
      options.log?.[state === 'OPEN' ? 'warn' : 'info']({ source: options.source, breaker: state }, 'the breaker of a source has changed');
    });
  }

  health(): SourceHealth {
    return this.monitor.read();
  }

  onHealth(listener: (health: SourceHealth) => void): () => void {
    return this.monitor.listen(listener);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /**
   * @param tally counts the requests that went out, also where this throws
   * @throws SourceError; the signal's reason where the caller has gone
   */
  async request(request: SourceRequest, call: RemoteCall, tally: Tally = { requests: 0 }): Promise<SourceAnswer> {
    const scope = new CallScope(call);
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await this.guarded(request, scope, tally);
        } catch (error) {
          await this.pauseBeforeRetry(failureOf(error), attempt, request, scope);
        }
      }
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      throw this.sourceError(failureOf(error), request);
    } finally {
      scope.end();
    }
  }

  /** Resolves when the request may be sent again; throws what was wrong where it may not. */
  private async pauseBeforeRetry(failure: AttemptFailure | CallCancelled, attempt: number, request: SourceRequest, scope: CallScope): Promise<void> {
    const repeatable = request.repeatable ?? (request.method ?? 'GET') === 'GET';
    if (failure instanceof CallCancelled || !failure.facts.retry || !repeatable || attempt >= this.limits.retries) throw failure;
    const wait = Math.max(failure.facts.retryAfterMs ?? 0, backoffMs(attempt, this.limits.retryBaseMs));
    if (wait >= scope.leftMs()) throw failure;
    await scope.pause(wait);
  }

  /** One attempt behind the breaker. While another's trial runs, this one waits no longer than its caller does. */
  private guarded(request: SourceRequest, scope: CallScope, tally: Tally): Promise<SourceAnswer> {
    const run = (): Promise<SourceAnswer> => this.breaker.run(async () => {
      try {
        return await this.attempt(request, scope, tally);
      } catch (error) {
        throw failureOf(error);
      }
    });
    return this.breaker.state() === 'HALF_OPEN' ? scope.race(run()) : run();
  }

  private async attempt(request: SourceRequest, scope: CallScope, tally: Tally): Promise<SourceAnswer> {
    scope.throwIfEnded();
    this.refuseWhilePaused(scope);
    if (!(await this.slots.take(scope.signal))) {
      if (scope.signal.reason instanceof CallCancelled) throw scope.signal.reason;
      throw limited('has no free connection in time: too many requests to it are under way', undefined);
    }
    try {
      const turn = this.rate.take(scope.deadline);
      if ('refusedMs' in turn) throw limited('may not be asked so often', turn.refusedMs);
      await scope.pause(turn.waitMs);
      return await this.send(request, scope, tally);
    } finally {
      this.slots.release();
    }
  }

  private refuseWhilePaused(scope: CallScope): void {
    const paused = this.rate.pausedMs();
    if (paused > scope.leftMs()) throw limited('has asked for a pause', paused);
  }

  private async send(request: SourceRequest, scope: CallScope, tally: Tally): Promise<SourceAnswer> {
    const started = performance.now();
    const time = scope.limited(this.limits.timeoutMs);
    try {
      const raw = await exchange(request, time.signal, this.exchangeSettings(tally));
      const verdict = request.judge?.(raw) ?? verdictOfStatus(raw);
      if (verdict.kind === 'failed') {
        // Only at the finest level: what a source says of an error may repeat the keys it was asked for.
        this.options.log?.trace({ source: this.options.source, request: request.label, status: raw.status, text: redact(raw.text.slice(0, 300), this.options.secrets ?? noSecrets) }, 'a source answered with an error');
        const retryAfterMs = verdict.retryAfterMs === undefined ? undefined : Math.min(verdict.retryAfterMs, longestPauseMs);
        if (retryAfterMs !== undefined) this.rate.pause(retryAfterMs);
        throw new AttemptFailure(verdict.code, verdict.reason, {
          retry: verdict.retry, counts: verdict.retry && (verdict.code === 'SOURCE_DOWN' || verdict.code === 'SOURCE_TIMEOUT'), status: raw.status, retryAfterMs,
        });
      }
      const body = verdict.kind === 'empty' ? undefined : request.expect === 'text' ? raw.text : this.json(raw.headers['content-type'], raw.text);
      this.monitor.succeeded();
      return { status: raw.status, headers: raw.headers, body, fetchedAt: new Date(), url: raw.url };
    } catch (error) {
      const waited = performance.now() - started;
      const failure = error instanceof AttemptTimedOut ? timedOut(waited >= Math.min(this.limits.timeoutMs, this.limits.patienceMs)) : failureOf(error);
      if (failure instanceof AttemptFailure) {
        // A request that it did not understand, or was not given time for, says nothing of a source's health.
        if (failure.facts.counts || failure.code === 'SOURCE_DOWN' || failure.code === 'SOURCE_LIMITED') this.monitor.failed(failure.code);
        this.options.log?.debug({ source: this.options.source, request: request.label, code: failure.code, reason: failure.reason, ms: Math.round(waited) }, 'a request to a source failed');
      }
      throw failure;
    } finally {
      time.end();
    }
  }

  private json(contentType: string | undefined, text: string): unknown {
    if (!/^[a-z]+\/([a-z0-9.-]+\+)?json\b/i.test(contentType ?? '')) throw new AttemptFailure('SOURCE_INVALID', 'sent an answer that is not JSON by its content type', { retry: false, counts: true });
    return parseBoundedJson(text, this.limits.maxDepth);
  }

  private exchangeSettings(tally: Tally): ExchangeSettings {
    return {
      dispatcher: this.agent, secrets: this.options.secrets ?? noSecrets, userAgent: this.options.userAgent ?? 'dure', maxRedirects: this.limits.maxRedirects, maxResponseBytes: this.limits.maxResponseBytes,
      onSend: () => {
        tally.requests += 1;
        this.monitor.sent();
      },
    };
  }

  private sourceError(failure: AttemptFailure | CallCancelled, request: SourceRequest): SourceError {
    const { source, log } = this.options;
    if (failure instanceof CallCancelled) return new SourceError('SOURCE_TIMEOUT', `${source} was not waited for.`, { source });
    const { status, retryAfterMs } = failure.facts;
    const again = retryAfterMs === undefined ? '' : `; try again in ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s`;
    log?.warn({ source, request: request.label, code: failure.code, reason: failure.reason, status, cause: causeOf(failure) }, 'a source did not answer as it should');
    return new SourceError(failure.code, `${source} ${failure.reason}${again}.`, { source, status, retryAfterMs });
  }
}

function timedOut(counts: boolean): AttemptFailure {
  return new AttemptFailure('SOURCE_TIMEOUT', 'did not answer in time', { retry: true, counts });
}

function limited(reason: string, retryAfterMs: number | undefined): AttemptFailure {
  return new AttemptFailure('SOURCE_LIMITED', reason, { retry: false, counts: false, retryAfterMs });
}

/** The network's own code (ECONNREFUSED); never a text of the source, nor an address with a key in it. */
function causeOf(failure: AttemptFailure): string | undefined {
  const cause = failure.cause as { readonly code?: unknown; readonly message?: unknown } | undefined;
  if (cause === undefined) return undefined;
  if (cause.code === 'DURE_ADDRESS_REFUSED') return String(cause.message);
  return typeof cause.code === 'string' ? cause.code : cause instanceof Error ? cause.constructor.name : undefined;
}

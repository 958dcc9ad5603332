/** Prometheus metrics of this process, in a registry of its own. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'status'>;
  readonly duration: Histogram<'route'>;
  readonly operations: Counter<'lane'>;
  readonly sockets: Gauge;
  readonly subscriptions: Gauge<'transport'>;
}

export interface MetricsOptions {
  /** Jobs by state, read when the metrics are asked for. */
  readonly jobs?: () => Promise<ReadonlyMap<string, number>>;
  /** Operations that run and wait, read when the metrics are asked for. */
  readonly admission?: () => { readonly running: number; readonly waiting: number; readonly refused: Readonly<Record<string, number>> };
  /** Question texts that the audit kept and did not, read when the metrics are asked for. */
  readonly auditTexts?: () => { readonly kept: number; readonly keptBytes: number; readonly digestOnly: number; readonly digestOnlyBytes: number };
  /** Metrics of the runtime (memory, event loop) as well. */
  readonly runtime?: boolean;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.runtime) collectDefaultMetrics({ register: registry });
  const { admission, auditTexts, jobs } = options;
  if (admission) watchAdmission(admission, registers);
  if (auditTexts) watchTexts(auditTexts, registers);
  if (jobs) {
    const gauge = new Gauge({
      name: 'dure_jobs', help: 'Jobs that wait or run, by state.', labelNames: ['state'], registers,
      async collect() {
        const counts = await jobs().catch(() => undefined);
        gauge.reset();
        for (const [state, count] of counts ?? []) gauge.set({ state }, count);
      },
    });
  }
  return {
    registry,
    requests: new Counter({ name: 'dure_http_requests_total', help: 'HTTP requests answered.', labelNames: ['route', 'status'], registers }),
    duration: new Histogram({
      name: 'dure_http_request_duration_seconds', help: 'From the request line to the last byte of the answer.', labelNames: ['route'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10], registers,
    }),
    operations: new Counter({ name: 'dure_graphql_operations_total', help: 'GraphQL operations over HTTP, by the lane that answered.', labelNames: ['lane'], registers }),
    sockets: new Gauge({ name: 'dure_websockets', help: 'Open WebSocket connections.', registers }),
    subscriptions: new Gauge({ name: 'dure_subscriptions', help: 'Open subscriptions.', labelNames: ['transport'], registers }),
  };
}

function watchTexts(read: NonNullable<MetricsOptions['auditTexts']>, registers: Registry[]): void {
  const told = (name: string, help: string, of: (counts: ReturnType<typeof read>) => readonly [number, number]): void => {
    const counter = new Counter({
      name, help, labelNames: ['kept'], registers,
      collect() {
        counter.reset();
        const [kept, digestOnly] = of(read());
        counter.inc({ kept: 'yes' }, kept);
        counter.inc({ kept: 'no' }, digestOnly);
      },
    });
  };
  told('dure_audit_texts_total', 'New question texts that the audit kept, or kept the digest of alone (DURE_AUDIT_TEXT_MIB).', ({ kept, digestOnly }) => [kept, digestOnly]);
  told('dure_audit_text_bytes_total', 'Bytes of these texts.', ({ keptBytes, digestOnlyBytes }) => [keptBytes, digestOnlyBytes]);
}

function watchAdmission(read: NonNullable<MetricsOptions['admission']>, registers: Registry[]): void {
  const running = new Gauge({ name: 'dure_operations_running', help: 'Operations that hold a place before the database.', registers, collect() { running.set(read().running); } });
  const waiting = new Gauge({ name: 'dure_operations_waiting', help: 'Operations that wait for a place.', registers, collect() { waiting.set(read().waiting); } });
  const refused = new Counter({
    name: 'dure_operations_refused_total', help: 'Operations refused as OVERLOADED: the queue was full, or their turn came too late.', labelNames: ['reason'], registers,
    collect() {
      refused.reset();
      for (const [reason, count] of Object.entries(read().refused)) refused.inc({ reason }, count);
    },
  });
}

/** Questions under rules that are not in force, as somebody who does not ask. Nothing is counted, kept or told to anybody. */
import type { CatalogSnapshot } from '../catalog/model.js';
import type { Asking } from '../policy/asking.js';
import { purposeText } from '../policy/purpose.js';
import { thousandths } from '../policy/noise.js';
import type { NoiseAccounts } from '../policy/noiseBudget.js';
import type { RequestContext } from './context.js';
import { createEngine, type EngineOptions } from './createEngine.js';
import type { Answer } from './engine.js';
import { rootFields } from './rootFields.js';

/** A steward who tries rules reads every row that could be counted. */
const freeNoise: NoiseAccounts = {
  pay: async (_caller, payments) => ({ accounts: payments.map(({ noise }) => ({ spent: 0, remaining: thousandths(noise.budget), resetsAt: new Date() })) }),
  remaining: async (_caller, _dataset, noise) => ({ spent: 0, remaining: thousandths(noise.budget), resetsAt: new Date() }),
};

export class Simulator {
  private options?: EngineOptions;
  /** Fields that tell of the server, judged by who asks: nobody is to be answered them as somebody else. */
  private static: ReadonlySet<string> = new Set();

  /** The engine's own parts, once they are made. */
  use(options: EngineOptions): void {
    this.options = options;
    this.static = new Set([...Object.keys(options.staticSchema.getQueryType()!.getFields()), 'node']);
  }

  async answer(snapshot: CatalogSnapshot, asking: Asking, question: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> }, context: RequestContext): Promise<Answer> {
    if (!this.options) throw new Error('the simulator has no engine yet');
    // An engine of its own: nothing that was compiled under a draft can be met by a real question. Whoever simulates records that (static/simulate.ts).
    const engine = createEngine({ ...this.options, snapshot: () => snapshot, audit: 'none', grants: undefined, standing: this.options.standing && { now: () => this.options!.standing!.now(), require: () => undefined }, budgets: { take: async () => undefined }, noise: this.options.noise && { keys: this.options.noise.keys, accounts: freeNoise }, onOverride: undefined, onChange: undefined, admission: undefined });
    try {
      const schema = engine.schemaFor(asking.identity);
      const prepared = engine.prepare(schema, question.query);
      if ('errors' in prepared) return { errors: prepared.errors };
      if (prepared.operation.kind !== 'query') return { errors: [{ message: 'Only queries can be tried under other rules.', extensions: { code: 'BAD_USER_INPUT' } }] };
      const further = rootFields(prepared.operation.document).filter((name) => this.static.has(name));
      if (further.length > 0) {
        return { errors: [{ message: `A trial answers with rows of datasets only, not with ${[...new Set(further)].join(', ')}: leave that out, or ask it in your own name.`, extensions: { code: 'BAD_USER_INPUT' } }] };
      }
      const services = { ...context.services, catalog: { get snapshot() { return snapshot; } } as RequestContext['services']['catalog'], grants: undefined };
      return await engine.execute(prepared.operation, question.variables ?? {}, schema, {
        ...context, identity: asking.identity, purpose: asking.purpose && purposeText(asking.purpose), channel: asking.channel, destination: asking.destination, services,
      });
    } finally {
      engine.close();
    }
  }
}

import type { Job, JobContext, JobKind } from '../../../src/jobs/job.js';

/** A kind whose work is a function of the test; it remembers for which jobs it was asked to clean up. */
export class ScriptedKind implements JobKind {
  readonly name = 'PUBLISH';
  readonly cleaned: string[] = [];

  constructor(private readonly work: (context: JobContext) => Promise<unknown>) {}

  run(context: JobContext): Promise<unknown> {
    return this.work(context);
  }

  async cleanUp(job: Job): Promise<void> {
    this.cleaned.push(job.id);
  }
}

/** Work that goes on until it is told to stop. */
export function untilAborted({ signal }: JobContext): Promise<never> {
  return new Promise((_done, fail) => {
    if (signal.aborted) return fail(signal.reason as Error);
    signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
  });
}

/**
 * The operations that run in this process, so that one can be stopped whose caller may have its answer no more. Each costs a link before and
 * after its neighbours: a set would grow new tables with every request.
 */
import type { CatalogSnapshot } from '../catalog/model.js';
import type { DureError } from '../errors.js';
import type { Asking } from '../policy/asking.js';
import type { CompiledOperation } from './compiledOperation.js';
import type { RequestContext } from './context.js';

/** What an operation was authorized by. */
export interface Authority {
  readonly asking: Asking;
  /** Revision of the catalog. */
  readonly revision: CatalogSnapshot['revision'];
  /** How often anybody's standing had changed. */
  readonly standing: number;
}

export class RunningOperation {
  /** Why nothing of it may be answered. */
  cause: DureError | undefined;
  /** Its roots say so already, and hold no rows. */
  told = false;
  previous: RunningOperation | undefined;
  next: RunningOperation | undefined;
  private readonly controller: AbortController;
  private readonly forward: (() => void) | undefined;

  /** @param authority replaced by a newer one under which the same holds */
  constructor(readonly compiled: CompiledOperation, readonly context: RequestContext, readonly then: Asking, public authority: Authority, alone: boolean) {
    // The request's own controller, if there is one: another would have to listen to its signal.
    if (alone && context.controller) {
      this.controller = context.controller;
      return;
    }
    this.controller = new AbortController();
    if (context.signal.aborted) this.controller.abort();
    this.forward = () => this.controller.abort();
    context.signal.addEventListener('abort', this.forward, { once: true });
  }

  /** Aborted when the client goes away, and when the operation is stopped. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(cause: DureError): void {
    this.cause ??= cause;
    this.controller.abort();
  }

  end(): void {
    if (this.forward) this.context.signal.removeEventListener('abort', this.forward);
  }
}

export class RunningOperations {
  private first: RunningOperation | undefined;

  begin(operation: RunningOperation): RunningOperation {
    operation.next = this.first;
    if (this.first) this.first.previous = operation;
    this.first = operation;
    return operation;
  }

  end(operation: RunningOperation): void {
    const { previous, next } = operation;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    operation.end();
  }

  /** Stops those for which `judge` knows a reason. */
  judge(judge: (operation: RunningOperation) => DureError | undefined): void {
    for (let operation = this.first; operation; operation = operation.next) {
      const cause = operation.cause ? undefined : judge(operation);
      if (cause) operation.stop(cause);
    }
  }
}

/**
 * An operation's place before Dure's own database. It is held while the operation has work there, and nobody's while the operation waits for a
 * source elsewhere: a slow source would otherwise take the places of those who never asked it.
 */
import type { DatabaseTurn } from '../sources/source.js';
import type { Admission, Load, Pass } from './admission.js';
import type { RequestContext } from './context.js';

export class Turn implements DatabaseTurn {
  private pass: Pass | undefined;
  private entering: Promise<void> | undefined;
  /** Pieces of work that hold the place or wait for it. */
  private works = 0;
  private begun = false;

  /** @param admission without one there is always a place */
  constructor(private readonly admission: Admission | undefined, private readonly load: Load, private readonly context: Pick<RequestContext, 'identity' | 'address' | 'signal'>) {}

  /**
   * The operation with a place from its beginning on, until `release`.
   * @throws DureError OVERLOADED, CANCELLED
   */
  async operation<T>(run: () => Promise<T>): Promise<T> {
    try {
      const entering = this.enter();
      this.begun = true;
      this.works += 1;
      if (entering) await entering;
      return await run();
    } finally {
      this.release();
    }
  }

  /** From here on only what is within `within` holds the place. */
  release(): void {
    if (!this.begun) return;
    this.begun = false;
    this.done();
  }

  /** @throws DureError OVERLOADED, CANCELLED where a place had to be had anew */
  async within<T>(work: () => Promise<T>): Promise<T> {
    this.works += 1;
    try {
      const entering = this.enter();
      if (entering) await entering;
      return await work();
    } finally {
      this.done();
    }
  }

  /** Work that takes places for parts of it only. @throws DureError OVERLOADED */
  away<T>(work: () => Promise<T>): Promise<T> {
    return this.admission ? this.admission.away(work) : work();
  }

  private enter(): Promise<void> | undefined {
    if (this.pass || !this.admission) return undefined;
    if (this.entering) return this.entering;
    const entered = this.admission.enter(this.load, this.context);
    if (!(entered instanceof Promise)) {
      this.pass = entered;
      return undefined;
    }
    this.entering = entered.then((pass) => { this.pass = pass; }).finally(() => { this.entering = undefined; });
    return this.entering;
  }

  private done(): void {
    this.works -= 1;
    if (this.works > 0) return;
    this.pass?.leave();
    this.pass = undefined;
  }
}

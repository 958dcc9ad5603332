/** A statement being written: text with numbered parameters, and what each parameter reads when the statement runs. */
import type { Bindings } from '../../plan/predicate.js';
import type { Dialect } from './dialect.js';
import { postgresDialect } from './postgresDialect.js';

export { literal } from './literal.js';

export type ReadParameter = (bindings: Bindings) => unknown;

export class StatementWriter {
  readonly parameters: ReadParameter[] = [];
  private aliases = 0;
  private forValues = false;

  constructor(readonly dialect: Dialect = postgresDialect) {}

  /** A parameter of a type, by PostgreSQL's name for it. Values never become text of the statement. */
  parameter(read: ReadParameter, type: string): string {
    const { dialect } = this;
    this.parameters.push((bindings) => dialect.argument(type, read(bindings)));
    return dialect.parameter(this.parameters.length, type);
  }

  /**
   * Says that how many rows a test leaves depends on its values, as for ranges: a plan that is made without them assumes some half a percent
   * and may sort what an index has in order.
   */
  planForValues(): void {
    this.forValues = true;
  }

  /** Whether the statement is better planned each time it runs. */
  get plannedForValues(): boolean {
    return this.forValues;
  }

  alias(): string {
    this.aliases += 1;
    return `t${this.aliases}`;
  }
}

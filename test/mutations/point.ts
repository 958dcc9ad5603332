/** A place that enforces rules, with a change of the compiled text that takes it away. A text that is not found is an error: the list must follow the code. */
export interface Point {
  /** What is enforced there. */
  readonly point: string;
  /** Below dist/src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Test files that are asked before the oracle, and which of their tests where not all: `leaks/05 -t words`. */
  readonly tests?: string;
  /** The tests demand a refusal by name: an internal error in its place is a failure of the point, though nothing leaked. */
  readonly refusal?: true;
}

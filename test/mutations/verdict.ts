/** What a run of tests over a mutant says: a leak seen, and not merely something broken by the change itself. */
export interface JestReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly title: string; readonly failureMessages: readonly string[] }[];
  }[];
}

export type Verdict =
  | { readonly kind: 'passed' }
  /** A test expected something else: `file` below dist/test, without its ending. */
  | { readonly kind: 'caught'; readonly file: string; readonly test: string }
  /** Tests failed, but only since the mutant crashed: nothing is known of the point. */
  | { readonly kind: 'crashed'; readonly message: string };

/** @param refusal whether an internal error in place of an expected refusal counts */
export function verdictOf(report: JestReport, refusal = false): Verdict {
  const failed = report.testResults.flatMap(({ name, assertionResults }) => assertionResults.filter(({ status }) => status === 'failed').map((result) => ({ ...result, file: fileOf(name) })));
  const seen = failed.find(({ failureMessages }) => failureMessages.some((message) => isExpectation(message, refusal)));
  if (seen) return { kind: 'caught', file: seen.file, test: seen.title };
  const broken = failed[0]?.failureMessages[0] ?? report.testResults.find(({ message }) => message !== '')?.message;
  return broken === undefined ? { kind: 'passed' } : { kind: 'crashed', message: broken.slice(0, 1_000) };
}

/** A matcher's failure. One that received an internal error in place of an answer saw a statement or a walk break: that is no leak. */
function isExpectation(message: string, refusal: boolean): boolean {
  // eslint-disable-next-line no-control-regex
  const text = message.replace(/\u001b\[[0-9;]*m/g, '');
  // What should have ended and did not is waited for until the test's time is over.
  if (/^(Error: )?thrown: "Exceeded timeout/.test(text)) return true;
  if (text.startsWith('Error: It did not come true')) return true;
  return /^(Error|TypeError|JestAssertionError): expect\(|^Error: Thrown value|^expect\(/.test(text) && (refusal || !text.includes('INTERNAL'));
}

function fileOf(path: string): string {
  return /dist\/test\/(.+)\.test\.js$/.exec(path)?.[1] ?? path;
}

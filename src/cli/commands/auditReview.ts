import { parsePeriod } from '../../audit/period.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

const document = 'mutation Review($input: RecordAuditReviewInput!) { recordAuditReview(input: $input) { review { at by from to finding } due { dueAt overdue } } }';

interface Done { readonly review: { readonly at: string; readonly by: string }; readonly due: { readonly dueAt: string; readonly overdue: boolean } }

export async function review(remote: Remote, terminal: Terminal, options: { readonly from: string; readonly to: string; readonly finding: string; readonly dataset?: string; readonly json?: boolean }): Promise<void> {
  const { from, to } = parsePeriod(options.from, options.to);
  const { recordAuditReview: done } = await remote.data<{ recordAuditReview: Done }>(document, { input: { from: from.toISOString(), to: to.toISOString(), finding: options.finding, dataset: options.dataset } });
  terminal.out(options.json ? `${JSON.stringify(done, null, 2)}\n` : `Recorded at ${done.review.at}. The next review is due by ${done.due.dueAt}.\n`);
}

import { finalStates, type JobError, type JobState, type Progress } from '../../jobs/job.js';
import { CommandFailure } from '../failure.js';
import { isReport, mistakeLines } from '../mistakes.js';
import { ProgressView } from '../progress.js';
import type { Remote } from '../remote.js';
import { columns, type Terminal } from '../terminal.js';
import { watchJob } from '../watchJob.js';

export interface JobOutcome {
  readonly id: string;
  readonly state: JobState;
  readonly error: JobError | null;
  readonly result: unknown;
}

interface ListedJob {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly createdAt: string;
  readonly organization: { readonly slug: string } | null;
  readonly dataset: { readonly path: string } | null;
  readonly progress: Progress | null;
}

const listDocument = 'query Jobs($first: Int!) { jobs(first: $first) { nodes { id kind state createdAt organization { slug } dataset { path } progress { phase done total unit message } } } }';

export async function listJobs(remote: Remote, terminal: Terminal, options: { readonly first: number; readonly json?: boolean }): Promise<void> {
  const { jobs } = await remote.data<{ jobs: { nodes: readonly ListedJob[] } }>(listDocument, { first: options.first });
  if (options.json) return terminal.out(`${JSON.stringify(jobs.nodes, null, 2)}\n`);
  if (jobs.nodes.length === 0) return terminal.note('No job that you may see.\n');
  const rows = jobs.nodes.map((job) => [job.id, job.createdAt, job.kind, job.state, job.dataset?.path ?? job.organization?.slug ?? '', job.progress?.message ?? job.progress?.phase ?? '']);
  terminal.out(columns([['ID', 'CREATED', 'KIND', 'STATE', 'OF', 'PROGRESS'], ...rows]));
}

export async function cancelJob(remote: Remote, terminal: Terminal, id: string, options: { readonly json?: boolean }): Promise<void> {
  const { cancelJob: job } = await remote.data<{ cancelJob: { id: string; state: JobState } }>('mutation Cancel($id: ID!) { cancelJob(id: $id) { id state } }', { id });
  terminal.out(options.json ? `${JSON.stringify(job)}\n` : `${job.id}  ${job.state}\n`);
}

/** Follows the job to its end and shows it. @throws CommandFailure where the job failed, or was canceled. */
export async function followJob(remote: Remote, terminal: Terminal, id: string, options: { readonly after?: number; readonly events?: boolean } = {}): Promise<JobOutcome> {
  const view = new ProgressView(terminal);
  try {
    for await (const event of watchJob(remote, id, { after: options.after, onLost: (reason) => terminal.note(`${terminal.interactive ? '\n' : ''}connection lost (${reason}), connecting again\n`) })) {
      if (options.events) terminal.out(`${JSON.stringify(event)}\n`);
      else view.show(event);
    }
  } finally {
    view.end();
  }
  const { job } = await remote.data<{ job: JobOutcome | null }>('query Outcome($id: ID!) { job(id: $id) { id state error { code message details } result } }', { id });
  if (!job) throw new CommandFailure(`There is no job ${id} that you may see.`);
  if (finalStates.has(job.state) && job.state !== 'COMPLETE') throw jobFailure(job);
  return job;
}

function jobFailure(job: JobOutcome): CommandFailure {
  const { error } = job;
  if (!error) return new CommandFailure(`The job ended as ${job.state}.`);
  const report = isReport(error.details) ? `${mistakeLines(error.details)}\n` : '';
  return new CommandFailure(`${report}${error.message} (${error.code}, job ${job.id}: ${job.state})`, 1, [{ message: error.message, extensions: { code: error.code, job: job.id, state: job.state, details: error.details } }]);
}


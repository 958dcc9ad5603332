/** NOTIFY channels. Every payload is a job's id and only a hint: the rows are the truth, and every listener also polls. */
export const jobChannel = 'dure_job';
/** A job may be taken. */
export const queueChannel = 'dure_job_queued';
/** A job that some worker runs shall stop. */
export const cancelChannel = 'dure_job_cancel';

/** Uploaded packages hold the rows too, and reports of what was wrong in them hold values. */
import type { UploadStore } from '../../storage/uploadStore.js';
import type { JobContext } from '../job.js';

/**
 * Deletes the packages that versions of the dataset were made of, and those of the organization that nothing was made of (for which
 * dataset they were is not known); also uploads of a day ago or older that no job names. What jobs report of these packages goes too.
 */
export async function forgetUploads(context: JobContext, uploads: UploadStore, { organizationId, datasetId }: { readonly organizationId: string; readonly datasetId: string }): Promise<void> {
  await context.event({ phase: 'uploads', message: 'Deleting uploaded packages and reports that held the rows' });
  const { rows } = await context.pool.query<{ job: string; upload: string | null }>(
    `select j.id as job, j.input->>'upload' as upload from dure.job j
     where j.kind = 'PUBLISH' and j.organization_id = $1 and j.finished_at is not null and (j.dataset_id = $2 or j.dataset_id is null)`, [organizationId, datasetId],
  );
  const { rows: unused } = await context.pool.query<{ upload: string }>(
    `select u.id as upload from dure.upload u where u.created_at < now() - interval '1 day' and not exists (select 1 from dure.job j where j.input->>'upload' = u.id::text)`,
  );
  for (const { upload } of [...rows, ...unused]) if (upload !== null) await uploads.delete(upload);
  const jobs = rows.map(({ job }) => job);
  await context.transaction(async (client) => {
    await client.query(`update dure.job set error = jsonb_build_object('code', error->>'code', 'message', $2::text) where id = any($1) and error is not null`, [jobs, forgotten]);
    await client.query(`update dure.job_event set details = null, message = case when message is null then null else $2 end where job_id = any($1) and (details is not null or state in ('EXECUTOR_ERROR', 'SYSTEM_ERROR'))`, [jobs, forgotten]);
  });
}

const forgotten = 'What was told here was erased, since it may have named a person who was.';

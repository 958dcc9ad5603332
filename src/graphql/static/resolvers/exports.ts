import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { datasetPath, versionName } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import type { Job } from '../../../jobs/job.js';
import type { ExportInput } from '../../../jobs/kinds/exportDataset.js';
import type { RequestContext } from '../../context.js';
import { requireScope, requireSignedIn } from '../authority.js';
import { ExportDatasetInput } from '../exportInputs.js';
import { notFound } from '../ids.js';
import { requireDataset } from '../lookups.js';
import { ownExport } from '../ownExport.js';
import { changeRecorded } from '../recordChange.js';
import { checkReason } from '../text.js';
import { ExportType } from '../types/exportType.js';
import { JobType } from '../types/jobType.js';
import { ExportDatasetPayload } from '../types/payloads.js';

@Resolver()
export class ExportResolver {
  @Mutation(() => ExportDatasetPayload, { description: 'Begins to write rows into a file for you, and answers at once. The job reads in your name, under the purpose that this request declares: what you may not read, or may read but not take away, is not in it.' })
  async exportDataset(@Ctx() context: RequestContext, @Arg('input', () => ExportDatasetInput, { description: 'What, how and why.' }) input: ExportDatasetInput): Promise<ExportDatasetPayload> {
    const { identity, services, purpose, destination } = context;
    const subject = requireSignedIn(identity);
    requireScope(identity, 'read');
    const reason = checkReason('reason', input.reason);
    const dataset = requireDataset(context, input.dataset);
    const tables = input.tables?.map(({ table, columns, where }) => ({ table, ...(columns ? { columns } : {}), ...(where == null ? {} : { where }) }));
    const asked = {
      dataset: datasetPath(dataset), format: input.format, forSpreadsheets: input.forSpreadsheets, reason, ...(input.version == null ? {} : { version: input.version }), ...(tables ? { tables } : {}),
      ...(purpose === undefined ? {} : { purpose }), ...(destination === undefined ? {} : { destination }),
    };
    const view = services.exporter.view(asked, { id: context.requestId, identity });
    const job: ExportInput = { ...asked, version: versionName(view.version), ...(tables ? { tables: view.tables.map(({ table, columns, where }, index) => ({ table: table.name, ...(tables[index]!.columns ? { columns: columns.map(({ name }) => name) } : {}), ...(where === undefined ? {} : { where }) })) } : {}) };
    await services.exporter.check(job, view, context);
    const there = await services.exports.countOf(subject, identity.issuer);
    if (there >= services.maxExports) throw new DureError('LIMIT_EXCEEDED', `You have ${there} exports, ${services.maxExports} are allowed at a time. Fetch and delete some (deleteExport), or wait until they expire.`, { limit: services.maxExports, actual: there });
    // Not of the organization's jobs: who publishes there learns from the audit who exported what, as the asker's rules allow.
    const made = await changeRecorded(context, ({ id }: Job) => ({ kind: 'EXPORT_REQUESTED', dataset, details: { job: id, version: job.version, tables: view.tables.map(({ table }) => table.name), format: job.format, reason } }),
      (within) => services.jobs.enqueue({ kind: 'EXPORT', input: { ...job }, identity, datasetId: dataset.id, idempotencyKey: input.idempotencyKey ?? undefined }, within));
    return { job: new JobType(made) };
  }

  @Mutation(() => ExportType, { description: 'Removes the file of an export of yours.' })
  async deleteExport(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'The export.' }) id: string): Promise<ExportType> {
    requireSignedIn(context.identity);
    const { exports } = context.services;
    const record = await exports.get(id);
    if (!record || !ownExport(record, context.identity)) throw notFound('export', id);
    if (!record.file && !record.removed) throw new DureError('CONFLICT', 'The file is being written: cancel its job instead (cancelJob).', { state: 'WRITING' });
    await exports.remove(record.id, 'DELETED');
    return new ExportType((await exports.get(record.id))!);
  }
}

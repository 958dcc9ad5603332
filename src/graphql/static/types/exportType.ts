import { Ctx, Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ExportRecord } from '../../../storage/exportStore.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar } from '../../scalars.js';
import { ExportFormatEnum } from '../exportInputs.js';
import { findJob } from '../lookups.js';
import { JobType } from './jobType.js';

export const ExportStateEnum = { WRITING: 'WRITING', READY: 'READY', REMOVED: 'REMOVED' } as const;
registerEnumType(ExportStateEnum, {
  name: 'ExportState',
  description: 'Where an export stands.',
  valuesConfig: { WRITING: { description: 'It has no file yet; its job tells whether it will.' }, READY: { description: 'The file can be fetched.' }, REMOVED: { description: 'The file is there no more.' } },
});

@ObjectType('Export', { description: 'A file of rows that you asked for. Only you can fetch it, at `path`, for as long as you may still take the rows away.' })
export class ExportType {
  constructor(private readonly record: ExportRecord) {}

  @Field(() => ID, { description: 'Its id; the job\'s too.' })
  get id(): string {
    return this.record.id;
  }

  @Field(() => ExportStateEnum, { description: 'Where it stands.' })
  get state(): keyof typeof ExportStateEnum {
    if (this.record.removed || (this.record.file && this.record.file.expiresAt <= this.record.now)) return 'REMOVED';
    return this.record.file ? 'READY' : 'WRITING';
  }

  @Field(() => String, { nullable: true, description: 'Why the file is there no more: `EXPIRED`, `ERASURE` (a person was erased from the dataset), `RULES` (they are stricter now), `DELETED` (by you), `CANCELED`.' })
  get removedWhy(): string | undefined {
    return this.record.removed?.why ?? (this.state === 'REMOVED' ? 'EXPIRED' : undefined);
  }

  @Field(() => String, { description: 'The dataset, as `organization/name`.' })
  get dataset(): string {
    return String(this.record.input.dataset);
  }

  @Field(() => String, { description: 'Its version.' })
  get version(): string {
    return String(this.record.input.version);
  }

  @Field(() => ExportFormatEnum, { description: 'How rows are written.' })
  get format(): string {
    return String(this.record.input.format);
  }

  @Field(() => String, { description: 'Why you asked for it.' })
  get reason(): string {
    return String(this.record.input.reason);
  }

  @Field(() => String, { nullable: true, description: 'Where on this server the file is fetched, with the same token; null where there is none.' })
  get path(): string | undefined {
    return this.state === 'READY' ? `/exports/${this.record.id}` : undefined;
  }

  @Field(() => Float, { nullable: true, description: 'Rows in the file.' })
  get rows(): number | undefined {
    return this.record.file?.rows;
  }

  @Field(() => Float, { nullable: true, description: 'The size of the file.' })
  get bytes(): number | undefined {
    return this.record.file?.bytes;
  }

  @Field(() => String, { nullable: true, description: 'The SHA-256 of the file, hexadecimal.' })
  get sha256(): string | undefined {
    return this.record.file?.sha256;
  }

  @Field(() => Int, { description: 'The revision of the rules that it was written under; 0 before there is a file.' })
  get rulesRevision(): number {
    return this.record.rulesRevision;
  }

  @Field(() => DateTimeScalar, { description: 'When it was begun.' })
  get startedAt(): Date {
    return this.record.startedAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when it can be fetched.' })
  get expiresAt(): Date | undefined {
    return this.record.file?.expiresAt;
  }

  @Field(() => JobType, { nullable: true, description: 'The job that writes it.' })
  async job(@Ctx() context: RequestContext): Promise<JobType | undefined> {
    const job = await findJob(context, this.record.id);
    return job && new JobType(job);
  }
}

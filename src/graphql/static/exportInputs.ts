import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { exportFormats, type ExportFormat } from '../../publish/exportFormat.js';
import { JSONScalar } from '../scalars.js';

export const ExportFormatEnum = Object.freeze(Object.fromEntries(exportFormats.map((format) => [format, format])));
registerEnumType(ExportFormatEnum, {
  name: 'ExportFormat',
  description: 'How rows are written into a file.',
  valuesConfig: {
    CSV: { description: 'RFC 4180 in UTF-8: null is an empty cell, an empty text `""`.' },
    NDJSON: { description: 'One JSON object a line, with the values as GraphQL answers them: `Int64` and `Decimal` as strings.' },
  },
});

@InputType('ExportTableInput', { description: 'One table of an export.' })
export class ExportTableInputType {
  @Field(() => String, { description: 'The table, by name or field.' })
  table!: string;

  @Field(() => [String], { nullable: true, description: 'Which columns, by name or field; all that you may read where absent.' })
  columns?: string[] | null;

  @Field(() => JSONScalar, { nullable: true, description: 'Which rows, as the `where` of a query on the table; all where absent.' })
  where?: unknown;
}

@InputType('ExportDatasetInput', { description: 'What to export, how, and why.' })
export class ExportDatasetInput {
  @Field(() => ID, { description: 'The dataset, by id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { nullable: true, description: 'The version, for example `1.2`; the newest where absent.' })
  version?: string | null;

  @Field(() => [ExportTableInputType], { nullable: true, description: 'Which tables; all that you may take away where absent.' })
  tables?: ExportTableInputType[] | null;

  @Field(() => ExportFormatEnum, { description: 'How rows are written.' })
  format: ExportFormat = 'CSV';

  @Field(() => Boolean, { description: 'CSV for spreadsheets: begins with a byte order mark, and texts that would run as formulas have an apostrophe before them. Such texts are then not as they were.' })
  forSpreadsheets: boolean = false;

  @Field(() => String, { description: 'Why you need a file. It stands in the audit, which the dataset\'s owner reads.' })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'Any text of yours: the same key gives the same job, however often it is sent.' })
  idempotencyKey?: string | null;
}

/** How somebody declares a source of files: the `options` of its declaration. */
import { z } from 'zod';
import { slugPattern } from '../../catalog/naming.js';
import { DureError } from '../../errors.js';
import { declarableKinds, maxScale } from './fileTypes.js';

const column = z.strictObject({
  kind: z.enum(declarableKinds as unknown as [(typeof declarableKinds)[number], ...(typeof declarableKinds)[number][]]).optional(),
  /** Digits after the point of a decimal. */
  scale: z.int().min(0).max(maxScale).optional(),
  field: z.string().optional(),
  title: z.string().optional(),
  /** UCUM. */
  unit: z.string().optional(),
  /** A Bioregistry prefix: its identifiers link to other datasets. */
  namespace: z.string().optional(),
});

const table = z.strictObject({
  name: z.string().min(1).max(200),
  /** A file, a pattern or a folder of parts; absolute, or below one of the configured folders. */
  path: z.string().min(1),
  key: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  omit: z.array(z.string()).optional(),
  columns: z.record(z.string(), column).optional(),
});

const shape = z.strictObject({
  id: z.string().regex(slugPattern, 'is no slug: a lower-case letter, then letters, digits and hyphens'),
  title: z.string().min(1),
  titleKo: z.string().optional(),
  description: z.string().optional(),
  dataset: z.string().regex(slugPattern, 'is no name of a dataset: a lower-case letter, then letters, digits and hyphens').default('files'),
  homepage: z.url().optional(),
  licenses: z.array(z.strictObject({ name: z.string().optional(), path: z.string().optional(), title: z.string().optional() })).default([]),
  citation: z.string().optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'is no ISO 3166-1 alpha-2 code').optional(),
  /** A folder whose files and folders are tables; or one file. */
  path: z.string().min(1).optional(),
  tables: z.array(table).min(1).optional(),
}).refine(({ path, tables }) => (path === undefined) !== (tables === undefined), 'give either path or tables');

export type FileSourceOptions = z.output<typeof shape>;
export type FileTableOptions = z.output<typeof table>;

/** @throws DureError BAD_USER_INPUT with every mistake */
export function readFileOptions(name: string, options: unknown): FileSourceOptions {
  const parsed = shape.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
  throw new DureError('BAD_USER_INPUT', `${name}: ${mistakes.join('; ')}.`, { mistakes });
}

/** How somebody declares an attached database: the `options` of its declaration. Where it is and its credentials are the secret `url`. */
import { z } from 'zod';
import { slugPattern } from '../../catalog/naming.js';
import { DureError } from '../../errors.js';

const column = z.strictObject({
  /** Read as text, whatever its type is. */
  kind: z.literal('text').optional(),
  field: z.string().optional(),
  title: z.string().optional(),
  /** UCUM. */
  unit: z.string().optional(),
  /** A Bioregistry prefix: its identifiers link to other datasets. */
  namespace: z.string().optional(),
});

const names = z.union([z.string().min(1).transform((name) => [name]), z.array(z.string().min(1)).min(1)]);

const table = z.strictObject({
  name: z.string().min(1).max(200),
  /** `schema.table` as PostgreSQL writes it: `"Odd Schema"."Table"` in quotation marks where a name is not lower case. */
  from: z.string().min(1).max(300),
  /** Columns that are there and together unique in every row; a table that has a primary key needs none. */
  key: names.optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  omit: z.array(z.string()).optional(),
  columns: z.record(z.string(), column).optional(),
  /** Beside those that the database declares: for views. `references` is the name of a table of this source. */
  links: z.array(z.strictObject({ columns: names, references: z.string(), referenced: names.optional() })).optional(),
});

const shape = z.strictObject({
  id: z.string().regex(slugPattern, 'is no slug: a lower-case letter, then letters, digits and hyphens'),
  title: z.string().min(1),
  titleKo: z.string().optional(),
  description: z.string().optional(),
  dataset: z.string().regex(slugPattern, 'is no name of a dataset: a lower-case letter, then letters, digits and hyphens').default('database'),
  homepage: z.url().optional(),
  licenses: z.array(z.strictObject({ name: z.string().optional(), path: z.string().optional(), title: z.string().optional() })).default([]),
  citation: z.string().optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'is no ISO 3166-1 alpha-2 code').optional(),
  tables: z.array(table).min(1),
  /** In which instants without a zone are meant, by its IANA name. */
  timeZone: z.string().regex(/^[A-Za-z0-9_+\-/]{1,60}$/, 'is no name of a time zone').default('UTC'),
  connections: z.int().min(1).max(32).default(4),
  timeoutMs: z.int().min(1).max(600_000).optional(),
});

export type AttachedOptions = z.output<typeof shape>;
export type AttachedTableOptions = z.output<typeof table>;

/** @throws DureError BAD_USER_INPUT with every mistake */
export function readAttachedOptions(name: string, options: unknown): AttachedOptions {
  const parsed = shape.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
  throw new DureError('BAD_USER_INPUT', `${name}: ${mistakes.join('; ')}.`, { mistakes });
}

export interface RelationName { readonly schema: string; readonly name: string }

/** Two names with a point between, each as it is written in SQL; undefined for anything else. */
export function parseRelationName(text: string): RelationName | undefined {
  const match = /^\s*("(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)\s*\.\s*("(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)\s*$/.exec(text);
  if (!match || text.includes('\0')) return undefined;
  const read = (part: string): string => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  return { schema: read(match[1]!), name: read(match[2]!) };
}

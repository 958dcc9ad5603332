/** The descriptor of a data package: Frictionless Data Package and Table Schema (https://datapackage.org), with Dure's own keys (`dure:…`). */
import { z } from 'zod';
import { slugPattern, declaredNamePattern } from '../catalog/naming.js';
import { visibilities } from '../catalog/model.js';
import { descriptorName } from './packageFiles.js';
import type { MistakeList } from './report.js';

export const fieldTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'list', 'date', 'time', 'datetime', 'year', 'yearmonth', 'duration', 'geopoint', 'geojson', 'any'] as const;
export type FieldType = (typeof fieldTypes)[number];

const text = z.string().min(1).max(20_000);
const plainName = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters').refine((name) => !/\p{Cc}/u.test(name) && name.trim() === name, 'has spaces at an end or control characters');
const dureName = z.string().max(100).regex(declaredNamePattern, 'is no GraphQL name of ours: a letter, then letters, digits and single underscores');
const oneOrMore = z.union([plainName.transform((name) => [name]), z.array(plainName).min(1)]);
const missing = z.array(z.union([z.string(), z.looseObject({ value: z.string() }).transform((entry) => entry.value)]));
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.union([z.string(), z.number()]);
const character = z.string().refine((value) => value.length === 1 && value !== '\n' && value !== '\r', 'is one character');

const constraints = z.strictObject({
  required: z.boolean().optional(), unique: z.boolean().optional(), minimum: bound.optional(), maximum: bound.optional(),
  minLength: z.int().min(0).optional(), maxLength: z.int().min(0).optional(), pattern: z.string().max(1_000).optional(), enum: z.array(scalar).min(1).max(10_000).optional(),
}, { error: 'has a constraint that is not supported' });

const field = z.looseObject({
  name: plainName, type: z.enum(fieldTypes).default('string'), format: z.string().max(200).optional(), title: text.optional(), description: text.optional(),
  missingValues: missing.optional(), constraints: constraints.default({}),
  categories: z.array(z.union([scalar, z.looseObject({ value: scalar }).transform((entry) => entry.value)])).min(1).optional(),
  trueValues: z.array(z.string()).min(1).optional(), falseValues: z.array(z.string()).min(1).optional(),
  decimalChar: character.optional(), groupChar: character.optional(), bareNumber: z.boolean().optional(),
  delimiter: z.string().min(1).max(10).optional(), itemType: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'time', 'datetime']).optional(),
  'dure:name': dureName.optional(), 'dure:namespace': z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'is no Bioregistry prefix, e.g. “uniprot”').optional(),
  'dure:unit': z.string().regex(/^[!-~]{1,100}$/, 'is no UCUM code, e.g. “K” or “GPa”').optional(),
  'dure:facet': z.boolean().optional(), 'dure:fullText': z.boolean().optional(), 'dure:personKey': z.boolean().optional(), 'dure:exact': z.boolean().optional(),
});
export type FieldDescriptor = z.infer<typeof field>;

const foreignKey = z.looseObject({
  fields: oneOrMore, reference: z.looseObject({ resource: z.string().default(''), fields: oneOrMore }), 'dure:name': dureName.optional(), 'dure:backName': dureName.optional(),
});
const schema = z.looseObject({
  fields: z.array(field).min(1, 'has no fields'), missingValues: missing.default(['']), primaryKey: oneOrMore.optional(), uniqueKeys: z.array(oneOrMore).default([]),
  foreignKeys: z.array(foreignKey).default([]), fieldsMatch: z.union([z.enum(['exact', 'equal']), z.tuple([z.enum(['exact', 'equal'])]).transform(([only]) => only)], { error: 'is not supported: use “exact” or “equal”' }).default('exact'),
});
export type TableSchema = z.infer<typeof schema>;

const dialect = z.looseObject({
  delimiter: character.optional(), quoteChar: character.optional(), doubleQuote: z.boolean().optional(), escapeChar: character.optional(), commentChar: character.optional(),
  nullSequence: z.string().optional(), skipInitialSpace: z.boolean().optional(), header: z.boolean().optional(), lineTerminator: z.enum(['\n', '\r\n', '\r']).optional(),
});
export type DialectDescriptor = z.infer<typeof dialect>;
const unsupportedDialect = ['headerRows', 'headerJoin', 'commentRows', 'property', 'itemType', 'itemKeys', 'sheetNumber', 'sheetName', 'table'];

const resource = z.looseObject({
  name: plainName, path: z.union([z.string(), z.array(z.string())]).optional(), title: text.optional(), description: text.optional(), schema: schema.optional(),
  dialect: dialect.default({}), format: z.string().optional(), mediatype: z.string().optional(), encoding: z.string().default('utf-8'), 'dure:name': dureName.optional(),
});
export type ResourceDescriptor = z.infer<typeof resource>;

const license = z.looseObject({ name: text.optional(), path: text.optional(), title: text.optional() }).refine((entry) => entry.name !== undefined || entry.path !== undefined, 'needs a name (e.g. “CC-BY-4.0”) or a path');
const descriptor = z.looseObject({
  name: z.string({ error: 'is missing: it names the dataset' }).regex(slugPattern, 'is no dataset name: a lower-case letter, then a-z, 0-9 and dashes, 63 characters at most'),
  title: text.optional(), description: text.optional(), homepage: text.optional(), keywords: z.array(text).default([]),
  licenses: z.array(license, { error: 'is missing: say under what terms the data may be used, e.g. [{ "name": "CC-BY-4.0" }]' }).min(1, 'is empty: say under what terms the data may be used'),
  contributors: z.array(z.looseObject({ title: text, role: text.optional(), roles: z.array(text).optional(), path: text.optional(), organization: text.optional(), email: text.optional() })).default([]),
  sources: z.array(z.looseObject({ title: text, path: text.optional() })).default([]), citation: text.optional(),
  resources: z.array(resource, { error: 'is missing: it names the tables' }).min(1, 'is empty: a dataset has at least one table'),
  'dure:visibility': z.enum(visibilities).optional(), 'dure:listed': z.boolean().optional(), 'dure:embargoUntil': z.iso.datetime({ offset: true, error: 'is no instant, e.g. “2030-01-01T00:00:00Z”' }).or(z.iso.date()).optional(),
  'dure:rules': z.unknown().optional(), 'dure:titleKo': text.optional(), 'dure:descriptionKo': text.optional(), 'dure:domain': text.optional(), 'dure:citation': text.optional(),
});
export type PackageDescriptor = z.infer<typeof descriptor>;

/** Keys of ours by the place where they may stand: a mistyped one would otherwise silently not hold. */
const dureKeys = {
  package: ['dure:visibility', 'dure:listed', 'dure:embargoUntil', 'dure:rules', 'dure:titleKo', 'dure:descriptionKo', 'dure:domain', 'dure:citation'],
  resource: ['dure:name'],
  field: ['dure:name', 'dure:namespace', 'dure:unit', 'dure:facet', 'dure:fullText', 'dure:personKey', 'dure:exact'],
  foreignKey: ['dure:name', 'dure:backName'],
} as const;

/** The descriptor if its shape is right; every mistake goes to the list with its path. */
export function parseDescriptor(value: unknown, mistakes: MistakeList): PackageDescriptor | undefined {
  const parsed = descriptor.safeParse(value);
  const tell = (path: string, message: string): void => mistakes.add('descriptor', () => ({ file: descriptorName, path, message }));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) tell(jsonPath(issue.path), issueMessage(issue));
    return undefined;
  }
  const { data } = parsed;
  unknownKeys(data, 'package', '$', tell);
  data.resources.forEach((entry, index) => checkResource(entry, `$.resources[${index}]`, tell));
  return mistakes.total === 0 ? data : undefined;
}

type Tell = (path: string, message: string) => void;

function checkResource(entry: ResourceDescriptor, path: string, tell: Tell): void {
  unknownKeys(entry, 'resource', path, tell);
  checkPlace(entry, path, tell);
  for (const key of unsupportedDialect) if (key in entry.dialect) tell(`${path}.dialect.${key}`, 'is not supported: give a plain CSV file with one header row');
  if (!entry.schema) {
    tell(`${path}.schema`, 'is missing: name the fields and their types (`dure init FILE.csv` proposes them)');
    return;
  }
  entry.schema.fields.forEach((candidate, index) => unknownKeys(candidate, 'field', `${path}.schema.fields[${index}]`, tell));
  entry.schema.foreignKeys.forEach((candidate, index) => unknownKeys(candidate, 'foreignKey', `${path}.schema.foreignKeys[${index}]`, tell));
}

function checkPlace(entry: ResourceDescriptor, path: string, tell: Tell): void {
  const paths = entry.path === undefined ? [] : [entry.path].flat();
  if ('data' in entry) tell(`${path}.data`, 'holds rows inside the descriptor: put them into a CSV file and name it by "path"');
  else if (paths.length === 0) tell(`${path}.path`, 'is missing: it names the CSV file');
  else if (paths.length > 1) tell(`${path}.path`, 'names several files: join them into one');
  for (const place of paths) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(place)) tell(`${path}.path`, 'is a URL: put the file into the package (nothing is fetched from elsewhere)');
    else if (place.startsWith('/') || place.split(/[\\/]/).includes('..')) tell(`${path}.path`, 'leads out of the package: name a file inside it');
    else if (/\.(zip|gz|bz2|xz|zst|xlsx?|ods|parquet|json|geojson)$/i.test(place)) tell(`${path}.path`, 'is no plain CSV file: convert or unpack it');
  }
  if (entry.format !== undefined && !['csv', 'tsv'].includes(entry.format.toLowerCase())) tell(`${path}.format`, 'is not supported: use csv or tsv');
}

function unknownKeys(value: Readonly<Record<string, unknown>>, place: keyof typeof dureKeys, path: string, tell: Tell): void {
  const known: readonly string[] = dureKeys[place];
  for (const key of Object.keys(value)) {
    if (key.startsWith('dure:') && !known.includes(key)) tell(`${path}["${key}"]`, `is not known here; known are ${known.join(', ')}`);
  }
}

function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has what is not supported: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.startsWith('Invalid input')) return 'is missing or of the wrong type: ' + issue.message;
  return issue.message;
}

export function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : /^[A-Za-z_]\w*$/.test(String(part)) ? `${text}.${String(part)}` : `${text}["${String(part)}"]`), '$');
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { visibilities } from '../../src/catalog/model.js';
import { datasetsFolder, names, readOrganizations, readPackages, readRows, type SampleField } from './samplePackages.js';

const packages = readPackages();
const organizations = readOrganizations();

/** UCUM codes that the samples use; `1` is a number without dimension. */
const units = new Set([
  '1', '%', 'K', 'Cel', 'GPa', 'MPa', 'kPa', 'mbar', 'u', 'eV', 'pm', 'm', 'm2', 'mm', 'm/s', 'g/cm3', 'g/mol', 'cm3/mol', 'umol/mol',
  'A', 'V', 'W', 'V/K', 'K-1', 'W/m2', 'd', 'a', 'h', 'kcal', '[lb_av]',
]);

test('there are at least eight packages, of more than one organization and of every domain', () => {
  expect(packages.length).toBeGreaterThanOrEqual(8);
  expect(new Set(packages.map((p) => p.organization)).size).toBeGreaterThan(1);
  expect(new Set(packages.map((p) => p.descriptor['dure:domain']))).toEqual(new Set(['materials', 'chemistry', 'medicine', 'climate', 'energy']));
});

test('each organization is told to be a sample, in both languages, and has a package', () => {
  for (const organization of organizations) {
    expect(organization.slug).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(organization.title).toContain('(sample)');
    expect(organization.titleKo).toContain('(예시)');
    expect(packages.some((p) => p.organization === organization.slug)).toBe(true);
  }
});

test('the packages show restricted rows and columns, an embargo, an unlisted data set and each visibility', () => {
  const rules = packages.flatMap((p) => p.descriptor['dure:rules'].rules);
  expect(new Set(rules.map((rule) => rule.effect))).toEqual(new Set(['allow', 'rows', 'columns']));
  expect(new Set(rules.flatMap((rule) => (rule.effect === 'columns' ? [rule.transform.kind] : [])))).toEqual(new Set(['deny', 'null', 'mask']));
  expect(packages.filter((p) => p.descriptor['dure:embargoUntil']).map((p) => p.path)).toEqual(['haedam/photovoltaics']);
  expect(packages.filter((p) => !p.descriptor['dure:listed']).map((p) => p.path)).toEqual(['seoram/kidney-transplants']);
  expect(new Set(packages.map((p) => p.descriptor['dure:visibility']))).toEqual(new Set(visibilities));
});

test('two organizations share identifiers of one namespace', () => {
  const cas = (path: string, table: string): ReadonlySet<string> => {
    const sample = packages.find((p) => p.path === path)!;
    const resource = sample.descriptor.resources.find((r) => r.name === table)!;
    const at = resource.schema.fields.findIndex((field) => field['dure:namespace'] === 'cas');
    return new Set(readRows(sample, resource).rows.map((row) => row[at]!));
  };
  const compounds = cas('dasan/compounds', 'compounds');
  expect([...cas('bora/critical-properties', 'critical_properties')].filter((number) => compounds.has(number)).length).toBeGreaterThan(100);
});

test('README names every package', () => {
  const readme = readFileSync(join(datasetsFolder, 'README.md'), 'utf8');
  for (const { path } of packages) expect(readme).toContain(`\`${path}\``);
});

describe.each(packages.map((sample) => [sample.path, sample] as const))('%s', (_path, sample) => {
  const { descriptor } = sample;

  test('is described in both languages, with licence, source, citation and contact', () => {
    expect(`${sample.organization}/${descriptor.name}`).toBe(sample.path);
    expect(organizations.map((organization) => organization.slug)).toContain(sample.organization);
    expect(descriptor.contributors).toContainEqual(expect.objectContaining({ role: 'publisher', organization: sample.organization }));
    for (const text of [descriptor.title, descriptor.description, descriptor['dure:citation']]) expect(text).not.toBe('');
    for (const text of [descriptor['dure:titleKo'], descriptor['dure:descriptionKo'], descriptor.keywords.join()]) expect(text).toMatch(/[가-힣]/);
    expect(descriptor.licenses.length).toBeGreaterThan(0);
    for (const license of descriptor.licenses) expect(license).toEqual({ name: expect.any(String), title: expect.any(String), path: expect.stringMatching(/^https:/) });
    expect(descriptor.sources.length).toBeGreaterThan(0);
    for (const source of descriptor.sources) expect(source.title).not.toBe('');
    expect(visibilities).toContain(descriptor['dure:visibility']);
    expect(descriptor['dure:rules'].contact).toMatch(/@\w+\.example$/);
    if (descriptor['dure:embargoUntil']) expect(new Date(descriptor['dure:embargoUntil']).toISOString()).toBe('2027-06-30T00:00:00.000Z');
  });

  test('has a file for each table and no other', () => {
    const files = readdirSync(sample.folder).filter((file) => file !== 'datapackage.json').sort();
    expect(files).toEqual(descriptor.resources.map((resource) => resource.path).sort());
    for (const resource of descriptor.resources) expect(resource.profile).toBe('tabular-data-resource');
  });

  test('gives a unit to every number', () => {
    for (const field of descriptor.resources.flatMap((resource) => resource.schema.fields)) {
      const unit = field['dure:unit'];
      if (field.type === 'number' || unit !== undefined) expect([field.name, unit, units.has(unit ?? '')]).toEqual([field.name, unit, true]);
    }
  });

  test('names existing tables and columns in its rules, each rule once', () => {
    const { rules } = descriptor['dure:rules'];
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.reason).toMatch(/[가-힣]/);
      const tables = descriptor.resources.filter((resource) => !rule.tables || rule.tables.includes(resource.name));
      expect(tables.length).toBe(rule.tables?.length ?? descriptor.resources.length);
      const columns = tables.flatMap((table) => table.schema.fields.map((field) => field.name));
      if (rule.effect === 'columns') expect(columns).toEqual(expect.arrayContaining([...rule.columns]));
      if (rule.effect === 'rows' && 'column' in rule.where) expect(columns).toContain(rule.where.column);
    }
  });

  test.each(descriptor.resources.map((resource) => [resource.name, resource] as const))('%s: rows match the declared columns and keys', (_name, resource) => {
    const { header, rows } = readRows(sample, resource);
    const { fields, missingValues } = resource.schema;
    expect(header).toEqual(fields.map((field) => field.name));
    expect(rows.length).toBeGreaterThan(0);
    const wrong = rows.flatMap((row, index) => fields.flatMap((field, at) => {
      const cell = row[at]!;
      const fits = missingValues.includes(cell) ? !field.constraints?.required : isOfType(cell, field);
      return fits ? [] : [`row ${index + 1}, ${field.name}: ${cell}`];
    }));
    expect(wrong).toEqual([]);
    const keys = [names(resource.schema.primaryKey), ...(resource.schema.uniqueKeys ?? [])];
    for (const key of keys) expect(new Set(tuples(header, rows, key)).size).toBe(rows.length);
    for (const { fields: from, reference } of resource.schema.foreignKeys ?? []) {
      const target = descriptor.resources.find((other) => other.name === reference.resource)!;
      const there = readRows(sample, target);
      const known = new Set(tuples(there.header, there.rows, names(reference.fields)));
      expect(tuples(header, rows, names(from)).filter((tuple) => !known.has(tuple))).toEqual([]);
    }
  });
});

function tuples(header: readonly string[], rows: readonly (readonly string[])[], columns: readonly string[]): readonly string[] {
  const at = columns.map((column) => header.indexOf(column));
  return rows.map((row) => JSON.stringify(at.map((index) => row[index])));
}

function isOfType(cell: string, field: SampleField): boolean {
  const { enum: values, minimum, maximum } = field.constraints ?? {};
  if (values && !values.includes(cell)) return false;
  if (['number', 'integer', 'year'].includes(field.type)) {
    const number = Number(cell);
    if (!Number.isFinite(number) || number < (minimum ?? -Infinity) || number > (maximum ?? Infinity)) return false;
    return field.type === 'number' || Number.isSafeInteger(number);
  }
  switch (field.type) {
    case 'boolean': return cell === 'true' || cell === 'false';
    case 'date': return /^\d{4}-\d\d-\d\d$/.test(cell) && !Number.isNaN(Date.parse(cell));
    case 'yearmonth': return /^\d{4}-(0[1-9]|1[0-2])$/.test(cell);
    case 'datetime': return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(cell) && !Number.isNaN(Date.parse(cell));
    case 'duration': return /^P(?=.)(\d+D)?(T(\d+H)?(\d+M)?)?$/.test(cell);
    case 'geopoint': {
      const [longitude, latitude, ...rest] = cell.split(',').map(Number);
      return rest.length === 0 && Math.abs(longitude!) <= 180 && Math.abs(latitude!) <= 90;
    }
    case 'list': return field.itemType === 'integer' && cell.split(',').every((item) => Number.isSafeInteger(Number(item)));
    case 'object': return cell.startsWith('{') && typeof JSON.parse(cell) === 'object';
    default: return field.type === 'string';
  }
}

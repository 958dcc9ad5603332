/** Whether releases find what they name, and are not two of one table. */
import type { Column } from '../catalog/model.js';
import type { RuledTable, RuleMistake } from './parseRules.js';
import type { Release, ReleaseDimension, RuleDocument } from './rule.js';

const numbers: ReadonlySet<Column['kind']> = new Set(['int32', 'int64', 'float', 'decimal']);

export function checkReleases({ releases = [] }: Pick<RuleDocument, 'releases'>, tables: readonly RuledTable[]): RuleMistake[] {
  const mistakes: RuleMistake[] = [];
  releases.forEach((release, index) => {
    const path = `releases.${index}`;
    for (const other of releases.slice(0, index)) {
      if (other.id === release.id) mistakes.push({ path: `${path}.id`, message: `the id "${release.id}" is used twice` });
      if (other.table === release.table && meet(other.majors, release.majors)) mistakes.push({ path: `${path}.table`, message: `"${release.table}" has the release "${other.id}" already: figures of two could be subtracted from each other. Put all dimensions into one` });
    }
    const named = new Set(release.dimensions.map(({ column }) => column));
    if (named.size < release.dimensions.length) mistakes.push({ path: `${path}.dimensions`, message: 'name a column twice' });
    const bound = tables.filter((table) => table.name === release.table && (release.majors === undefined || table.major === undefined || release.majors.includes(table.major)));
    const [newest] = bound;
    if (!newest) {
      // It may be for a version to come.
      if (release.majors === undefined || !tables.some((table) => table.name === release.table)) mistakes.push({ path: `${path}.table`, message: `there is no table "${release.table}"` });
      return;
    }
    const check = (name: string, at: string, test: (column: Column) => string | undefined): void => {
      const column = newest.columns.find((c) => c.name === name);
      const problem = column ? test(column) : `table "${newest.name}" has no column "${name}"`;
      if (problem !== undefined) mistakes.push({ path: `${path}.${at}`, message: problem });
    };
    release.dimensions.forEach((dimension, i) => check(dimension.column, `dimensions.${i}`, (column) => dimensionMistake(dimension, column)));
    release.sums?.forEach((name, i) => check(name, `sums.${i}`, summable));
    if (release.minimumContributors) check(release.minimumContributors.column, 'minimumContributors.column', () => undefined);
  });
  return mistakes;
}

export function summable(column: Pick<Column, 'kind' | 'name'>): string | undefined {
  return numbers.has(column.kind) ? undefined : `"${column.name}" is ${column.kind}: only numbers are summed`;
}

/** Whether this version's table has what the release is made of. */
export function isMakeable(release: Release, table: Pick<RuledTable, 'columns'>): boolean {
  return checkReleases({ releases: [{ ...release, majors: undefined }] }, [{ name: release.table, columns: table.columns }]).length === 0;
}

function dimensionMistake(dimension: ReleaseDimension, column: Column): string | undefined {
  const is = `"${column.name}" is ${column.kind}`;
  if ('bins' in dimension) return numbers.has(column.kind) ? undefined : `${is}: bins are for numbers`;
  if ('period' in dimension) return column.kind === 'date' || column.kind === 'datetime' ? undefined : `${is}: periods are for dates`;
  const fits = (value: unknown): boolean => {
    switch (column.kind) {
      case 'boolean': return typeof value === 'boolean';
      case 'int32': case 'int64': return Number.isSafeInteger(value);
      case 'text': case 'enum': return typeof value === 'string';
      default: return false;
    }
  };
  if (!['boolean', 'int32', 'int64', 'text', 'enum'].includes(column.kind)) return `${is}: values are listed of texts, whole numbers and booleans; use bins or a period`;
  const odd = dimension.values.find((value) => !fits(value));
  return odd === undefined ? undefined : `${JSON.stringify(odd)} is not a value of "${column.name}" (${column.kind})`;
}

function meet(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((major) => b.includes(major));
}

/** The cells of a release, reckoned from the segments of one version, with what must be withheld. */
import type { Pool, PoolClient } from 'pg';
import type { Column, TableDefinition } from '../catalog/model.js';
import { keysOf, namedKeys, periodEdges } from '../policy/releaseCells.js';
import type { Release, ReleaseDimension } from '../policy/rule.js';
import { cellKey, cellsOf, suppress } from '../policy/suppression.js';
import { loaderSession } from './loaderConnection.js';
import { dataSchema } from './segmentSql.js';

/** As `dure.release` keeps it. Without a count it is suppressed. */
export interface ReleaseCell {
  /** Names of the margin's columns in the order of the dimensions, as JSON text. */
  readonly margin: string;
  /** By the column's field. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly count?: number;
  /** By the column's name in the package; null where there is no finite number. */
  readonly sum?: Readonly<Record<string, number | null>>;
  readonly mean?: Readonly<Record<string, number | null>>;
}

interface Figures { readonly count: number; readonly contributors: number; readonly present: readonly number[]; readonly sums: readonly (number | null)[] }

const nobody: Figures = { count: 0, contributors: 0, present: [], sums: [] };

export async function releaseCells(pool: Pool, signal: AbortSignal, release: Release, table: TableDefinition, segments: readonly string[]): Promise<readonly ReleaseCell[]> {
  const figures = await readFigures(pool, signal, release, table, segments);
  const at = (cell: readonly number[]): Figures => figures.get(cellKey(cell)) ?? nobody;
  const { dimensions, sums = [], minimumCell, minimumContributors } = release;
  const sizes = dimensions.map((dimension) => keysOf(dimension).length);
  const cells = cellsOf(sizes);
  const withheld = suppress({
    sizes, width: minimumCell, counts: cells.filter((cell) => cell.every((position) => position >= 0)).map((cell) => at(cell).count),
    // A sum over fewer values than the minimum is a figure about too few, whatever the rows.
    small: (cell) => {
      const { count, contributors, present } = at(cell);
      if (count === 0 && release.zeros) return false;
      return count < minimumCell || (minimumContributors !== undefined && contributors < minimumContributors.count) || sums.some((_, i) => (present[i] ?? 0) < minimumCell);
    },
  });
  return cells.map((cell): ReleaseCell => {
    const named = dimensions.filter((_, d) => cell[d]! >= 0).map(({ column }) => column);
    const key = Object.fromEntries(dimensions.flatMap((dimension, d) => (cell[d]! >= 0 ? [[columnOf(table, dimension.column).field, keysOf(dimension)[cell[d]!]]] : [])));
    const place = { margin: JSON.stringify(named), key };
    if (withheld.has(cellKey(cell))) return place;
    const { count, present, sums: totals } = at(cell);
    return {
      ...place, count,
      sum: Object.fromEntries(sums.map((name, i) => [name, totals[i] ?? null])),
      mean: Object.fromEntries(sums.map((name, i) => [name, totals[i] === null || totals[i] === undefined ? null : totals[i] / present[i]!])),
    };
  });
}

/**
 * Whether two releases of one definition, published both, would tell of few: a cell that is told in both and differs by less than the
 * minimum, or holds as many rows but others.
 */
export function tellsOfFew(before: readonly ReleaseCell[], after: readonly ReleaseCell[], minimumCell: number): boolean {
  const name = ({ margin, key }: ReleaseCell): string => `${margin} ${JSON.stringify(key)}`;
  const old = new Map(before.map((cell) => [name(cell), cell]));
  return after.some((cell) => {
    const former = old.get(name(cell));
    if (former?.count === undefined || cell.count === undefined) return false;
    const changed = Math.abs(cell.count - former.count);
    return changed === 0 ? JSON.stringify(cell.sum) !== JSON.stringify(former.sum) : changed < minimumCell;
  });
}

/**
 * For whoever erases rows of versions, in the transaction that takes them away: what was released of these versions is told no more, and not
 * made anew. Two releases that differ by the person who was erased would tell of them, so the cells are kept to compare later versions with.
 */
export async function withdrawReleases(client: Pick<PoolClient, 'query'>, versionIds: readonly string[]): Promise<void> {
  await client.query(`update dure.release set state = 'WITHHELD' where version_id = any($1::uuid[]) and state = 'READY'`, [versionIds]);
}

async function readFigures(pool: Pool, signal: AbortSignal, release: Release, table: TableDefinition, segments: readonly string[]): Promise<ReadonlyMap<string, Figures>> {
  const { dimensions, sums = [], minimumContributors } = release;
  const values: unknown[] = [];
  const parameter = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const positions = dimensions.map((dimension, d) => `${positionSql(dimension, columnOf(table, dimension.column), parameter)} as d${d}`);
  const measured = sums.map((name, i) => `t.${columnOf(table, name).physical}::numeric as m${i}`);
  const contributor = minimumContributors ? `t.${columnOf(table, minimumContributors.column).physical}` : 'null::text';
  const columns = [...new Set([...dimensions.map(({ column }) => column), ...sums, ...(minimumContributors ? [minimumContributors.column] : [])])].map((name) => columnOf(table, name).physical);
  const rows = segments.map((segment) => `select ${columns.join(', ')} from ${dataSchema}.${segment}`).join(' union all ');
  const keys = dimensions.map((_, d) => `d${d}`).join(', ');
  const text = `
    select ${keys}, grouping(${keys}) as summed, count(*) as n, count(distinct p) as c, array[${['null', ...sums.map((_, i) => `count(m${i})`)].join(', ')}]::text[] as present, array[${['null', ...sums.map((_, i) => `sum(m${i})`)].join(', ')}]::text[] as sums
    from (select ${[...positions, ...measured, `${contributor} as p`].join(', ')} from (${rows}) t) r where ${dimensions.map((_, d) => `d${d} is not null`).join(' and ')} group by cube (${keys})`;
  const found = await loaderSession(pool, signal, async (client) => (await client.query<Record<string, string | number | null> & { summed: number; n: string; c: string; present: string[]; sums: (string | null)[] }>(text, values)).rows);
  return new Map(found.map((row) => {
    // Bit by bit from the left: 1 where the dimension is summed over.
    const cell = dimensions.map((_, d) => ((row.summed >> (dimensions.length - 1 - d)) & 1 ? -1 : Number(row[`d${d}`])));
    return [cellKey(cell), { count: Number(row.n), contributors: Number(row.c), present: row.present.slice(1).map(Number), sums: row.sums.slice(1).map((sum) => (sum !== null && Number.isFinite(Number(sum)) ? Number(sum) : null)) }];
  }));
}

/** The position of a row's key; null for rows that are left out. Total: no value makes it fail. */
function positionSql(dimension: ReleaseDimension, { physical, kind }: Column, parameter: (value: unknown, type: string) => string): string {
  const named = namedKeys(dimension).length;
  const others = dimension.others ? named : 'null';
  const column = `t.${physical}`;
  if ('values' in dimension) return `coalesce(array_position(${parameter(dimension.values.map(String), 'text[]')}, ${column}::text) - 1, ${others})`;
  const bucket = 'bins' in dimension
    ? `width_bucket(${column}::float8, ${parameter(dimension.bins, 'float8[]')})`
    : `width_bucket(${kind === 'datetime' ? `(${column} at time zone 'UTC')` : `${column}::timestamp`}, ${parameter(periodEdges(dimension), 'timestamp[]')})`;
  return `case when ${bucket} between 1 and ${named} then ${bucket} - 1 else ${others} end`;
}

function columnOf(table: TableDefinition, name: string): Column {
  return table.columns.find((column) => column.name === name)!;
}

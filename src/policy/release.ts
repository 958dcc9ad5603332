/** Releases as questions meet them: which is asked for, whether this caller may have it, under which name its cells are kept. */
import { createHash } from 'node:crypto';
import { datasetPath, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { TableAt } from '../plan/link.js';
import type { ReleaseUse } from '../plan/release.js';
import type { TableDecision } from './decide.js';
import { howToAsk } from './reason.js';
import { granularities, type Release, type ReleaseDimension, type Transform } from './rule.js';
import { canonicalJson } from '../canonicalJson.js';

/** The releases of a table in a version. */
export function releasesOf({ rules }: Pick<Dataset, 'rules'>, { version, table }: { readonly version: { readonly major: number }; readonly table: { readonly name: string } }): readonly Release[] {
  return (rules.releases ?? []).filter((release) => release.table === table.name && (release.majors === undefined || release.majors.includes(version.major)));
}

/** Equal for definitions that make the same cells. */
export function releaseDigest({ table, dimensions, sums, minimumCell, minimumContributors, zeros }: Release): string {
  return createHash('sha256').update(canonicalJson({ table, dimensions, sums: sums ?? [], minimumCell, minimumContributors, zeros: zeros === true })).digest('base64url');
}

/** @throws DureError NOT_FOUND, BAD_USER_INPUT or FORBIDDEN: judged by the definition and the rules, never by cells */
export function chooseRelease(use: ReleaseUse, at: TableAt, decision: TableDecision): Release {
  const { dataset } = at;
  const known = dataset.source ? [] : releasesOf(dataset, at);
  const release = known.find(({ id }) => id === use.id);
  if (!release) {
    throw new DureError('NOT_FOUND', `${at.table.name} of ${datasetPath(dataset)} has ${known.length === 0 ? 'no releases' : `no release ${JSON.stringify(use.id)}; it has ${known.map(({ id }) => id).join(', ')}`}.`, { releases: known.map(({ id }) => id) });
  }
  const { granularity, minimumCell, minimumContributors, rows, noRows, columns } = decision;
  const refuse = (why: string, whyKo: string): DureError => new DureError('FORBIDDEN', `The release ${release.id} of ${datasetPath(dataset)} is not for you: ${why}.`, {
    reason: 'RELEASE', release: release.id, howToAsk: howToAsk(dataset), messageKo: `${datasetPath(dataset)}의 집계표 ${release.id}을(를) 볼 수 없습니다: ${whyKo}.`,
  });
  const needed = use.figures ? 'aggregate' : 'count';
  if (granularities.indexOf(granularity) < granularities.indexOf(needed)) throw refuse('the rules give you less than figures', '허용된 범위가 통계보다 좁습니다');
  // It is made of all rows and of values as they are.
  if (rows.length > 0 || noRows) throw refuse('it is about all rows, and you may read some', '전체 행에 대한 표이며, 일부 행만 읽을 수 있습니다');
  if (release.minimumCell < minimumCell || minimumContributors.some((m) => release.minimumContributors?.column !== m.column || release.minimumContributors.count < m.count)) throw refuse('its least group is smaller than the rules ask for', '최소 셀 기준이 규칙보다 낮습니다');
  const measured = new Set(release.sums ?? []);
  for (const [name, { transform }] of columns) {
    const dimension = release.dimensions.find(({ column }) => column === name);
    if (measured.has(name) || (dimension && !isCoarser(dimension, transform))) throw refuse(`the rules do not show you ${name} as finely`, `${name} 열이 더 제한되어 있습니다`);
  }
  for (const name of use.columns) if (!measured.has(name)) throw new DureError('BAD_USER_INPUT', `The release ${release.id} has no sums of ${name}; it has those of ${[...measured].join(', ') || 'no column'}.`, { column: name });
  const dimensions = release.dimensions.map(({ column }) => column);
  for (const by of use.margins) for (const name of by) if (!dimensions.includes(name)) throw new DureError('BAD_USER_INPUT', `The release ${release.id} is not told by ${name}; it is told by ${dimensions.join(', ')}.`, { column: name });
  return release;
}

/** Whether cells tell no more of the column than the transform does. */
function isCoarser(dimension: ReleaseDimension, transform: Transform): boolean {
  if (transform.kind === 'bin' && 'bins' in dimension) return dimension.bins.every((edge) => edge % transform.width === 0);
  if (transform.kind === 'generalise' && 'period' in dimension) return periods.indexOf(dimension.period) >= periods.indexOf(transform.to);
  return false;
}

const periods = ['month', 'quarter', 'year'];

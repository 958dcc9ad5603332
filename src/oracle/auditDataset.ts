/** The oracle on one dataset under its own rules, as callers that these rules tell apart, over copies of some of its rows. */
import type { Pool } from 'pg';
import { datasetPath, type CatalogSnapshot, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { OracleOptions } from './oracle.js';
import { Oracle, type Difference } from './oracle.js';
import { Random } from './random.js';
import type { Caller } from './referenceCondition.js';
import { sampleCaller } from './sampleCallers.js';

export interface AuditOptions extends Omit<OracleOptions, 'pool'> {
  readonly pool: Pool;
  readonly seconds: number;
  readonly seed: number;
  /** Questions of each caller. */
  readonly questions: number;
}

export interface AuditedLeak extends Difference {
  readonly caller: Caller;
  /** Repeats the world that it was found in. */
  readonly seed: number;
}

export interface DatasetAudit {
  readonly dataset: string;
  readonly callers: number;
  /** Callers from whom something is hidden. */
  readonly bound: number;
  readonly pairs: number;
  readonly leaks: readonly AuditedLeak[];
}

const mostLeaks = 5;
const mostVersions = 3;

/** @throws DureError BAD_USER_INPUT where the rows are not in this database */
export async function auditDataset(snapshot: CatalogSnapshot, dataset: Dataset, options: AuditOptions): Promise<DatasetAudit> {
  const path = datasetPath(dataset);
  if (dataset.source) throw new DureError('BAD_USER_INPUT', `The rows of ${path} are kept by ${dataset.source.id}: only rows in Dure's own database are audited.`);
  // Links to other datasets would bring their rows and rules with them.
  const alone: Dataset = { ...dataset, versions: dataset.versions.slice(0, mostVersions) };
  const own: CatalogSnapshot = { ...snapshot, organizations: new Map([[dataset.organization.slug, dataset.organization]]), datasets: new Map([[dataset.id, alone]]), byPath: new Map([[path, alone]]), collections: new Map() };
  const oracle = new Oracle(options, own);
  await oracle.open();
  const end = Date.now() + options.seconds * 1_000;
  const leaks: AuditedLeak[] = [];
  let [callers, bound, pairs] = [0, 0, 0];
  for (let { seed } = options; Date.now() < end && leaks.length < mostLeaks; seed += 1) {
    const random = new Random(seed);
    const caller = sampleCaller(alone, (column) => oracle.valuesOf(alone, column), random);
    const world = await oracle.world({ ...own, revision: own.revision + BigInt(callers + 1) }, [alone], caller, options.questions, random);
    callers += 1;
    bound += Number(world.changed);
    pairs += world.pairs;
    leaks.push(...world.differences.map((difference) => ({ ...difference, caller, seed })));
  }
  return { dataset: path, callers, bound, pairs, leaks: leaks.slice(0, mostLeaks) };
}

/** What an answer was made of: enough to cite it. */
import { citationOf, erasureNote } from '../catalog/erased.js';
import { datasetPath, licenseText, versionName } from '../catalog/model.js';
import type { AuthorizedPlan } from '../policy/authorize.js';

export interface Provenance {
  readonly source: 'dure';
  readonly status: 'OK';
  readonly dataset: string;
  readonly version: string;
  readonly publishedAt: string;
  readonly license?: string;
  readonly citation?: string;
  /** Persons who were erased from the version, with what that removed. */
  readonly erasures?: readonly { readonly at: string; readonly rows: number; readonly cells: number; readonly note: string }[];
}

/** One entry a dataset and version, in the order of first use. */
export function provenanceOf(plan: AuthorizedPlan): readonly Provenance[] {
  const entries = new Map<string, Provenance>();
  for (const { dataset, version } of plan.reads) {
    // Sources elsewhere say for themselves what they gave.
    if (entries.has(version.id) || dataset.source) continue;
    const citation = citationOf(version);
    const license = licenseText(version.metadata);
    entries.set(version.id, {
      source: 'dure', status: 'OK', dataset: datasetPath(dataset), version: versionName(version), publishedAt: version.createdAt.toISOString(),
      ...(license === '' ? {} : { license }), ...(citation === undefined ? {} : { citation }),
      ...(version.erasures ? { erasures: version.erasures.map((erasure) => ({ ...erasure, at: erasure.at.toISOString(), note: erasureNote(erasure) })) } : {}),
    });
  }
  return [...entries.values()];
}

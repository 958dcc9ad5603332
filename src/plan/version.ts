/** Which version of a dataset a field reads. */
import { datasetPath, versionName, type Dataset, type Version } from '../catalog/model.js';
import { DureError } from '../errors.js';

export interface VersionChoice {
  readonly version?: unknown;
  readonly asOf?: unknown;
}

/**
 * The newest version of the major where nothing is chosen; else the one that is named, or the newest that existed at `asOf`.
 * @throws DureError BAD_USER_INPUT naming the versions there are
 */
export function chooseVersion(dataset: Dataset, major: number, choice: VersionChoice): Version {
  const path = datasetPath(dataset);
  const ofMajor = dataset.versions.filter((version) => version.major === major);
  if (choice.version != null && choice.asOf != null) throw new DureError('BAD_USER_INPUT', `Choose a version of ${path} by version or by asOf, not by both.`);
  if (choice.version != null) {
    const wanted = String(choice.version);
    const found = ofMajor.find((version) => versionName(version) === wanted);
    if (found) return found;
    const elsewhere = dataset.versions.find((version) => versionName(version) === wanted);
    if (elsewhere) {
      const field = majorField(dataset, elsewhere.major);
      throw new DureError('BAD_USER_INPUT', `Version ${wanted} of ${path} has other columns: read it by the field ${field}.`, { argument: 'version', field });
    }
    throw new DureError('BAD_USER_INPUT', `${path} has no version ${JSON.stringify(wanted.slice(0, 40))}. It has ${namesOf(ofMajor)}.`, { argument: 'version' });
  }
  if (choice.asOf != null) {
    const instant = choice.asOf instanceof Date ? choice.asOf : new Date(String(choice.asOf));
    const found = ofMajor.find((version) => version.createdAt.getTime() <= instant.getTime());
    if (!found) throw new DureError('BAD_USER_INPUT', `${path} had no version ${major}.x at ${instant.toISOString()}. It has ${namesOf(ofMajor)}.`, { argument: 'asOf' });
    return found;
  }
  return ofMajor[0]!;
}

/** The field of a dataset's major: the plain name for the newest, `name_v1` for an older one. */
export function majorField(dataset: Dataset, major: number): string {
  return major === dataset.versions[0]!.major ? dataset.field : `${dataset.field}_v${major}`;
}

function namesOf(versions: readonly Version[]): string {
  const names = versions.slice(0, 10).map(versionName).join(', ');
  return versions.length > 10 ? `${names} and ${versions.length - 10} older ones` : names;
}

import type { Dataset } from '../../catalog/model.js';
import type { RuledTable } from '../../policy/parseRules.js';

/** Rules hold for every version that can be read: the newest first, each with its major. */
export function ruledTables(dataset: Dataset): readonly RuledTable[] {
  return dataset.versions.flatMap(({ major, tables }) => tables.map(({ name, columns }) => ({ name, columns, major })));
}

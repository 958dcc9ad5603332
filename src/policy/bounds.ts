/** What narrows one caller at a table, as texts that can be kept and compared: a file that was written under some is still theirs under the same, or fewer. */
import { canonicalJson } from '../canonicalJson.js';
import { datasetPath, type Column, type Dataset, type Table, type Version } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { attribute, type Identity } from '../identity/identity.js';
import { embargoed } from './closed.js';
import { attributesOf, tableAt, type DatasetDecision, type TableDecision } from './decide.js';
import { howToAsk } from './reason.js';

export interface TableOf { readonly dataset: Dataset; readonly version: Version; readonly table: Table }

/** The rules on rows with the caller's own values, and the transforms of these columns. */
export function boundsOf({ rows, noRows, columns }: TableDecision, read: readonly Pick<Column, 'name'>[], identity: Identity): readonly string[] {
  return [
    ...(noRows ? ['nothing'] : []),
    ...rows.map(({ where }) => `rows ${canonicalJson([where, Object.fromEntries([...new Set(attributesOf(where))].sort().map((name) => [name, attribute(identity, name) ?? null]))])}`),
    ...read.flatMap(({ name }) => (columns.has(name) ? [`column ${canonicalJson([name, columns.get(name)!.transform])}`] : [])),
  ];
}

/** Whether nothing binds now that did not bind then. */
export function noStricter(now: readonly string[], then: readonly string[]): boolean {
  return now.every((bound) => then.includes(bound));
}

/**
 * The table as it may be taken away as a file at this instant.
 * @throws DureError FORBIDDEN
 */
export function requireExportable({ dataset, version, table }: TableOf, decision: DatasetDecision, now: number): TableDecision {
  const decided = tableAt(decision, { version, table });
  const path = datasetPath(dataset);
  if (!decided?.readable) {
    const { code, message, rule, howToAsk: contact, messageKo } = decided?.reason ?? decision.reason;
    throw new DureError(code === 'PURPOSE_REQUIRED' ? 'PURPOSE_REQUIRED' : 'FORBIDDEN', message, { reason: code, dataset: path, table: table.name, ...(rule === undefined ? {} : { rule }), howToAsk: contact ?? howToAsk(dataset), messageKo });
  }
  if (decided.granularity !== 'export') throw new DureError('FORBIDDEN', `The rules of ${path} let you read ${table.name}, not take its rows away as a file.`, { reason: 'GRANULARITY', dataset: path, table: table.name, atMost: decided.granularity, howToAsk: howToAsk(dataset) });
  if (decision.embargoUntil && decision.embargoUntil.getTime() > now) throw embargoed(dataset, decision.embargoUntil);
  for (const { rule, from, until } of decided.windows) {
    if (from && from.getTime() > now) throw closed(path, `can be read from ${from.toISOString()} on`, 'NOT_YET', rule, dataset);
    if (until && until.getTime() <= now) throw closed(path, `could be read until ${until.toISOString()}`, 'ENDED', rule, dataset);
  }
  return decided;
}

function closed(path: string, what: string, reason: string, rule: string, dataset: Dataset): DureError {
  return new DureError('FORBIDDEN', `${path} ${what}.`, { reason, rule, dataset: path, howToAsk: howToAsk(dataset) });
}

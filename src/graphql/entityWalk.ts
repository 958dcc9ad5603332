/** What stands beside an identifier, asked by operations of our own: they pass through planning and rules like a caller's, and are answered as the caller's. */
import { entityId, normaliseIdentifier, type EntityId } from '../catalog/identifiers.js';
import { datasetPath, versionName, type Column } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { TableAt } from '../plan/link.js';
import type { RequestContext } from './context.js';
import type { TypeRegistry } from './dynamic/typeRegistry.js';
import { MappingType, MentionType } from './static/types/entityParts.js';
import { datasetValue } from './static/types/datasetType.js';

/** Tables in one operation. */
const together = 40;
/** Rows of one table in which other identifiers are looked for. */
const looked = 20;

interface Place {
  readonly at: TableAt;
  readonly column: Column;
  readonly field: string;
}

export async function mentionsOf(entity: EntityId, registry: TypeRegistry, context: RequestContext, dataset: string | undefined): Promise<readonly MentionType[]> {
  const places = registry.links.mentions(entity.namespace).filter(({ at }) => dataset === undefined || datasetPath(at.dataset) === dataset || at.dataset.id === dataset);
  const answers = await ask(places, entity, registry, context, () => '{ totalCount }');
  return places.flatMap((place, index) => {
    const count = (answers[index] as { totalCount?: number } | null | undefined)?.totalCount ?? 0;
    return count > 0 ? [new MentionType({ dataset: datasetValue(place.at.dataset), table: place.at.table.field, column: place.column.field, field: place.field, count })] : [];
  });
}

/** Other identifiers of the same rows: of the records that sources keep, and of rows in datasets. */
export async function mappingsOf(entity: EntityId, registry: TypeRegistry, context: RequestContext): Promise<readonly MappingType[]> {
  const records = registry.links.recordTables(entity.namespace).map((place): Place => ({ ...place, field: '' }));
  const places = [...records, ...registry.links.mentions(entity.namespace)].filter(({ at, column }) => others(at, column).length > 0);
  const answers = await ask(places, entity, registry, context, ({ at, column }) => `(first: ${looked}) { nodes { ${others(at, column).map((other) => other.field).join(' ')} } }`);
  const found = new Map<string, MappingType>();
  places.forEach(({ at, column }, index) => {
    const { nodes = [] } = (answers[index] ?? {}) as { nodes?: readonly Readonly<Record<string, unknown>>[] };
    for (const other of others(at, column)) {
      for (const value of nodes.flatMap((node) => node[other.field] ?? [])) {
        const identifier = normaliseIdentifier(other.namespace!, String(value));
        if (identifier === undefined) continue;
        const id = entityId({ namespace: other.namespace!, identifier });
        const dataset = datasetPath(at.dataset);
        const key = `${id} ${dataset}`;
        if (id === entityId(entity) || found.has(key)) continue;
        found.set(key, new MappingType({ id, namespace: other.namespace!, identifier, evidence: `${dataset}@${versionName(at.version)}, table ${at.table.field}: ${other.field} beside ${column.field}`, dataset: datasetValue(at.dataset) }));
      }
    }
  });
  return [...found.values()];
}

function others(at: TableAt, column: Column): readonly Column[] {
  return at.table.columns.filter((other) => other !== column && other.namespace !== undefined && !other.personKey);
}

/** One answer for each place, in order; undefined where the caller may not read it or its source did not answer. */
async function ask(places: readonly Place[], entity: EntityId, registry: TypeRegistry, context: RequestContext, selection: (place: Place) => string): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (let start = 0; start < places.length; start += together) answers.push(...await askTogether(places.slice(start, start + together), entity, registry, context, selection));
  return answers;
}

async function askTogether(some: readonly Place[], entity: EntityId, registry: TypeRegistry, context: RequestContext, selection: (place: Place) => string): Promise<readonly unknown[]> {
  if (!context.ask) throw new DureError('INTERNAL', 'This request cannot ask further.');
  const fields = some.map((place, index) => `p${index}: ${place.at.dataset.organization.field} { d: ${registry.fieldOf(place.at)} { t: ${place.at.table.field}${argumentsOf(place, selection(place))} } }`);
  const types = new Set(some.map(({ column }) => variableType(column)));
  const { data, whole } = await context.ask(`query (${[...types].map((type) => `$${type}: ${type}!`).join(', ')}) { ${fields.join('\n')} }`, { String: entity.identifier, Int64: int64(entity.identifier), Int: int32(entity.identifier) });
  const datasets = new Set(some.map(({ at }) => at.dataset));
  if (whole || datasets.size === 1) return some.map((_, index) => (data[`p${index}`] as { d?: { t?: unknown } } | null | undefined)?.d?.t);
  // Where one dataset's budget is used up nothing of an operation is answered: the others are asked each by itself.
  const answers = new Map<Place, unknown>();
  for (const dataset of datasets) {
    const own = some.filter(({ at }) => at.dataset === dataset);
    (await askTogether(own, entity, registry, context, selection)).forEach((answer, index) => answers.set(own[index]!, answer));
  }
  return some.map((place) => answers.get(place));
}

/** The identifier is a variable, so that one operation serves all of a namespace. The selection may begin with arguments of its own, which join the condition. */
function argumentsOf({ column }: Place, selection: string): string {
  const value = `$${variableType(column)}`;
  const where = `where: { ${column.field}: ${column.kind === 'list' ? `{ containsAll: [${value}] }` : `{ eq: ${value} }`} }`;
  return selection.startsWith('(') ? `(${where} ${selection.slice(1)}` : `(${where}) ${selection}`;
}

function variableType({ kind, item }: Column): 'String' | 'Int' | 'Int64' {
  const of = kind === 'list' ? item : kind;
  return of === 'int32' ? 'Int' : of === 'int64' ? 'Int64' : 'String';
}

/** A number that no row holds where the identifier is none. */
function int64(identifier: string): string {
  return /^\d{1,18}$/.test(identifier) ? identifier : '-1';
}

function int32(identifier: string): number {
  return /^\d{1,9}$/.test(identifier) ? Number(identifier) : -1;
}

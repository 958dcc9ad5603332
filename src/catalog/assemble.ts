/** Makes the catalog's values from records: frozen through and through, and shared with the former state where nothing changed. */
import type { CollectionRecord, DatasetRecord, OrganizationRecord, VersionRecord } from '../storage/catalogStore.js';
import { emptyRules } from '../policy/rule.js';
import type { Collection, Dataset, Organization, Table, Version } from './model.js';
import { graphqlName } from './naming.js';

export function assembleOrganization(record: OrganizationRecord): Organization {
  return Object.freeze({
    id: record.id,
    slug: record.slug,
    field: graphqlName(record.slug),
    title: record.title,
    ...(record.titleKo !== null && { titleKo: record.titleKo }),
    ...(record.homepage !== null && { homepage: record.homepage }),
  });
}

export function assembleCollection(record: CollectionRecord): Collection {
  return deepFreeze({
    id: record.id,
    name: record.name,
    organization: record.organization,
    ...(record.title !== null && { title: record.title }),
    ...(record.description !== null && { description: record.description }),
    pins: record.pins.map(({ dataset, major, minor }) => ({ dataset, major, ...(minor !== null && { minor }) })),
    createdAt: new Date(record.createdAt),
    updatedAt: new Date(record.updatedAt),
  });
}

/** Undefined while the dataset has no version. */
export function assembleDataset(record: DatasetRecord, organization: Organization, former?: Dataset): Dataset | undefined {
  if (!record.versions || record.versions.length === 0) return undefined;
  const known = new Map(former?.versions.map((version) => [version.id, version]));
  return Object.freeze({
    id: record.id,
    organization,
    name: record.name,
    field: graphqlName(record.name),
    visibility: record.visibility,
    listed: record.listed,
    ...(record.embargoUntil && { embargoUntil: record.embargoUntil }),
    rules: former && former.rulesRevision === record.rulesRevision ? former.rules : deepFreeze(record.rules ?? emptyRules),
    rulesRevision: record.rulesRevision,
    ...(record.overrides && { overrides: deepFreeze(record.overrides.map((override) => ({ ...override, from: new Date(override.from), until: new Date(override.until) }))) }),
    ...(record.freeze && { freeze: Object.freeze({ incident: record.freeze.incident, since: new Date(record.freeze.since) }) }),
    ...((record.auditMode !== null || record.auditRetentionYears !== null) && {
      audit: Object.freeze({ ...(record.auditMode !== null && { mode: record.auditMode }), ...(record.auditRetentionYears !== null && { retentionYears: record.auditRetentionYears }) }),
    }),
    versions: Object.freeze(record.versions.map((version) => assembleVersion(version, known.get(version.id)))),
    createdAt: record.createdAt,
    ...(record.source && { source: record.source }),
  });
}

/** A version never changes, but its rows may move to other segments (compaction, erasure). */
function assembleVersion(record: VersionRecord, former?: Version): Version {
  const tables = record.tables.map((definition): Table => {
    const segments = (record.segments?.[definition.name] ?? []).map(({ physical, rows, derived }) => ({ physical, rows, ...(derived && { derived }) }));
    return { ...definition, segments, rows: segments.reduce((sum, segment) => sum + segment.rows, 0) };
  });
  if (former && segmentNames(former.tables) === segmentNames(tables)) return former;
  return deepFreeze({
    id: record.id,
    major: record.major,
    minor: record.minor,
    createdAt: new Date(record.createdAt),
    ...(record.createdBy !== null && { createdBy: record.createdBy }),
    ...(record.note !== null && { note: record.note }),
    metadata: record.metadata,
    ...(record.erasures && { erasures: record.erasures.map(({ at, rows, cells }) => ({ at: new Date(at), rows, cells })) }),
    tables,
  });
}

function segmentNames(tables: readonly Table[]): string {
  return tables.map((table) => table.segments.map((segment) => [segment.physical, ...(segment.derived ?? []).map((derived) => derived.physical)].join('+')).join(',')).join(';');
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** Reads what changed in the catalog since a revision: one statement, so that all of it is one state of the database. */
import type { DataSource } from 'typeorm';
import type { DatasetSource, Segment, TableDefinition, VersionMetadata, Visibility } from '../catalog/model.js';
import type { Override } from '../policy/override.js';
import type { RuleDocument } from '../policy/rule.js';

export interface OrganizationRecord {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly titleKo: string | null;
  readonly homepage: string | null;
}

export interface VersionRecord {
  readonly id: string;
  readonly major: number;
  readonly minor: number;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly note: string | null;
  readonly metadata: VersionMetadata;
  readonly tables: readonly TableDefinition[];
  /** RFC 3339 in `at`, oldest first. */
  readonly erasures: readonly { readonly at: string; readonly rows: number; readonly cells: number }[] | null;
  /** By table name, in the order of loading. */
  readonly segments: Readonly<Record<string, readonly Segment[]>> | null;
}

export interface DatasetRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly visibility: Visibility;
  readonly listed: boolean;
  readonly embargoUntil: Date | null;
  readonly rules: RuleDocument | null;
  readonly rulesRevision: number;
  readonly auditMode: 'wait' | 'async' | null;
  readonly auditRetentionYears: 1 | 2 | 3 | null;
  readonly createdAt: Date;
  readonly source: DatasetSource | null;
  /** RFC 3339 in `from` and `until`. */
  readonly overrides: readonly (Omit<Override, 'from' | 'until'> & { readonly from: string; readonly until: string })[] | null;
  /** RFC 3339 in `since`. */
  readonly freeze: { readonly incident: string; readonly since: string } | null;
  /** Newest first; null while nothing is published. */
  readonly versions: readonly VersionRecord[] | null;
}

export interface CollectionRecord {
  readonly id: string;
  readonly name: string;
  /** Slug. */
  readonly organization: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly deleted: boolean;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pins: readonly { readonly dataset: string; readonly major: number; readonly minor: number | null }[];
}

export interface CatalogChanges {
  readonly head: bigint;
  readonly organizations: readonly OrganizationRecord[];
  readonly datasets: readonly DatasetRecord[];
  /** Oldest revision first; those that were deleted too. */
  readonly collections: readonly CollectionRecord[];
}

interface Row extends Omit<DatasetRecord, 'id'> {
  readonly head: string;
  readonly organizations: readonly OrganizationRecord[] | null;
  readonly collections: readonly CollectionRecord[] | null;
  readonly id: string | null;
}

// The outer join yields one row even when no dataset changed: it carries the head and the organizations.
const changesSql = `
  select s.revision as head, o.organizations, c.collections, d.*
  from dure.catalog_state s
  left join lateral (
    select json_agg(json_build_object('id', id, 'slug', slug, 'title', title, 'titleKo', title_ko, 'homepage', homepage)) as organizations
    from dure.organization where revision > $1
  ) o on true
  left join lateral (
    select json_agg(json_build_object('id', c.id, 'name', c.name, 'organization', g.slug, 'title', c.title, 'description', c.description, 'deleted', c.deleted,
      'createdAt', c.created_at, 'updatedAt', c.updated_at, 'pins', coalesce((
        select json_agg(json_build_object('dataset', p.dataset_id, 'major', p.major, 'minor', p.minor) order by p.ordinal)
        from dure.collection_dataset p where p.collection_id = c.id
      ), '[]')) order by c.revision) as collections
    from dure.collection c join dure.organization g on g.id = c.organization_id where c.revision > $1
  ) c on true
  left join (
    select d.id, d.organization_id as "organizationId", d.name, d.visibility, d.listed, d.embargo_until as "embargoUntil",
      r.document as rules, d.rules_revision as "rulesRevision", d.audit_mode as "auditMode", d.audit_retention_years as "auditRetentionYears", d.created_at as "createdAt", d.source, (
        select json_agg(json_build_object('id', x.id, 'subject', x.subject, 'issuer', x.issuer, 'reason', x.reason, 'by', x.created_by, 'from', x.begins, 'until', x.ends))
        from dure.access_override x where x.dataset_id = d.id and x.ended_at is null and x.ends > statement_timestamp() and x.issuer is not null
      ) as overrides, (
        select json_build_object('incident', i.id, 'since', i.created_at) from dure.incident i where i.dataset_id = d.id and i.ended_at is null
      ) as freeze,
      case when d.current_version_id is not null then (
        select json_agg(json_build_object('id', v.id, 'major', v.major, 'minor', v.minor, 'createdAt', v.created_at, 'createdBy', v.created_by,
            'note', v.note, 'metadata', v.metadata, 'tables', v.tables, 'erasures', (
          select json_agg(json_build_object('at', e.completed_at, 'rows', x.rows, 'cells', x.cells) order by e.completed_at, e.id)
          from (select erasure_id, sum(rows) as rows, sum(cells) as cells from dure.erasure_version where version_id = v.id group by erasure_id) x join dure.erasure e on e.id = x.erasure_id
        ), 'segments', (
          select json_object_agg(t.table_name, t.segments) from (
            select vs.table_name, json_agg(json_build_object('physical', vs.physical, 'rows', coalesce(g.rows, 0), 'derived', (
                select json_agg(json_build_object('column', x.column_name, 'scope', x.scope, 'key', x.key_id, 'physical', x.physical) order by x.physical) from dure.derived_segment x where x.segment = vs.physical
              )) order by vs.ordinal) as segments
            from dure.version_segment vs join dure.segment g using (physical)
            where vs.version_id = v.id group by vs.table_name
          ) t)) order by v.major desc, v.minor desc)
        from dure.version v where v.dataset_id = d.id
      ) end as versions
    from dure.dataset d
    left join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision
    where d.revision > $1
  ) d on true`;

export class CatalogStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Everything that was committed after `revision`; all for 0 (revisions begin at 1). */
  async changesSince(revision: bigint): Promise<CatalogChanges> {
    const rows = await this.dataSource.query<Row[]>(changesSql, [revision.toString()]);
    return {
      head: BigInt(rows[0]!.head),
      organizations: rows[0]!.organizations ?? [],
      collections: rows[0]!.collections ?? [],
      datasets: rows.filter((row): row is Row & { id: string } => row.id !== null),
    };
  }
}

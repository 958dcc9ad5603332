/** Registered sources: their declarations, their credentials (sealed), and the datasets that show their tables. */
import type { DataSource, EntityManager } from 'typeorm';
import { incompatibilities } from '../catalog/compare.js';
import type { DatasetSource, TableDefinition, VersionMetadata } from '../catalog/model.js';
import { canonicalJson } from '../canonicalJson.js';
import { DureError } from '../errors.js';
import { seal, unseal, type SealedText } from '../identity/sealedText.js';
import type { PurposeKeys } from '../identity/secretKeys.js';
import { unrecorded, type Within } from '../transaction.js';
import { announceRevision, nextRevision } from './catalogRevision.js';
import { checkFree, checkSlug } from './organizationStore.js';

export type SourceOrigin = 'FILE' | 'REGISTERED';

export interface SourceRecord {
  readonly id: string;
  readonly kind: DatasetSource['kind'];
  readonly datasetId: string;
  readonly origin: SourceOrigin;
  readonly declaration: Readonly<Record<string, unknown>>;
  readonly secretNames: readonly string[];
  readonly enabled: boolean;
  readonly createdBy?: string;
  readonly updatedAt: Date;
}

export interface SavedSource {
  readonly id: string;
  readonly kind: DatasetSource['kind'];
  readonly country?: string;
  readonly origin: SourceOrigin;
  readonly declaration: Readonly<Record<string, unknown>>;
  /** Replaces the credentials of these names; others stay. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly dataset: string;
  readonly metadata: VersionMetadata;
  readonly tables: readonly TableDefinition[];
  readonly by?: string;
}

export interface ChangedSource {
  readonly id: string;
  readonly kind: DatasetSource['kind'];
}

interface Row {
  readonly id: string;
  readonly kind: DatasetSource['kind'];
  readonly dataset_id: string;
  readonly origin: SourceOrigin;
  readonly declaration: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, SealedText>>;
  readonly enabled: boolean;
  readonly created_by: string | null;
  readonly updated_at: Date;
}

const columns = 'id, kind, dataset_id, origin, declaration, secrets, enabled, created_by, updated_at';

export class SourceStore {
  constructor(private readonly dataSource: DataSource, private readonly keys: PurposeKeys) {}

  async list(): Promise<readonly SourceRecord[]> {
    return (await this.dataSource.query<Row[]>(`select ${columns} from dure.source order by id`)).map(record);
  }

  /** A credential as it was given; undefined where there is none or its key is gone. */
  async secrets(id: string): Promise<ReadonlyMap<string, string>> {
    const [row] = await this.dataSource.query<Row[]>(`select ${columns} from dure.source where id = $1`, [id]);
    const opened = Object.entries(row?.secrets ?? {}).map(([name, sealed]) => [name, unseal(sealed, `${id}/${name}`, this.keys)] as const);
    return new Map(opened.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  /**
   * Registers a source or changes it; its dataset gets a new version where its tables are no longer the same. `within` is called where anything changed.
   * @throws DureError CONFLICT where the id or the dataset's name belongs to something else
   */
  async save(source: SavedSource, within: Within<ChangedSource> = unrecorded): Promise<{ readonly changed: boolean }> {
    checkSlug(source.id);
    const revision = await this.dataSource.transaction(async (manager) => {
      // Several processes may start with the same files at once.
      await manager.query(`select pg_advisory_xact_lock(hashtext('dure sources'))`);
      const [known] = await manager.query<Row[]>(`select ${columns} from dure.source where id = $1 for update`, [source.id]);
      if (known && known.origin !== source.origin) throw new DureError('CONFLICT', `The source ${source.id} is already ${known.origin === 'FILE' ? 'declared by a file of the server' : 'registered'}: choose another id.`, { source: source.id });
      if (known?.enabled && same(known.declaration, source.declaration) && source.secrets === undefined && (await sameTables(manager, known.dataset_id, source))) return undefined;
      const next = await nextRevision(manager);
      const datasetId = known?.dataset_id ?? (await makeDataset(manager, source, next));
      await newVersion(manager, datasetId, source);
      const secrets = Object.fromEntries(Object.entries(source.secrets ?? {}).map(([name, text]) => [name, seal(text, `${source.id}/${name}`, this.keys)]));
      await manager.query(
        `insert into dure.source (id, kind, dataset_id, origin, declaration, secrets, created_by) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do update set kind = excluded.kind, declaration = excluded.declaration, secrets = dure.source.secrets || excluded.secrets, enabled = true, updated_at = now()`,
        [source.id, source.kind, datasetId, source.origin, JSON.stringify(source.declaration), JSON.stringify(secrets), source.by ?? null],
      );
      const reference: DatasetSource = { id: source.id, kind: source.kind, ...(source.country === undefined ? {} : { country: source.country }) };
      await manager.query('update dure.dataset set source = $2, listed = true, revision = $3 where id = $1', [datasetId, JSON.stringify(reference), next]);
      await within(manager, { id: source.id, kind: source.kind });
      return next;
    });
    if (revision === undefined) return { changed: false };
    await announceRevision(this.dataSource, revision);
    return { changed: true };
  }

  /** Closes a source: its dataset leaves the catalog. Its rules and versions stay, for records and in case it comes back. */
  async disable(id: string, within: Within<ChangedSource> = unrecorded): Promise<boolean> {
    const revision = await this.dataSource.transaction(async (manager) => {
      const next = await nextRevision(manager);
      const [rows] = await manager.query<[{ dataset_id: string; kind: DatasetSource['kind'] }[], number]>('update dure.source set enabled = false, updated_at = now() where id = $1 and enabled returning dataset_id, kind', [id]);
      if (!rows[0]) return undefined;
      await manager.query('update dure.dataset set current_version_id = null, revision = $2 where id = $1', [rows[0].dataset_id, next]);
      await within(manager, { id, kind: rows[0].kind });
      return next;
    });
    if (revision === undefined) return false;
    await announceRevision(this.dataSource, revision);
    return true;
  }

  /** Seals every credential with the newest key; returns how many were sealed with an older one. */
  async rotateKeys(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      let count = 0;
      for (const row of await manager.query<Row[]>(`select ${columns} from dure.source for update`)) {
        const renewed = Object.entries(row.secrets).map(([name, sealed]): [string, SealedText] => {
          const text = sealed.keyId === this.keys.newest.id ? undefined : unseal(sealed, `${row.id}/${name}`, this.keys);
          if (text === undefined) return [name, sealed];
          count += 1;
          return [name, seal(text, `${row.id}/${name}`, this.keys)];
        });
        await manager.query('update dure.source set secrets = $2 where id = $1', [row.id, JSON.stringify(Object.fromEntries(renewed))]);
      }
      return count;
    });
  }
}

function record(row: Row): SourceRecord {
  return {
    id: row.id, kind: row.kind, datasetId: row.dataset_id, origin: row.origin, declaration: row.declaration, secretNames: Object.keys(row.secrets), enabled: row.enabled, updatedAt: row.updated_at,
    ...(row.created_by === null ? {} : { createdBy: row.created_by }),
  };
}

/** The organization has the source's id as its slug, unless there is one already that no source has made. */
async function makeDataset(manager: EntityManager, source: SavedSource, revision: string): Promise<string> {
  await checkFree(manager, source.id);
  const [organization] = await manager.query<{ id: string }[]>('insert into dure.organization (slug, title, title_ko, homepage, created_by, revision) values ($1, $2, $3, $4, $5, $6) returning id', [
    source.id, source.metadata.title, source.metadata.titleKo ?? null, source.metadata.homepage ?? null, source.by ?? null, revision,
  ]);
  const [dataset] = await manager.query<{ id: string }[]>(
    `insert into dure.dataset (organization_id, name, visibility, listed, rules_revision, created_by, revision) values ($1, $2, 'PUBLIC', true, 1, $3, $4) returning id`,
    [organization!.id, source.dataset, source.by ?? null, revision],
  );
  await manager.query(`insert into dure.rule_document (dataset_id, revision, document, note, created_by) values ($1, 1, '{"rules": []}', 'from the registration of the source', $2)`, [dataset!.id, source.by ?? null]);
  return dataset!.id;
}

interface Present {
  readonly id: string;
  readonly major: number;
  readonly minor: number;
  readonly tables: readonly TableDefinition[];
  readonly metadata: VersionMetadata;
}

/** The newest version, also while the source is closed. */
async function present(manager: EntityManager, datasetId: string): Promise<Present | undefined> {
  const rows = await manager.query<Present[]>('select id, major, minor, tables, metadata from dure.version where dataset_id = $1 order by major desc, minor desc limit 1', [datasetId]);
  return rows[0];
}

async function sameTables(manager: EntityManager, datasetId: string, source: SavedSource): Promise<boolean> {
  const now = await present(manager, datasetId);
  return now !== undefined && same(now.tables, source.tables) && same(now.metadata, source.metadata);
}

async function newVersion(manager: EntityManager, datasetId: string, source: SavedSource): Promise<void> {
  const now = await present(manager, datasetId);
  const unchanged = now && same(now.tables, source.tables) && same(now.metadata, source.metadata);
  if (unchanged) {
    await manager.query('update dure.dataset set current_version_id = $2 where id = $1', [datasetId, now.id]);
    return;
  }
  const number = !now ? { major: 1, minor: 0 } : incompatibilities(now.tables, source.tables).length > 0 ? { major: now.major + 1, minor: 0 } : { major: now.major, minor: now.minor + 1 };
  const [version] = await manager.query<{ id: string }[]>(
    'insert into dure.version (dataset_id, major, minor, created_by, note, metadata, tables, descriptor) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id',
    [datasetId, number.major, number.minor, source.by ?? null, 'from the source\'s declaration', JSON.stringify(source.metadata), JSON.stringify(source.tables), '{}'],
  );
  await manager.query('update dure.dataset set current_version_id = $2 where id = $1', [datasetId, version!.id]);
}

/** As JSON keeps it: jsonb orders keys its own way. */
function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

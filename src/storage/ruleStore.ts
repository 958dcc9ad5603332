/** Rule documents and access settings of datasets. Every change is a new revision; an earlier one is never altered. */
import { createHash } from 'node:crypto';
import { LessThan, type DataSource, type EntityManager } from 'typeorm';
import type { Visibility } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { emptyRules, type RuleDocument } from '../policy/rule.js';
import { canonicalJson } from '../canonicalJson.js';
import type { Within } from '../transaction.js';
import { DatasetRow, RuleDocumentRow } from './entities/catalog.js';
import { announceRevision, nextRevision } from './catalogRevision.js';

export interface RuleRevision {
  readonly dataset: string;
  /** 0: before any rules were set. */
  readonly revision: number;
  readonly document: RuleDocument;
  readonly note?: string;
  readonly createdAt: Date;
  readonly createdBy?: string;
}

/** SHA-256 of the canonical JSON, base64url: as the audit names it. */
export function rulesDigest(document: RuleDocument): string {
  return createHash('sha256').update(canonicalJson(document)).digest('base64url');
}

export interface NewRules {
  /** Id of the dataset. */
  readonly dataset: string;
  readonly document: RuleDocument;
  readonly note?: string;
  readonly by?: string;
  /** The revision that the author saw; another one in force means that somebody else was faster. */
  readonly expectedRevision?: number;
}

export interface AccessSettings {
  readonly visibility?: Visibility;
  readonly listed?: boolean;
  /** Null ends the embargo. */
  readonly embargoUntil?: Date | null;
  /** Null: as the configuration says. */
  readonly auditMode?: 'wait' | 'async' | null;
  readonly auditRetentionYears?: 1 | 2 | 3 | null;
}

export class RuleStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DureError CONFLICT if `expectedRevision` is no longer in force, NOT_FOUND if the dataset is unknown. */
  async set(rules: NewRules, within: Within<RuleRevision>): Promise<RuleRevision> {
    return this.change(rules.dataset, within, async (manager, dataset) => {
      if (rules.expectedRevision !== undefined && rules.expectedRevision !== dataset.rulesRevision) {
        throw new DureError('CONFLICT', `The rules are at revision ${dataset.rulesRevision}, not ${rules.expectedRevision}: somebody changed them since. Look at the present rules, then set yours again.`, { revision: dataset.rulesRevision });
      }
      return this.append(manager, dataset, rules.document, rules.note ?? null, rules.by ?? null);
    });
  }

  /** Makes an earlier document the newest one again. @throws DureError NOT_FOUND if there is no such revision. */
  async rollback(rollback: { readonly dataset: string; readonly revision: number; readonly note?: string; readonly by?: string }, within: Within<RuleRevision>): Promise<RuleRevision> {
    return this.change(rollback.dataset, within, async (manager, dataset) => {
      const former = rollback.revision === 0 ? { document: emptyRules } : await manager.findOneBy(RuleDocumentRow, { datasetId: dataset.id, revision: rollback.revision });
      if (!former) throw new DureError('NOT_FOUND', `The dataset has no rules of revision ${rollback.revision}; the newest is ${dataset.rulesRevision}.`);
      return this.append(manager, dataset, former.document, rollback.note ?? `Back to revision ${rollback.revision}`, rollback.by ?? null);
    });
  }

  async setAccess(dataset: string, settings: AccessSettings, within: Within<void>): Promise<void> {
    await this.change(dataset, within, async (_manager, row) => {
      if (settings.visibility !== undefined) row.visibility = settings.visibility;
      if (settings.listed !== undefined) row.listed = settings.listed;
      if (settings.embargoUntil !== undefined) row.embargoUntil = settings.embargoUntil;
      if (settings.auditMode !== undefined) row.auditMode = settings.auditMode;
      if (settings.auditRetentionYears !== undefined) row.auditRetentionYears = settings.auditRetentionYears;
    });
  }

  async get(dataset: string, revision: number): Promise<RuleRevision | undefined> {
    const row = await this.dataSource.manager.findOneBy(RuleDocumentRow, { datasetId: dataset, revision });
    return row ? toRevision(row) : undefined;
  }

  /** The document of a revision; that of 0 has no rules. */
  async document(dataset: string, revision: number): Promise<RuleDocument | undefined> {
    return revision === 0 ? emptyRules : (await this.get(dataset, revision))?.document;
  }

  /** Newest first. */
  async list(dataset: string, first = 50, before?: number): Promise<readonly RuleRevision[]> {
    const rows = await this.dataSource.manager.find(RuleDocumentRow, { where: { datasetId: dataset, ...(before === undefined ? {} : { revision: LessThan(before) }) }, order: { revision: 'DESC' }, take: first });
    return rows.map(toRevision);
  }

  private async append(manager: EntityManager, dataset: DatasetRow, document: RuleDocument, note: string | null, createdBy: string | null): Promise<RuleRevision> {
    dataset.rulesRevision += 1;
    const row = manager.create(RuleDocumentRow, { datasetId: dataset.id, revision: dataset.rulesRevision, document, note, createdBy });
    await manager.insert(RuleDocumentRow, row);
    return toRevision(await manager.findOneByOrFail(RuleDocumentRow, { datasetId: dataset.id, revision: row.revision }));
  }

  /** One transaction: takes the catalog's next revision (first of all, as publications do, so that the two never wait for each other), locks the dataset, lets `work` change its row. */
  private async change<T>(id: string, within: Within<T>, work: (manager: EntityManager, dataset: DatasetRow) => Promise<T>): Promise<T> {
    const { result, revision } = await this.dataSource.transaction(async (manager) => {
      const revision = await nextRevision(manager);
      const dataset = await manager.findOne(DatasetRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!dataset) throw new DureError('NOT_FOUND', 'There is no such dataset.');
      const result = await work(manager, dataset);
      const { visibility, listed, embargoUntil, rulesRevision, auditMode, auditRetentionYears } = dataset;
      await manager.update(DatasetRow, { id }, { visibility, listed, embargoUntil, rulesRevision, auditMode, auditRetentionYears, revision });
      await within(manager, result);
      return { result, revision };
    });
    await announceRevision(this.dataSource, revision);
    return result;
  }
}

function toRevision(row: RuleDocumentRow): RuleRevision {
  return {
    dataset: row.datasetId,
    revision: row.revision,
    document: row.document,
    ...(row.note !== null && { note: row.note }),
    createdAt: row.createdAt,
    ...(row.createdBy !== null && { createdBy: row.createdBy }),
  };
}

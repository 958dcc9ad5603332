/** Rows of the catalog's tables for TypeORM: columns only, no relations between entities. */
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { RuleDocument } from '../../policy/rule.js';

@Entity({ name: 'organization', schema: 'dure' })
export class OrganizationRow {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column('text') slug!: string;
  @Column('text') title!: string;
  @Column('text', { name: 'title_ko', nullable: true }) titleKo!: string | null;
  @Column('text', { nullable: true }) homepage!: string | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt!: Date;
  @Column('text', { name: 'created_by', nullable: true }) createdBy!: string | null;
  /** pg gives a bigint as text. */
  @Column('bigint') revision!: string;
}

@Entity({ name: 'dataset', schema: 'dure' })
export class DatasetRow {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column('uuid', { name: 'organization_id' }) organizationId!: string;
  @Column('text') name!: string;
  @Column('text') visibility!: string;
  @Column('boolean') listed!: boolean;
  @Column('timestamptz', { name: 'embargo_until', nullable: true }) embargoUntil!: Date | null;
  @Column('int', { name: 'rules_revision', default: 0 }) rulesRevision!: number;
  @Column('text', { name: 'audit_mode', nullable: true }) auditMode!: 'wait' | 'async' | null;
  @Column('int', { name: 'audit_retention_years', nullable: true }) auditRetentionYears!: 1 | 2 | 3 | null;
  @Column('uuid', { name: 'current_version_id', nullable: true }) currentVersionId!: string | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt!: Date;
  @Column('text', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @Column('bigint') revision!: string;
}

@Entity({ name: 'rule_document', schema: 'dure' })
export class RuleDocumentRow {
  @PrimaryColumn('uuid', { name: 'dataset_id' }) datasetId!: string;
  @PrimaryColumn('int') revision!: number;
  @Column('jsonb') document!: RuleDocument;
  @Column('text', { nullable: true }) note!: string | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt!: Date;
  @Column('text', { name: 'created_by', nullable: true }) createdBy!: string | null;
}

export const catalogEntities = [OrganizationRow, DatasetRow, RuleDocumentRow] as const;

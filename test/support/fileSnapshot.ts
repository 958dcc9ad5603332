/** A catalog of one source of files, as the registry makes it of its definition. */
import { randomUUID } from 'node:crypto';
import type { CatalogSnapshot, Dataset, Organization } from '../../src/catalog/model.js';
import { graphqlName } from '../../src/catalog/naming.js';
import type { RuleDocument } from '../../src/policy/rule.js';
import type { SourceDefinition } from '../../src/sources/remote/definition.js';

export function fileSnapshot(definition: SourceDefinition, rules: RuleDocument = { rules: [] }): CatalogSnapshot {
  const organization: Organization = { id: randomUUID(), slug: definition.id, field: graphqlName(definition.id), title: definition.title };
  const dataset: Dataset = {
    id: randomUUID(), organization, name: definition.dataset, field: graphqlName(definition.dataset), visibility: 'PUBLIC', listed: true, rules, rulesRevision: 1, createdAt: new Date('2026-01-01T00:00:00Z'),
    versions: [{
      id: randomUUID(), major: 1, minor: 0, createdAt: new Date('2026-01-01T00:00:00Z'), metadata: { title: definition.title, keywords: [], licenses: definition.licenses, contributors: [], sources: [] },
      tables: definition.tables.map((table) => ({ name: table.name, field: table.field, columns: table.columns, primaryKey: table.key === undefined ? [] : [table.key], uniqueKeys: [], foreignKeys: [], segments: [], rows: 0 })),
    }],
  };
  return { revision: 1n, collections: new Map(), organizations: new Map([[organization.slug, organization]]), datasets: new Map([[dataset.id, dataset]]), byPath: new Map([[`${organization.slug}/${dataset.name}`, dataset]]) };
}

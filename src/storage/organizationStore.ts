import type { DataSource, EntityManager } from 'typeorm';
import type { Organization } from '../catalog/model.js';
import { assembleOrganization } from '../catalog/assemble.js';
import { graphqlName, isReservedSlug } from '../catalog/naming.js';
import { DureError } from '../errors.js';
import type { Within } from '../transaction.js';
import { OrganizationRow } from './entities/catalog.js';
import { announceRevision, nextRevision } from './catalogRevision.js';

export interface NewOrganization {
  readonly slug: string;
  readonly title: string;
  readonly titleKo?: string;
  readonly homepage?: string;
  /** Subject of who creates it. */
  readonly by?: string;
}

const slugPattern = /^[a-z](?:-?[a-z0-9])*$/;

export class OrganizationStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DureError BAD_USER_INPUT for an illegal or reserved slug, CONFLICT for one that is taken. */
  async create(organization: NewOrganization, within: Within<Organization>): Promise<Organization> {
    checkSlug(organization.slug);
    const { slug, title, titleKo = null, homepage = null, by: createdBy = null } = organization;
    const { made, revision } = await this.dataSource.transaction(async (manager) => {
      const revision = await nextRevision(manager);
      await checkFree(manager, slug);
      const made = assembleOrganization(await manager.save(manager.create(OrganizationRow, { slug, title, titleKo, homepage, createdBy, revision })));
      await within(manager, made);
      return { made, revision };
    });
    await announceRevision(this.dataSource, revision);
    return made;
  }
}

/** @throws DureError BAD_USER_INPUT */
export function checkSlug(slug: string): void {
  if (slug.length > 63 || !slugPattern.test(slug)) {
    throw new DureError('BAD_USER_INPUT', `"${slug}" is not a slug: begin with a lower-case letter, go on with a-z, 0-9 and single dashes, 63 characters at most.`, { slug });
  }
  if (isReservedSlug(slug)) {
    throw new DureError('BAD_USER_INPUT', `The slug "${slug}" is reserved, because the schema has or may get a field of that name: choose another.`, { slug });
  }
}

/**
 * Two slugs may give one GraphQL field (`a-1` and `a1`). The lock of the catalog's revision is held, so nobody can take the slug in between.
 * No deadlock: all who create organizations take that lock first.
 */
export async function checkFree(manager: EntityManager, slug: string): Promise<void> {
  const near = await manager.query<{ slug: string }[]>(`select slug from dure.organization where replace(slug, '-', '') = replace($1, '-', '')`, [slug]);
  const taken = near.find((other) => graphqlName(other.slug) === graphqlName(slug));
  if (taken) throw new DureError('CONFLICT', `The slug "${slug}" is taken${taken.slug === slug ? '' : ` ("${taken.slug}" gives the same field)`}: choose another.`, { slug });
}

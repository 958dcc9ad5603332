import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Organization } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import { datasetPage } from '../datasetPage.js';
import { DatasetConnection } from '../types/datasetType.js';
import { OrganizationConnection, OrganizationType } from '../types/organizationType.js';
import { connection, pageSize } from '../types/paging.js';

@Resolver(() => OrganizationType)
export class OrganizationResolver {
  @Query(() => OrganizationType, { nullable: true, description: 'An organization by its slug.' })
  organization(@Ctx() context: RequestContext, @Arg('slug', () => String, { description: 'Its slug.' }) slug: string): OrganizationType | undefined {
    const organization = context.services.catalog.snapshot.organizations.get(slug);
    return organization && new OrganizationType(organization);
  }

  @Query(() => OrganizationConnection, { description: 'All organizations, by slug.' })
  organizations(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): OrganizationConnection {
    const size = pageSize(first);
    const begin = after === undefined || after === null ? '' : readCursor(after);
    const following = [...context.services.catalog.snapshot.organizations.values()].filter(({ slug }) => slug > begin).sort((a, b) => (a.slug < b.slug ? -1 : 1));
    return connection(following.slice(0, size).map(edge), { hasNextPage: following.length > size, hasPreviousPage: begin !== '' });
  }

  @FieldResolver(() => DatasetConnection, { description: 'Its datasets that you may see, by name.' })
  datasets(
    @Root() organization: OrganizationType,
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): DatasetConnection {
    return datasetPage(context, { where: { organization: [organization.slug] }, first, after });
  }
}

function edge(organization: Organization): { node: OrganizationType; cursor: string } {
  return { node: new OrganizationType(organization), cursor: Buffer.from(`o:${organization.slug}`).toString('base64url') };
}

function readCursor(cursor: string): string {
  const match = /^o:([a-z][a-z0-9-]*)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!match) throw new DureError('BAD_USER_INPUT', '`after` is not a cursor of `organizations`: pass an `endCursor` that this field gave.', { argument: 'after' });
  return match[1]!;
}

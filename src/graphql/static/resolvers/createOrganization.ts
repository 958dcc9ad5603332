import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Organization } from '../../../catalog/model.js';
import type { RequestContext } from '../../context.js';
import { requireAdministrator } from '../authority.js';
import { CreateOrganizationInput } from '../inputs.js';
import { changeRecorded } from '../recordChange.js';
import { checkHomepage, checkOptionalText, checkText } from '../text.js';
import { OrganizationType } from '../types/organizationType.js';

@Resolver()
export class CreateOrganizationResolver {
  @Mutation(() => OrganizationType, { description: 'Makes an organization. For administrators.' })
  async createOrganization(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateOrganizationInput, { description: 'What it is.' }) input: CreateOrganizationInput,
  ): Promise<OrganizationType> {
    const by = requireAdministrator(context.identity);
    const { catalog, organizations } = context.services;
    return changeRecorded(context, ({ slug }: Organization) => ({ kind: 'ORGANIZATION_CREATED', details: { organization: slug } }), async (within) => {
      const organization = await organizations.create({
        slug: input.slug,
        title: checkText('title', input.title, 200),
        titleKo: checkOptionalText('titleKo', input.titleKo, 200),
        homepage: checkHomepage('homepage', input.homepage),
        by,
      }, within);
      await catalog.refresh();
      return new OrganizationType(organization);
    });
  }
}

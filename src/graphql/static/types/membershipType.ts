import { Ctx, Field, ObjectType } from 'type-graphql';
import type { MemberRole, Membership } from '../../../identity/identity.js';
import type { RequestContext } from '../../context.js';
import { MemberRoleEnum } from '../enums.js';
import { OrganizationType } from './organizationType.js';

@ObjectType('Membership', { description: 'A role in an organization.' })
export class MembershipType {
  constructor(private readonly membership: Membership) {}

  @Field(() => String, { description: 'The organization\'s slug, as the issuer asserts it.' })
  get slug(): string {
    return this.membership.organization;
  }

  @Field(() => OrganizationType, { nullable: true, description: 'The organization, if it is known here.' })
  organization(@Ctx() context: RequestContext): OrganizationType | undefined {
    const organization = context.services.catalog.snapshot.organizations.get(this.membership.organization);
    return organization && new OrganizationType(organization);
  }

  @Field(() => MemberRoleEnum, { description: 'The role.' })
  get role(): MemberRole {
    return this.membership.role;
  }
}

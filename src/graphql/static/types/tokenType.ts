import { Field, ObjectType } from 'type-graphql';
import type { TokenRecord } from '../../../storage/tokenStore.js';
import { DateTimeScalar } from '../../scalars.js';
import { ScopeEnum } from '../enums.js';
import { globalId } from '../ids.js';
import { MembershipType } from './membershipType.js';
import { Node } from './node.js';

@ObjectType('ApiToken', { implements: Node, description: 'A token that programs use in somebody\'s name. The token itself is shown once, when it is made.' })
export class ApiTokenType implements Node {
  static readonly typeName = 'ApiToken';
  constructor(private readonly token: TokenRecord) {}

  get id(): string {
    return globalId('ApiToken', this.token.id);
  }

  @Field(() => String, { description: 'What it is for, as its maker wrote.' })
  get name(): string {
    return this.token.name;
  }

  @Field(() => [ScopeEnum], { description: 'What it may be used for.' })
  get scopes(): readonly string[] {
    return this.token.scopes;
  }

  @Field(() => [MembershipType], { description: 'The organizations it acts in.' })
  get memberships(): readonly MembershipType[] {
    return this.token.memberships.map((membership) => new MembershipType(membership));
  }

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.token.createdAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends by itself.' })
  get expiresAt(): Date | undefined {
    return this.token.expiresAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last used, to the minute.' })
  get lastUsedAt(): Date | undefined {
    return this.token.lastUsedAt;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked.' })
  get revokedAt(): Date | undefined {
    return this.token.revokedAt;
  }
}

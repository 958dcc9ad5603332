import { Arg, Ctx, Field, Int, ObjectType } from 'type-graphql';
import { actorKey } from '../../../audit/writer.js';
import { isAdministrator, type Identity } from '../../../identity/identity.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar } from '../../scalars.js';
import { auditPage } from '../auditPage.js';
import { requireSignedIn } from '../authority.js';
import { ScopeEnum } from '../enums.js';
import { AuditEntryConnection } from './auditType.js';
import { ExportType } from './exportType.js';
import { MembershipType } from './membershipType.js';
import { pageSize } from './paging.js';
import { ApiTokenType } from './tokenType.js';

@ObjectType('Me', { description: 'Who you are, as your token asserts it.' })
export class MeType {
  constructor(private readonly identity: Identity) {}

  @Field(() => Boolean, { description: 'Whether you have signed in.' })
  get signedIn(): boolean {
    return this.identity.kind !== 'anonymous';
  }

  @Field(() => String, { nullable: true, description: 'Your subject, as the issuer names it.' })
  get subject(): string | undefined {
    return this.identity.subject;
  }

  @Field(() => String, { nullable: true, description: 'Who vouches for you.' })
  get issuer(): string | undefined {
    return this.identity.issuer;
  }

  @Field(() => String, { nullable: true, description: 'Your name.' })
  get name(): string | undefined {
    return this.identity.name;
  }

  @Field(() => [MembershipType], { description: 'Your roles in organizations.' })
  get memberships(): readonly MembershipType[] {
    return this.identity.memberships.map((membership) => new MembershipType(membership));
  }

  @Field(() => Boolean, { description: 'Whether you administer the platform.' })
  get administrator(): boolean {
    return isAdministrator(this.identity);
  }

  @Field(() => String, { nullable: true, description: 'Your country, as the issuer asserts it (ISO 3166).' })
  get country(): string | undefined {
    return this.identity.country;
  }

  @Field(() => [String], { description: 'Your affiliations, for example `faculty@kist.re.kr`.' })
  get affiliations(): readonly string[] {
    return this.identity.affiliations;
  }

  @Field(() => [ScopeEnum], { description: 'What your token may be used for; a person has all.' })
  get scopes(): readonly string[] {
    return this.identity.scopes;
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'When your token ends.' })
  get expiresAt(): Date | undefined {
    return this.identity.expiresAt === undefined ? undefined : new Date(this.identity.expiresAt);
  }

  @Field(() => AuditEntryConnection, { description: 'Your own accesses as the audit has them, newest first; of an API token those that were made with it.' })
  async accesses(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor after which to begin.' }) after?: string,
  ): Promise<AuditEntryConnection> {
    requireSignedIn(this.identity);
    return auditPage(context, { actor: actorKey(this.identity), tokenId: this.identity.tokenId, kinds: ['ACCESS'], after }, first, () => true);
  }

  @Field(() => [ExportType], { description: 'Files that you have exported, newest first; of an API token those that it exported.' })
  async exports(@Ctx() context: RequestContext, @Arg('first', () => Int, { nullable: true, description: 'How many at most.' }) first?: number): Promise<readonly ExportType[]> {
    const { subject, issuer, kind, tokenId } = this.identity;
    requireSignedIn(this.identity);
    const records = await context.services.exports.of(subject!, issuer, kind === 'token' ? tokenId ?? '' : undefined, pageSize(first));
    return records.map((record) => new ExportType(record));
  }

  @Field(() => [ApiTokenType], { description: 'The API tokens that you made.' })
  async apiTokens(@Ctx() context: RequestContext): Promise<readonly ApiTokenType[]> {
    const tokens = await context.services.tokens.list(this.identity);
    return tokens.map((token) => new ApiTokenType(token));
  }
}

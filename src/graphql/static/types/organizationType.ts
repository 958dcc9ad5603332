import { Arg, Ctx, Field, ObjectType } from 'type-graphql';
import type { Organization } from '../../../catalog/model.js';
import type { RequestContext } from '../../context.js';
import { LanguageEnum } from '../enums.js';
import { globalId } from '../ids.js';
import { inLanguage, type Language, languageArgument } from '../language.js';
import { Node } from './node.js';
import { connectionOf } from './paging.js';

@ObjectType('Organization', { implements: Node, description: 'A laboratory, or the owner of a database: it owns datasets and sets their rules.' })
export class OrganizationType implements Node {
  static readonly typeName = 'Organization';
  constructor(private readonly organization: Organization) {}

  get id(): string {
    return globalId('Organization', this.organization.id);
  }

  @Field(() => String, { description: 'Its name in addresses: a lower-case letter, then a-z, 0-9 and dashes.' })
  get slug(): string {
    return this.organization.slug;
  }

  @Field(() => String, { description: 'The field of Query below which its datasets lie.' })
  get field(): string {
    return this.organization.field;
  }

  @Field(() => String, { description: 'Its title in the language of the request, if it has one there.' })
  title(@Ctx() context: RequestContext, @Arg('language', () => LanguageEnum, languageArgument) language?: Language): string {
    return inLanguage(language ?? context.language, this.organization.title, this.organization.titleKo);
  }

  @Field(() => String, { nullable: true, description: 'Its Korean title.' })
  get titleKo(): string | undefined {
    return this.organization.titleKo;
  }

  @Field(() => String, { nullable: true, description: 'Its web page.' })
  get homepage(): string | undefined {
    return this.organization.homepage;
  }
}

@ObjectType('OrganizationConnection', { description: 'A page of organizations.' })
export class OrganizationConnection extends connectionOf('Organization', OrganizationType) {}

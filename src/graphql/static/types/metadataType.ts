/** What a package says of its licence, its makers and where it comes from. */
import { Field, ID, ObjectType } from 'type-graphql';
import type { Contributor, DataSourceReference, License } from '../../../catalog/model.js';

@ObjectType('License', { description: 'A licence under which the data may be used.' })
export class LicenseType implements License {
  constructor(license: License) {
    Object.assign(this, license);
  }

  @Field(() => ID, { nullable: true, description: 'Its short name, for example `CC-BY-4.0`: the same as `name`, under the name that licence lists use.' })
  get id(): string | undefined {
    return this.name;
  }

  @Field(() => String, { nullable: true, description: 'Its short name, for example `CC-BY-4.0`.' })
  declare readonly name?: string;

  @Field(() => String, { nullable: true, description: 'Where its text is.' })
  declare readonly path?: string;

  @Field(() => String, { nullable: true, description: 'Its title.' })
  declare readonly title?: string;
}

/** Addresses of persons stay in the package: a list of them for everybody would be an invitation. */
@ObjectType('Contributor', { description: 'Somebody who made the data.' })
export class ContributorType {
  constructor({ title, role, path, organization }: Contributor) {
    Object.assign(this, { title, role, path, organization });
  }

  @Field(() => String, { description: 'The name.' })
  declare readonly title: string;

  @Field(() => String, { nullable: true, description: 'What they did, for example `author`.' })
  declare readonly role?: string;

  @Field(() => String, { nullable: true, description: 'A page about them.' })
  declare readonly path?: string;

  @Field(() => String, { nullable: true, description: 'Where they work.' })
  declare readonly organization?: string;
}

@ObjectType('DataOrigin', { description: 'Where the data comes from.' })
export class DataOriginType {
  constructor(source: DataSourceReference) {
    Object.assign(this, source);
  }

  @Field(() => String, { description: 'Its title.' })
  declare readonly title: string;

  @Field(() => String, { nullable: true, description: 'Its address.' })
  declare readonly path?: string;
}

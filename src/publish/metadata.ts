import type { VersionMetadata, Visibility } from '../catalog/model.js';
import type { PackageDescriptor } from './descriptor.js';

export function metadataOf(descriptor: PackageDescriptor): VersionMetadata {
  return {
    title: descriptor.title ?? descriptor.name,
    titleKo: descriptor['dure:titleKo'], description: descriptor.description, descriptionKo: descriptor['dure:descriptionKo'],
    keywords: descriptor.keywords, domain: descriptor['dure:domain'], homepage: descriptor.homepage,
    licenses: descriptor.licenses.map(({ name, path, title }) => ({ name, path, title })),
    contributors: descriptor.contributors.map(({ title, role, roles, path, organization, email }) => ({ title, role: role ?? roles?.[0], path, organization, email })),
    sources: descriptor.sources.map(({ title, path }) => ({ title, path })),
    citation: descriptor['dure:citation'] ?? descriptor.citation,
  };
}

export interface FirstAccess {
  readonly visibility: Visibility;
  readonly listed: boolean;
  readonly embargoUntil?: Date;
}

/**
 * Who may see the dataset, from its descriptor. Only the first publication reads this: afterwards access is changed by changing the rules, so that a
 * package that is published again with an old descriptor opens nothing. Without a word the dataset is its organization's own, and listed.
 */
export function firstAccess(descriptor: PackageDescriptor): FirstAccess {
  const until = descriptor['dure:embargoUntil'];
  return {
    visibility: descriptor['dure:visibility'] ?? 'RESTRICTED',
    listed: descriptor['dure:listed'] ?? true,
    ...(until !== undefined && { embargoUntil: new Date(until) }), // a date alone is its beginning in UTC
  };
}

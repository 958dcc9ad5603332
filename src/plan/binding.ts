/** What a field of the dynamic schema stands for; kept in the field's `extensions.dure`. Fields without one are resolved by graphql-js. */
import type { GraphQLField } from 'graphql';
import type { Dataset, Organization } from '../catalog/model.js';
import type { EntityTypes } from './representations.js';

export type FieldBinding =
  | { readonly kind: 'organization'; readonly organization: Organization }
  | { readonly kind: 'dataset'; readonly dataset: Dataset; readonly major: number }
  | { readonly kind: 'table'; readonly field: string }
  | { readonly kind: 'column'; readonly field: string }
  | { readonly kind: 'rowId' }
  | { readonly kind: 'link'; readonly name: string }
  /** The frame of a row's links by the namespace of one of its columns. */
  | { readonly kind: 'mentions'; readonly column: string }
  /** One of those links, by its field. */
  | { readonly kind: 'mention'; readonly field: string }
  /** `_entities(representations:)`: rows by what other subgraphs know of them. */
  | { readonly kind: 'entities'; readonly types: EntityTypes }
  | { readonly kind: 'entity' }
  /** The record of an entity in a source's table. */
  | { readonly kind: 'entityRecord'; readonly namespace: string; readonly dataset: string; readonly table: string }
  /** The frame of the tables that mention an entity. */
  | { readonly kind: 'entityMentions'; readonly namespace: string }
  /** `node(id:)`: a row where the id is a row's, else a static object. */
  | { readonly kind: 'node' };

export function bindingOf(field: Pick<GraphQLField<unknown, unknown>, 'extensions'> | undefined): FieldBinding | undefined {
  return field?.extensions.dure as FieldBinding | undefined;
}

export function bind(binding: FieldBinding): { readonly dure: FieldBinding } {
  return { dure: binding };
}

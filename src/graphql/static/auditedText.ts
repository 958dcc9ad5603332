/**
 * Whom the text of an operation may be told. One text may be about datasets of several owners: it names those that others may not know of,
 * and holds values that somebody looked for among another laboratory's rows.
 */
import { FieldsOnCorrectTypeRule, KnownArgumentNamesRule, KnownFragmentNamesRule, KnownTypeNamesRule, parse, validate, ValuesOfCorrectTypeRule, type GraphQLSchema } from 'graphql';
import type { CatalogSnapshot, Dataset } from '../../catalog/model.js';
import { anonymous, hasRole, isAdministrator, type Identity } from '../../identity/identity.js';
import { noGrants } from '../../policy/grant.js';
import type { DatasetAt } from '../dynamic/typeRegistry.js';
import { rootFields } from '../rootFields.js';
import { VisibleSchemas } from '../visibleSchemas.js';

const names = [KnownTypeNamesRule, FieldsOnCorrectTypeRule, KnownArgumentNamesRule, KnownFragmentNamesRule, ValuesOfCorrectTypeRule];

/** To administrators every one; to a steward those that begin at their own organizations alone and name nothing that their schema lacks. @param schema the steward's */
export function mayTellText(identity: Identity, schema: GraphQLSchema, { organizations }: CatalogSnapshot): (text: string) => boolean {
  if (isAdministrator(identity)) return () => true;
  return about([...organizations.values()].filter(({ slug }) => hasRole(identity, slug, 'steward')).map(({ field }) => field), schema);
}

/**
 * For a reader of one owner's audit of whom nothing else is known, like who gets an auditor's bundle: texts that begin at the owner alone
 * and name none but its datasets and those that exist for everybody.
 */
export function mayTellOwner({ organization }: Pick<Dataset, 'organization'>, staticSchema: GraphQLSchema, snapshot: CatalogSnapshot, aboutValue: (at: DatasetAt) => unknown): (text: string) => boolean {
  const listed = new Map([...snapshot.datasets].map(([id, dataset]) => [id, dataset.organization.id === organization.id ? { ...dataset, listed: true } : dataset]));
  const shown: CatalogSnapshot = { ...snapshot, datasets: listed, byPath: new Map([...snapshot.byPath].map(([path, { id }]) => [path, listed.get(id)!])) };
  const { schema } = new VisibleSchemas(staticSchema, () => shown, aboutValue, noGrants, Date.now).for(anonymous);
  return about([organization.field], schema);
}

/** Of one text. @param schema of who wrote it, which must show no dataset of another owner that is not listed */
export function isAboutOwner({ organization }: Pick<Dataset, 'organization'>, schema: GraphQLSchema, text: string): boolean {
  return about([organization.field], schema)(text);
}

function about(fields: readonly string[], schema: GraphQLSchema): (text: string) => boolean {
  const own = new Set(['__typename', ...fields]);
  const judged = new Map<string, boolean>();
  return (text) => {
    let told = judged.get(text);
    if (told === undefined) judged.set(text, (told = isAbout(own, schema, text)));
    return told;
  };
}

function isAbout(own: ReadonlySet<string>, schema: GraphQLSchema, text: string): boolean {
  try {
    const document = parse(text, { noLocation: true });
    return rootFields(document).every((name) => own.has(name)) && validate(schema, document, names, { maxErrors: 1 }).length === 0;
  } catch {
    return false;
  }
}

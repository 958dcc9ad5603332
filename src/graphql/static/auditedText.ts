/**
 * Whom the text of an operation may be told. One text may be about datasets of several owners: it names those that others may not know of,
 * and holds values that somebody looked for among another laboratory's rows.
 */
import { FieldsOnCorrectTypeRule, KnownArgumentNamesRule, KnownFragmentNamesRule, KnownTypeNamesRule, parse, validate, ValuesOfCorrectTypeRule, type GraphQLSchema } from 'graphql';
import type { CatalogSnapshot } from '../../catalog/model.js';
import { hasRole, isAdministrator, type Identity } from '../../identity/identity.js';
import { rootFields } from '../rootFields.js';

const names = [KnownTypeNamesRule, FieldsOnCorrectTypeRule, KnownArgumentNamesRule, KnownFragmentNamesRule, ValuesOfCorrectTypeRule];

/** To administrators every one; to a steward those that begin at their own organizations alone and name nothing that their schema lacks. @param schema the steward's */
export function mayTellText(identity: Identity, schema: GraphQLSchema, { organizations }: CatalogSnapshot): (text: string) => boolean {
  if (isAdministrator(identity)) return () => true;
  const own = new Set(['__typename', ...[...organizations.values()].filter(({ slug }) => hasRole(identity, slug, 'steward')).map(({ field }) => field)]);
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

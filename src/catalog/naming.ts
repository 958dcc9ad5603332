/** Names in GraphQL of what packages name. A name once given stays: clients have written it into their code. */
import { DureError } from '../errors.js';
import { graphqlName, upperFirst } from './graphqlName.js';

export { graphqlName, upperFirst } from './graphqlName.js';
export { isReservedSlug, reservedSlugs } from './reservedSlugs.js';

/**
 * Field names that a row, its filter or its aggregate needs for itself. A column that would take one is called by it with `_` after it, for ever:
 * a column `id` is the field `id_`, because `id` is the row's global id whatever the package's own key is called.
 */
export const reservedColumnFields: ReadonlySet<string> = new Set(['id', 'and', 'or', 'not', 'count']);

/** What `dure:name` may be. */
export const declaredNamePattern = /^[a-zA-Z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)*$/;

/** Suffixes of the types that are made beside a table's row type: a table's name may not run into another's. */
export const derivedTypeSuffixes = ['Connection', 'Edge', 'Where', 'OrderBy', 'Aggregate', 'Group', 'GroupBy', 'GroupKey', 'GroupOrderBy', 'GroupConnection', 'GroupEdge', 'Having', 'Column', 'Filter', 'Some'] as const;

export interface NameRequest {
  /** What is told apart by this name from one version to the next: the package's own name. */
  readonly key: string;
  /** What the name is made of where it is new. */
  readonly wanted: string;
  /** `dure:name`: taken as it is. */
  readonly declared?: string;
}

/**
 * Gives each request a name of its own. Names given before (`previous`, by key) are kept, declared ones win, and one that is taken gets `_2`, `_3`….
 * `occupied` says which further names a given name takes or is refused for.
 * @throws DureError INVALID_PACKAGE when a declared name is already another's.
 */
export function giveNames(requests: readonly NameRequest[], previous: ReadonlyMap<string, string>, isTaken: (name: string, given: ReadonlySet<string>) => boolean = (name, given) => given.has(name)): Map<string, string> {
  const names = new Map<string, string>();
  const given = new Set<string>();
  const give = (key: string, name: string): void => {
    names.set(key, name);
    given.add(name);
  };
  for (const { key, declared } of requests) {
    if (declared === undefined) continue;
    if (isTaken(declared, given)) throw new DureError('INVALID_PACKAGE', `The name “${declared}” that "dure:name" gives to “${key}” is already another's or reserved. Choose another.`, { name: declared, key });
    give(key, declared);
  }
  for (const { key, declared } of requests) {
    const before = previous.get(key);
    if (declared === undefined && before !== undefined && !given.has(before)) give(key, before);
  }
  // A name of the last version is not handed to something new in the same step: a client that asks by it would silently read another column.
  const old = new Set(previous.values());
  for (const { key, wanted } of requests) {
    if (names.has(key)) continue;
    let name = wanted;
    for (let count = 2; isTaken(name, given) || old.has(name); count += 1) name = `${wanted}_${count}`;
    give(key, name);
  }
  return names;
}

/** The wanted field of a column: reserved names step aside. */
export function columnField(name: string): string {
  const field = graphqlName(name);
  return reservedColumnFields.has(field) ? `${field}_` : field;
}

/** The wanted field that leads from a child row to its parent: `material` from `material_id`; else the parent table's name in the singular. */
export function foreignKeyField(columns: readonly string[], parentField: string): string {
  const only = columns.length === 1 ? columns[0]! : '';
  const stem = /^(.+?)(?:[_\-. ]id|Id|ID)$/.exec(only)?.[1];
  return stem === undefined ? singular(parentField) : columnField(stem);
}

function singular(word: string): string {
  if (/[a-z]{2}ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (/[a-z]{2}s$/.test(word) && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
}

/** `typeName('kist', 'superconductivity', 'materials')` → `KistSuperconductivityMaterials`. Takes GraphQL fields, not package names. */
export function typeName(organizationField: string, datasetField?: string, tableField?: string): string {
  return [organizationField, datasetField, tableField].filter((part) => part !== undefined).map(upperFirst).join('');
}

/** The name of an older major version beside the current one: `superconductivity_v1`, `KistSuperconductivity_v1`. */
export function majorName(name: string, major: number): string {
  return `${name}_v${major}`;
}

/** A GraphQL enum value may be any name but these three. https://spec.graphql.org/October2021/#EnumValue */
export function isLegalEnumValue(value: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(value) && !value.startsWith('__') && value !== 'true' && value !== 'false' && value !== 'null';
}

/** The slug and dataset name pattern of the data model. */
export const slugPattern = /^[a-z][a-z0-9-]{0,62}$/;

/** The field of an organization's slug or a dataset's name. */
export function fieldName(slug: string): string {
  return graphqlName(slug);
}

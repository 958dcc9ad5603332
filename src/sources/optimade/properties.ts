/** Properties of structures as columns: the specification's own, and those that a provider describes at /v1/info/structures. */
import type { Column, ColumnKind } from '../../catalog/model.js';
import { graphqlName } from '../../catalog/graphqlName.js';

type Item = NonNullable<Column['item']>;

export interface PropertyFacts {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly item?: Item;
  readonly title?: string;
  readonly description?: string;
  /** UCUM. */
  readonly unit?: string;
}

/** https://github.com/Materials-Consortia/OPTIMADE, specification 1.2, "Structures Entries". */
const standard: readonly PropertyFacts[] = [
  { name: 'chemical_formula_reduced', kind: 'text', title: 'Reduced formula', description: 'Elements in alphabetical order, with the smallest whole numbers.' },
  { name: 'chemical_formula_descriptive', kind: 'text', title: 'Descriptive formula' },
  { name: 'chemical_formula_anonymous', kind: 'text', title: 'Anonymous formula', description: 'Elements replaced by A, B, C… by falling numbers.' },
  { name: 'elements', kind: 'list', item: 'text', title: 'Elements' },
  { name: 'nelements', kind: 'int32', title: 'Number of elements' },
  { name: 'elements_ratios', kind: 'list', item: 'float', title: 'Shares of the elements' },
  { name: 'nsites', kind: 'int32', title: 'Number of sites' },
  { name: 'nperiodic_dimensions', kind: 'int32', title: 'Number of periodic dimensions' },
  { name: 'dimension_types', kind: 'list', item: 'int32', title: 'Periodicity by dimension', description: '1 where periodic.' },
  { name: 'space_group_it_number', kind: 'int32', title: 'Space group number', description: 'By the International Tables for Crystallography.' },
  { name: 'lattice_vectors', kind: 'json', title: 'Lattice vectors', unit: 'Ao' },
  { name: 'cartesian_site_positions', kind: 'json', title: 'Positions of the sites', unit: 'Ao' },
  { name: 'species', kind: 'json', title: 'Species' },
  { name: 'species_at_sites', kind: 'list', item: 'text', title: 'Species at the sites' },
  { name: 'structure_features', kind: 'list', item: 'text', title: 'Features of the structure' },
  { name: 'last_modified', kind: 'datetime', title: 'Last change' },
];

const kinds: Readonly<Record<string, ColumnKind>> = { string: 'text', integer: 'int64', float: 'float', boolean: 'boolean', timestamp: 'datetime', dictionary: 'json' };
const items: Readonly<Record<string, Item>> = { string: 'text', integer: 'int64', float: 'float', boolean: 'boolean', timestamp: 'datetime' };
const ucum: Readonly<Record<string, string>> = { angstrom: 'Ao', Å: 'Ao', 'Å^3': 'Ao3', nm: 'nm', eV: 'eV', meV: 'meV', K: 'K', Pa: 'Pa', GPa: 'GPa', g: 'g', kg: 'kg', 'g/cm^3': 'g/cm3', 'kg/m^3': 'kg/m3', T: 'T', s: 's' };

/** What a provider says of its properties, in the shapes of versions 1.0 to 1.2. Anything that cannot be read is left out; undefined where it is no description at all. */
export function describedProperties(body: unknown): readonly PropertyFacts[] | undefined {
  const properties = at(at(body, 'data'), 'properties');
  if (typeof properties !== 'object' || properties === null) return undefined;
  return Object.entries(properties as Record<string, unknown>).flatMap(([name, facts]) => {
    const known = standard.find((property) => property.name === name);
    if (known) return [known];
    if (name === 'id' || name === 'type' || !/^_[a-z0-9]+_[a-z0-9_]+$/.test(name)) return [];
    const type = typeOf(facts);
    const item = type === 'list' ? items[typeOf(at(facts, 'items')) ?? ''] : undefined;
    const kind = type === 'list' ? (item === undefined ? 'json' : 'list') : kinds[type ?? ''];
    if (kind === undefined) return [];
    const unit = ucum[text(at(facts, 'x-optimade-unit')) ?? text(at(facts, 'unit')) ?? ''];
    return [{ name, kind, ...(item === undefined ? {} : { item }), title: text(at(facts, 'title')), description: text(at(facts, 'description')), ...(unit === undefined ? {} : { unit }) }];
  });
}

function typeOf(facts: unknown): string | undefined {
  const type = at(facts, 'x-optimade-type') ?? at(facts, 'type');
  return Array.isArray(type) ? type.find((one): one is string => typeof one === 'string' && one !== 'null') : text(type);
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A stranger's words: one line, not longer than a sentence or two. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, 300) : undefined;
}

/** The columns of a provider's structures. Without a description the specification's own are taken. */
export function structureColumns(namespace: string, described: readonly PropertyFacts[] = standard): readonly Column[] {
  const taken = new Set<string>(['structureId', 'id', 'and', 'or', 'not', 'count']);
  return Object.freeze([
    Object.freeze<Column>({ name: 'id', field: 'structureId', physical: 'id', kind: 'text', title: 'Identifier', namespace, facet: false, personKey: false, required: true, unique: true }),
    ...described.map((property): Column => {
      const field = free(graphqlName(property.name), taken);
      return Object.freeze({ ...property, field, physical: property.name, facet: false, personKey: false, required: false, unique: false });
    }),
  ]);
}

function free(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate); n += 1) candidate = `${name}${n}`;
  taken.add(candidate);
  return candidate;
}

/** Crystals of simple prototypes with their lattice constants at room temperature, ångström; sites follow from the prototype. */
type Fraction = readonly [number, number, number];

interface Prototype { readonly group: number; readonly sites: readonly (readonly [letter: string, at: Fraction])[] }

const face: readonly Fraction[] = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]];
const shifted = (by: number): Fraction[] => face.map(([x, y, z]) => [(x + by) % 1, (y + by) % 1, (z + by) % 1]);
const of = (letter: string, at: readonly Fraction[]): (readonly [string, Fraction])[] => at.map((site) => [letter, site] as const);

const prototypes = {
  fcc: { group: 225, sites: of('A', face) },
  bcc: { group: 229, sites: of('A', [[0, 0, 0], [0.5, 0.5, 0.5]]) },
  diamond: { group: 227, sites: [...of('A', face), ...of('A', shifted(0.25))] },
  rockSalt: { group: 225, sites: [...of('A', face), ...of('B', shifted(0.5))] },
  zincBlende: { group: 216, sites: [...of('A', face), ...of('B', shifted(0.25))] },
  caesiumChloride: { group: 221, sites: [...of('A', [[0, 0, 0]]), ...of('B', [[0.5, 0.5, 0.5]])] },
  fluorite: { group: 225, sites: [...of('A', face), ...of('B', shifted(0.25)), ...of('B', shifted(0.75))] },
  perovskite: { group: 221, sites: [...of('A', [[0, 0, 0]]), ...of('B', [[0.5, 0.5, 0.5]]), ...of('C', [[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])] },
  a15: { group: 223, sites: [...of('A', [[0.25, 0, 0.5], [0.75, 0, 0.5], [0.5, 0.25, 0], [0.5, 0.75, 0], [0, 0.5, 0.25], [0, 0.5, 0.75]]), ...of('B', [[0, 0, 0], [0.5, 0.5, 0.5]])] },
} as const satisfies Record<string, Prototype>;

export interface Material {
  /** Opaque; one of them holds quotes, a backslash and a slash on purpose. */
  readonly id: string;
  readonly prototype: keyof typeof prototypes;
  readonly elements: readonly string[];
  /** Lattice constant, Å. */
  readonly a: number;
  /** Band gap at room temperature, eV. */
  readonly gap?: number;
  /** Transition temperature to superconductivity, K. */
  readonly tc?: number;
  readonly modified: string;
}

const day = (n: number): string => `2024-0${1 + (n % 9)}-1${n % 10}T08:00:00Z`;
const listed: readonly Omit<Material, 'modified'>[] = [
  { id: 'exmpl-1', prototype: 'diamond', elements: ['Si'], a: 5.431, gap: 1.12 },
  { id: 'exmpl-2', prototype: 'diamond', elements: ['C'], a: 3.567, gap: 5.47 },
  { id: 'exmpl-3', prototype: 'diamond', elements: ['Ge'], a: 5.658, gap: 0.66 },
  { id: 'exmpl-4', prototype: 'zincBlende', elements: ['Ga', 'As'], a: 5.653, gap: 1.42 },
  { id: 'exmpl-5', prototype: 'zincBlende', elements: ['In', 'P'], a: 5.869, gap: 1.34 },
  { id: 'exmpl-6', prototype: 'zincBlende', elements: ['Zn', 'S'], a: 5.409, gap: 3.54 },
  { id: 'exmpl-7', prototype: 'zincBlende', elements: ['Ga', 'P'], a: 5.451, gap: 2.26 },
  { id: 'exmpl-8', prototype: 'zincBlende', elements: ['In', 'As'], a: 6.058, gap: 0.35 },
  { id: 'exmpl-9', prototype: 'rockSalt', elements: ['Na', 'Cl'], a: 5.64 },
  { id: 'exmpl-10', prototype: 'rockSalt', elements: ['K', 'Cl'], a: 6.29 },
  { id: 'exmpl-11', prototype: 'rockSalt', elements: ['Li', 'F'], a: 4.027 },
  { id: 'exmpl-12', prototype: 'rockSalt', elements: ['Mg', 'O'], a: 4.212, gap: 7.8 },
  { id: 'exmpl-13', prototype: 'rockSalt', elements: ['Ca', 'O'], a: 4.811 },
  { id: 'exmpl-14', prototype: 'rockSalt', elements: ['Pb', 'S'], a: 5.936, gap: 0.41 },
  { id: 'exmpl-15', prototype: 'rockSalt', elements: ['Ti', 'N'], a: 4.24, tc: 5.6 },
  { id: 'exmpl-16', prototype: 'rockSalt', elements: ['Nb', 'N'], a: 4.39, tc: 16 },
  { id: 'exmpl-17', prototype: 'caesiumChloride', elements: ['Cs', 'Cl'], a: 4.123 },
  { id: 'exmpl-18', prototype: 'fluorite', elements: ['Ca', 'F'], a: 5.463 },
  { id: 'exmpl-19', prototype: 'perovskite', elements: ['Sr', 'Ti', 'O'], a: 3.905, gap: 3.2 },
  { id: 'exmpl/20 "cubic" \\ α', prototype: 'perovskite', elements: ['Ba', 'Ti', 'O'], a: 4.0 },
  { id: 'exmpl-21', prototype: 'a15', elements: ['Nb', 'Sn'], a: 5.29, tc: 18.3 },
  { id: 'exmpl-22', prototype: 'a15', elements: ['Nb', 'Ge'], a: 5.14, tc: 23.2 },
  { id: 'exmpl-23', prototype: 'a15', elements: ['V', 'Si'], a: 4.72, tc: 17.1 },
  { id: 'exmpl-24', prototype: 'fcc', elements: ['Al'], a: 4.05, tc: 1.175 },
  { id: 'exmpl-25', prototype: 'fcc', elements: ['Cu'], a: 3.615 },
  { id: 'exmpl-26', prototype: 'fcc', elements: ['Ag'], a: 4.086 },
  { id: 'exmpl-27', prototype: 'fcc', elements: ['Au'], a: 4.078 },
  { id: 'exmpl-28', prototype: 'fcc', elements: ['Ni'], a: 3.524 },
  { id: 'exmpl-29', prototype: 'fcc', elements: ['Pb'], a: 4.951, tc: 7.2 },
  { id: 'exmpl-30', prototype: 'fcc', elements: ['Pt'], a: 3.924 },
  { id: 'exmpl-31', prototype: 'bcc', elements: ['Fe'], a: 2.866 },
  { id: 'exmpl-32', prototype: 'bcc', elements: ['W'], a: 3.165 },
  { id: 'exmpl-33', prototype: 'bcc', elements: ['Nb'], a: 3.301, tc: 9.25 },
  { id: 'exmpl-34', prototype: 'bcc', elements: ['V'], a: 3.024, tc: 5.4 },
  { id: 'exmpl-35', prototype: 'bcc', elements: ['Ta'], a: 3.303, tc: 4.47 },
  { id: 'exmpl-36', prototype: 'bcc', elements: ['Na'], a: 4.291 },
];

export const materials: readonly Material[] = listed.map((material, n) => ({ ...material, modified: day(n) }));

const greatest = (a: number, b: number): number => (b === 0 ? a : greatest(b, a % b));

/** The attributes of an OPTIMADE structure, computed from the prototype. */
export function attributesOf(material: Material): Readonly<Record<string, unknown>> {
  const { group, sites } = prototypes[material.prototype];
  const atSite = sites.map(([letter]) => material.elements[letter.charCodeAt(0) - 65]!);
  const elements = [...material.elements].toSorted();
  const counts = elements.map((element) => atSite.filter((name) => name === element).length);
  const unit = counts.reduce(greatest);
  const formula = (numbers: readonly number[]): string => elements.map((element, i) => `${element}${numbers[i] === 1 ? '' : numbers[i]}`).join('');
  const reduced = counts.map((count) => count / unit);
  return {
    chemical_formula_reduced: formula(reduced),
    chemical_formula_descriptive: formula(counts),
    chemical_formula_anonymous: reduced.toSorted((x, y) => y - x).map((count, i) => `${String.fromCharCode(65 + i)}${count === 1 ? '' : count}`).join(''),
    elements,
    nelements: elements.length,
    elements_ratios: counts.map((count) => count / sites.length),
    nsites: sites.length,
    space_group_it_number: group,
    dimension_types: [1, 1, 1],
    nperiodic_dimensions: 3,
    lattice_vectors: [[material.a, 0, 0], [0, material.a, 0], [0, 0, material.a]],
    cartesian_site_positions: sites.map(([, at]) => at.map((x) => Number((x * material.a).toFixed(6)))),
    species_at_sites: atSite,
    species: elements.map((element) => ({ name: element, chemical_symbols: [element], concentration: [1] })),
    structure_features: [],
    last_modified: material.modified,
    _exmpl_band_gap: material.gap ?? null,
    _exmpl_critical_temperature: material.tc ?? null,
  };
}

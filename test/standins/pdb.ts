/** RCSB PDB's Data API: GraphQL, records by lists of ids, no paging. */
import { buildSchema, graphql } from 'graphql';
import { compounds } from './facts/compounds.js';
import { structures, type Structure } from './facts/structures.js';
import type { StandInReply, StandInRequest } from './faults.js';
import { listReply, StandIn } from './standIn.js';

const sdl = `
  type Query {
    entries(entry_ids: [String!]!): [CoreEntry]
    entry(entry_id: String!): CoreEntry
    polymer_entities(entity_ids: [String!]!): [CorePolymerEntity]
    polymer_entity(entry_id: String!, entity_id: String!): CorePolymerEntity
    chem_comps(comp_ids: [String]!): [CoreChemComp]
  }
  scalar Date
  type CoreEntry {
    rcsb_id: String!
    struct: Struct
    exptl: [Exptl]
    rcsb_accession_info: RcsbAccessionInfo
    rcsb_entry_info: RcsbEntryInfo!
    polymer_entities: [CorePolymerEntity]
  }
  type Struct { title: String }
  type Exptl { method: String! }
  type RcsbAccessionInfo { deposit_date: Date initial_release_date: Date }
  type RcsbEntryInfo { experimental_method: String molecular_weight: Float polymer_entity_count: Int deposited_atom_count: Int }
  type CorePolymerEntity {
    rcsb_id: String!
    entry: CoreEntry
    rcsb_polymer_entity: RcsbPolymerEntity
    rcsb_polymer_entity_container_identifiers: RcsbPolymerEntityContainerIdentifiers!
  }
  type RcsbPolymerEntity { pdbx_description: String }
  type RcsbPolymerEntityContainerIdentifiers { entry_id: String! entity_id: String! uniprot_ids: [String] }
  type CoreChemComp { rcsb_id: String! chem_comp: ChemComp rcsb_chem_comp_descriptor: RcsbChemCompDescriptor }
  type ChemComp { id: String! name: String formula: String formula_weight: Float }
  type RcsbChemCompDescriptor { InChIKey: String SMILES: String }
`;

export interface Pdb extends StandIn {
  /** How an unknown id is answered: left out, or null in its place. Both have been seen. */
  missing?: 'absent' | 'null';
}

const methods: Readonly<Record<Structure['method'], string>> = { 'X-RAY DIFFRACTION': 'X-ray', 'SOLUTION NMR': 'NMR', 'ELECTRON MICROSCOPY': 'EM' };

function entryOf(structure: Structure): object {
  return {
    rcsb_id: structure.id,
    struct: { title: structure.title },
    exptl: [{ method: structure.method }],
    rcsb_accession_info: { deposit_date: structure.deposited ?? null, initial_release_date: structure.released ?? null },
    rcsb_entry_info: {
      experimental_method: methods[structure.method], molecular_weight: structure.weight ?? null, polymer_entity_count: structure.entities.length, deposited_atom_count: structure.atoms ?? null,
    },
    polymer_entities: () => structure.entities.map((_, i) => entityOf(structure, i + 1)),
  };
}

function entityOf(structure: Structure, number: number): object {
  const entity = structure.entities[number - 1]!;
  return {
    rcsb_id: `${structure.id}_${number}`,
    entry: () => entryOf(structure),
    rcsb_polymer_entity: { pdbx_description: entity.description },
    rcsb_polymer_entity_container_identifiers: { entry_id: structure.id, entity_id: String(number), uniprot_ids: entity.uniprot ?? null },
  };
}

/** `4hhb`, `4HHB` and `pdb_00004hhb` are one entry. */
const shortId = (id: string): string => id.toUpperCase().replace(/^PDB_0000/, '');

function findEntry(id: string): object | null {
  const found = structures.find((structure) => structure.id === shortId(id));
  return found ? entryOf(found) : null;
}

function findEntity(id: string): object | null {
  const [entry = '', number = ''] = id.split('_');
  const found = structures.find((structure) => structure.id === shortId(entry));
  return found?.entities[Number(number) - 1] ? entityOf(found, Number(number)) : null;
}

function findComponent(id: string | null): object | null {
  const found = compounds.find((compound) => compound.component !== undefined && compound.component === id?.toUpperCase());
  if (!found) return null;
  return {
    rcsb_id: found.component, chem_comp: { id: found.component, name: found.name, formula: found.formula, formula_weight: found.weight === undefined ? null : Number(found.weight) },
    rcsb_chem_comp_descriptor: { InChIKey: found.inchiKey ?? null, SMILES: found.smiles ?? null },
  };
}

export async function startPdb(): Promise<Pdb> {
  const schema = buildSchema(sdl);
  const several = <T>(ids: readonly T[], find: (id: T) => object | null): readonly (object | null)[] => {
    const found = ids.map(find);
    return standIn.missing === 'null' ? found : found.filter((record) => record !== null);
  };
  const root = {
    entries: ({ entry_ids }: { entry_ids: string[] }) => several(entry_ids, findEntry),
    entry: ({ entry_id }: { entry_id: string }) => findEntry(entry_id),
    polymer_entities: ({ entity_ids }: { entity_ids: string[] }) => several(entity_ids, findEntity),
    polymer_entity: ({ entry_id, entity_id }: { entry_id: string; entity_id: string }) => findEntity(`${entry_id}_${entity_id}`),
    chem_comps: ({ comp_ids }: { comp_ids: (string | null)[] }) => several(comp_ids, findComponent),
  };
  const standIn: Pdb = await StandIn.start({
    name: 'pdb',
    base: '',
    routes: [{ name: 'graphql', method: 'POST', path: /^\/graphql$/, answer }],
    refuse: () => ({ status: 429, headers: { 'retry-after': '1' }, body: { status: 429, message: 'Too many requests' } }),
  });

  async function answer(request: StandInRequest): Promise<StandInReply> {
    let asked: { query?: unknown; variables?: Record<string, unknown> | null; operationName?: string | null };
    try {
      asked = JSON.parse(request.body) as typeof asked;
    } catch {
      return { status: 400, body: { errors: [{ message: 'Invalid JSON' }] } };
    }
    if (typeof asked.query !== 'string') return { status: 400, body: { errors: [{ message: 'Query is missing' }] } };
    const result = await graphql({ schema, source: asked.query, rootValue: root, variableValues: asked.variables, operationName: asked.operationName });
    const field = Object.entries(result.data ?? {}).find(([, value]) => Array.isArray(value));
    if (!field) return { body: result };
    return listReply({
      rows: field[1] as readonly unknown[],
      // A client may have asked for the id under a name of its own.
      renamed: (row) => (row === null ? null : Object.fromEntries(Object.entries(row as object).map(([key, value]) => [key, typeof value === 'string' && /^\d[A-Z0-9]{3}(_\d+)?$/.test(value) ? '9ZZZ' : value]))),
      write: (rows) => ({ body: { ...result, data: { ...result.data, [field[0]]: rows } } }),
    });
  }
  return standIn;
}

/** What the real source asks its clients to keep to. */
export const pdbLimits = { perSecond: 20, concurrent: 4 } as const;

/** Entries of the Protein Data Bank. Numbers and dates are given only where they are beyond doubt; the others are null in the answer. */
export interface StructureEntity {
  readonly description: string;
  /** Absent for entities that are no protein. */
  readonly uniprot?: readonly string[];
}

export interface Structure {
  readonly id: string;
  readonly title: string;
  readonly method: 'X-RAY DIFFRACTION' | 'SOLUTION NMR' | 'ELECTRON MICROSCOPY';
  readonly deposited?: string;
  readonly released?: string;
  /** kDa. */
  readonly weight?: number;
  readonly atoms?: number;
  readonly entities: readonly StructureEntity[];
}

const one = (description: string, ...uniprot: string[]): StructureEntity => ({ description, uniprot });
const haemoglobin = [one('Hemoglobin subunit alpha', 'P69905'), one('Hemoglobin subunit beta', 'P68871')];

export const structures: readonly Structure[] = [
  { id: '4HHB', title: 'THE CRYSTAL STRUCTURE OF HUMAN DEOXYHAEMOGLOBIN AT 1.74 ANGSTROMS RESOLUTION', method: 'X-RAY DIFFRACTION', deposited: '1984-03-07T00:00:00Z', released: '1984-07-17T00:00:00Z', weight: 64.74, atoms: 4779, entities: haemoglobin },
  { id: '1A3N', title: 'DEOXY HUMAN HEMOGLOBIN', method: 'X-RAY DIFFRACTION', entities: haemoglobin },
  { id: '1IYT', title: "Solution structure of the Alzheimer's disease amyloid beta-peptide (1-42)", method: 'SOLUTION NMR', entities: [one('Amyloid-beta precursor protein', 'P05067')] },
  { id: '5OQV', title: 'Near-atomic resolution fibril structure of complete amyloid-beta(1-42) by cryo-EM', method: 'ELECTRON MICROSCOPY', entities: [one('Amyloid-beta precursor protein', 'P05067')] },
  { id: '1TUP', title: 'TUMOR SUPPRESSOR P53 COMPLEXED WITH DNA', method: 'X-RAY DIFFRACTION', entities: [{ description: 'DNA, first strand' }, { description: 'DNA, second strand' }, one('Cellular tumor antigen p53', 'P04637')] },
  { id: '1M17', title: 'Epidermal Growth Factor Receptor tyrosine kinase domain with 4-anilinoquinazoline inhibitor erlotinib', method: 'X-RAY DIFFRACTION', entities: [one('Epidermal growth factor receptor', 'P00533')] },
  { id: '1IVO', title: 'Crystal Structure of the Complex of Human Epidermal Growth Factor and Receptor Extracellular Domains', method: 'X-RAY DIFFRACTION', entities: [one('Epidermal growth factor receptor', 'P00533'), one('Epidermal growth factor', 'P01133')] },
  { id: '2HYY', title: 'Human Abl kinase domain in complex with imatinib (STI571, Glivec)', method: 'X-RAY DIFFRACTION', entities: [one('Tyrosine-protein kinase ABL1', 'P00519')] },
  { id: '5KIR', title: 'The Structure of Vioxx Bound to Human COX-2', method: 'X-RAY DIFFRACTION', entities: [one('Prostaglandin G/H synthase 2', 'P35354')] },
  { id: '1EMA', title: 'GREEN FLUORESCENT PROTEIN FROM AEQUOREA VICTORIA', method: 'X-RAY DIFFRACTION', entities: [one('Green fluorescent protein', 'P42212')] },
  { id: '1GFL', title: 'STRUCTURE OF GREEN FLUORESCENT PROTEIN', method: 'X-RAY DIFFRACTION', entities: [one('Green fluorescent protein', 'P42212')] },
  { id: '1MBN', title: 'The stereochemistry of the protein myoglobin', method: 'X-RAY DIFFRACTION', deposited: '1973-04-05T00:00:00Z', released: '1976-05-19T00:00:00Z', entities: [one('Myoglobin', 'P02185')] },
  { id: '1MBO', title: 'STRUCTURE AND REFINEMENT OF OXYMYOGLOBIN AT 1.6 ANGSTROMS RESOLUTION', method: 'X-RAY DIFFRACTION', entities: [one('Myoglobin', 'P02185')] },
  { id: '1TRZ', title: 'CRYSTALLOGRAPHIC EVIDENCE FOR DUAL COORDINATION AROUND ZINC IN THE T3R3 HUMAN INSULIN HEXAMER', method: 'X-RAY DIFFRACTION', entities: [one('Insulin A chain', 'P01308'), one('Insulin B chain', 'P01308')] },
  { id: '1LYZ', title: 'REAL-SPACE REFINEMENT OF THE STRUCTURE OF HEN EGG-WHITE LYSOZYME', method: 'X-RAY DIFFRACTION', entities: [one('Lysozyme C', 'P00698')] },
  { id: '193L', title: 'THE 1.33 A STRUCTURE OF TETRAGONAL HEN EGG WHITE LYSOZYME', method: 'X-RAY DIFFRACTION', entities: [one('Lysozyme C', 'P00698')] },
  { id: '5P21', title: 'REFINED CRYSTAL STRUCTURE OF THE TRIPHOSPHATE CONFORMATION OF H-RAS P21 AT 1.35 ANGSTROMS RESOLUTION', method: 'X-RAY DIFFRACTION', entities: [one('GTPase HRas', 'P01112')] },
  { id: '4OBE', title: 'Crystal Structure of GDP-bound Human KRas', method: 'X-RAY DIFFRACTION', entities: [one('GTPase KRas', 'P01116')] },
  { id: '1UWH', title: 'The complex of wild type B-RAF and BAY439006', method: 'X-RAY DIFFRACTION', entities: [one('Serine/threonine-protein kinase B-raf', 'P15056')] },
  { id: '1XQ8', title: 'Human micelle-bound alpha-synuclein', method: 'SOLUTION NMR', entities: [one('Alpha-synuclein', 'P37840')] },
  { id: '6VXX', title: 'Structure of the SARS-CoV-2 spike glycoprotein (closed state)', method: 'ELECTRON MICROSCOPY', entities: [one('Spike glycoprotein', 'P0DTC2')] },
  { id: '6VSB', title: 'Prefusion 2019-nCoV spike glycoprotein with a single receptor-binding domain up', method: 'ELECTRON MICROSCOPY', entities: [one('Spike glycoprotein', 'P0DTC2')] },
  { id: '6LU7', title: 'The crystal structure of COVID-19 main protease in complex with an inhibitor N3', method: 'X-RAY DIFFRACTION', entities: [one('3C-like proteinase nsp5', 'P0DTD1'), { description: 'Inhibitor N3' }] },
  { id: '1AO6', title: 'CRYSTAL STRUCTURE OF HUMAN SERUM ALBUMIN', method: 'X-RAY DIFFRACTION', entities: [one('Albumin', 'P02768')] },
  { id: '1BNA', title: 'STRUCTURE OF A B-DNA DODECAMER. CONFORMATION AND DYNAMICS', method: 'X-RAY DIFFRACTION', entities: [{ description: 'DNA' }] },
];

/** Entries of a protein, by UniProt accession. */
export function structuresOf(accession: string): readonly Structure[] {
  return structures.filter((structure) => structure.entities.some((entity) => entity.uniprot?.includes(accession)));
}

/**
 * Facts about namespaces of identifiers. Prefixes and titles follow the Bioregistry (https://bioregistry.io, CC0 1.0); the patterns
 * are those that the authorities document. A namespace that is not here may be used all the same: then only its prefix is known.
 */
export interface NamespaceFacts {
  readonly title: string;
  /** A regular expression of a whole identifier. */
  readonly pattern: string;
  readonly example: string;
  readonly homepage: string;
}

export const knownNamespaces: ReadonlyMap<string, NamespaceFacts> = new Map(Object.entries({
  atc: { title: 'Anatomical Therapeutic Chemical Classification', pattern: '^[A-Z](\\d{2}([A-Z]([A-Z](\\d{2})?)?)?)?$', example: 'A10BA02', homepage: 'https://www.whocc.no/atc_ddd_index/' },
  cas: { title: 'CAS Registry Number', pattern: '^\\d{2,7}-\\d{2}-\\d$', example: '50-00-0', homepage: 'https://commonchemistry.cas.org' },
  chebi: { title: 'Chemical Entities of Biological Interest', pattern: '^\\d+$', example: '24867', homepage: 'https://www.ebi.ac.uk/chebi/' },
  chembl: { title: 'ChEMBL', pattern: '^CHEMBL\\d+$', example: 'CHEMBL25', homepage: 'https://www.ebi.ac.uk/chembl/' },
  'chembl.compound': { title: 'ChEMBL compound', pattern: '^CHEMBL\\d+$', example: 'CHEMBL25', homepage: 'https://www.ebi.ac.uk/chembl/' },
  'chembl.target': { title: 'ChEMBL target', pattern: '^CHEMBL\\d+$', example: 'CHEMBL2842', homepage: 'https://www.ebi.ac.uk/chembl/' },
  doi: { title: 'Digital Object Identifier', pattern: '^10\\.\\d{4,9}/\\S+$', example: '10.1038/nbt1156', homepage: 'https://www.doi.org' },
  drugbank: { title: 'DrugBank', pattern: '^DB\\d{5}$', example: 'DB00316', homepage: 'https://go.drugbank.com' },
  ensembl: { title: 'Ensembl', pattern: '^ENS[A-Z]{0,6}\\d{11}(\\.\\d+)?$', example: 'ENSG00000139618', homepage: 'https://www.ensembl.org' },
  go: { title: 'Gene Ontology', pattern: '^\\d{7}$', example: '0032571', homepage: 'https://geneontology.org' },
  hgnc: { title: 'HUGO Gene Nomenclature Committee', pattern: '^\\d{1,5}$', example: '16793', homepage: 'https://www.genenames.org' },
  icd10: { title: 'International Classification of Diseases, 10th Revision', pattern: '^[A-Z]\\d[0-9A-Z](\\.[0-9A-Z]{1,4})?$', example: 'C34.1', homepage: 'https://icd.who.int/browse10/' },
  inchikey: { title: 'InChIKey', pattern: '^[A-Z]{14}-[A-Z]{10}-[A-Z]$', example: 'RYYVLZVUVIJVGH-UHFFFAOYSA-N', homepage: 'https://www.inchi-trust.org' },
  loinc: { title: 'Logical Observation Identifiers Names and Codes', pattern: '^\\d{1,7}-\\d$', example: '4544-3', homepage: 'https://loinc.org' },
  mesh: { title: 'Medical Subject Headings', pattern: '^[CD]\\d{6,9}$', example: 'D010146', homepage: 'https://www.nlm.nih.gov/mesh/' },
  ncbigene: { title: 'NCBI Gene', pattern: '^\\d+$', example: '100010', homepage: 'https://www.ncbi.nlm.nih.gov/gene' },
  ncbitaxon: { title: 'NCBI Taxonomy', pattern: '^\\d+$', example: '9606', homepage: 'https://www.ncbi.nlm.nih.gov/taxonomy' },
  orcid: { title: 'Open Researcher and Contributor ID', pattern: '^\\d{4}-\\d{4}-\\d{4}-\\d{3}[\\dX]$', example: '0000-0002-1825-0097', homepage: 'https://orcid.org' },
  pdb: { title: 'Protein Data Bank', pattern: '^[0-9][A-Za-z0-9]{3}$', example: '2gc4', homepage: 'https://www.wwpdb.org' },
  'pubchem.compound': { title: 'PubChem compound', pattern: '^\\d+$', example: '100101', homepage: 'https://pubchem.ncbi.nlm.nih.gov' },
  ror: { title: 'Research Organization Registry', pattern: '^0[a-z0-9]{6}\\d{2}$', example: '02mhbdp94', homepage: 'https://ror.org' },
  uniprot: { title: 'UniProt', pattern: '^([OPQ]\\d[A-Z0-9]{3}\\d|[A-NR-Z]\\d([A-Z][A-Z0-9]{2}\\d){1,2})$', example: 'P05067', homepage: 'https://www.uniprot.org' },
} satisfies Record<string, NamespaceFacts>));

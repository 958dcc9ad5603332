/**
 * Well-known proteins as UniProt has them. Only what is beyond doubt is given: a mass or a sequence that is not here is left out of the
 * answer, as the real source leaves out what it does not have.
 */
export interface Protein {
  readonly accession: string;
  readonly id: string;
  readonly name: string;
  readonly gene: string;
  readonly organism: string;
  readonly taxon: number;
  readonly length: number;
  readonly mass?: number;
  readonly sequence?: string;
  /** ChEMBL target. */
  readonly chembl?: string;
}

const human = { organism: 'Homo sapiens', taxon: 9606 } as const;
const sars2 = { organism: 'Severe acute respiratory syndrome coronavirus 2', taxon: 2697049 } as const;

export const proteins: readonly Protein[] = [
  { accession: 'P05067', id: 'A4_HUMAN', name: 'Amyloid-beta precursor protein', gene: 'APP', ...human, length: 770, mass: 86943, chembl: 'CHEMBL2487' },
  { accession: 'P04637', id: 'P53_HUMAN', name: 'Cellular tumor antigen p53', gene: 'TP53', ...human, length: 393, mass: 43653, chembl: 'CHEMBL4096' },
  { accession: 'P69905', id: 'HBA_HUMAN', name: 'Hemoglobin subunit alpha', gene: 'HBA1', ...human, length: 142, mass: 15258,
    sequence: 'MVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSHGSAQVKGHGKKVADALTNAVAHVDDMPNALSALSDLHAHKLRVDPVNFKLLSHCLLVTLAAHLPAEFTPAVHASLDKFLASVSTVLTSKYR' },
  { accession: 'P68871', id: 'HBB_HUMAN', name: 'Hemoglobin subunit beta', gene: 'HBB', ...human, length: 147, mass: 15998,
    sequence: 'MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCVLAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH' },
  { accession: 'P00533', id: 'EGFR_HUMAN', name: 'Epidermal growth factor receptor', gene: 'EGFR', ...human, length: 1210, mass: 134277, chembl: 'CHEMBL203' },
  { accession: 'P01308', id: 'INS_HUMAN', name: 'Insulin', gene: 'INS', ...human, length: 110, mass: 11981,
    sequence: 'MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN' },
  { accession: 'P38398', id: 'BRCA1_HUMAN', name: 'Breast cancer type 1 susceptibility protein', gene: 'BRCA1', ...human, length: 1863 },
  { accession: 'P51587', id: 'BRCA2_HUMAN', name: 'Breast cancer type 2 susceptibility protein', gene: 'BRCA2', ...human, length: 3418 },
  { accession: 'P00519', id: 'ABL1_HUMAN', name: 'Tyrosine-protein kinase ABL1', gene: 'ABL1', ...human, length: 1130, chembl: 'CHEMBL1862' },
  { accession: 'P23219', id: 'PGH1_HUMAN', name: 'Prostaglandin G/H synthase 1', gene: 'PTGS1', ...human, length: 599, chembl: 'CHEMBL221' },
  { accession: 'P35354', id: 'PGH2_HUMAN', name: 'Prostaglandin G/H synthase 2', gene: 'PTGS2', ...human, length: 604, chembl: 'CHEMBL230' },
  { accession: 'P04406', id: 'G3P_HUMAN', name: 'Glyceraldehyde-3-phosphate dehydrogenase', gene: 'GAPDH', ...human, length: 335 },
  { accession: 'P60709', id: 'ACTB_HUMAN', name: 'Actin, cytoplasmic 1', gene: 'ACTB', ...human, length: 375 },
  { accession: 'P02768', id: 'ALBU_HUMAN', name: 'Albumin', gene: 'ALB', ...human, length: 609 },
  { accession: 'P21802', id: 'FGFR2_HUMAN', name: 'Fibroblast growth factor receptor 2', gene: 'FGFR2', ...human, length: 821, chembl: 'CHEMBL4142' },
  { accession: 'P02144', id: 'MYG_HUMAN', name: 'Myoglobin', gene: 'MB', ...human, length: 154 },
  { accession: 'P01112', id: 'RASH_HUMAN', name: 'GTPase HRas', gene: 'HRAS', ...human, length: 189 },
  { accession: 'P01116', id: 'RASK_HUMAN', name: 'GTPase KRas', gene: 'KRAS', ...human, length: 189 },
  { accession: 'P15056', id: 'BRAF_HUMAN', name: 'Serine/threonine-protein kinase B-raf', gene: 'BRAF', ...human, length: 766, chembl: 'CHEMBL5145' },
  { accession: 'P04626', id: 'ERBB2_HUMAN', name: 'Receptor tyrosine-protein kinase erbB-2', gene: 'ERBB2', ...human, length: 1255, chembl: 'CHEMBL1824' },
  { accession: 'P37840', id: 'SYUA_HUMAN', name: 'Alpha-synuclein', gene: 'SNCA', ...human, length: 140 },
  { accession: 'P10636', id: 'TAU_HUMAN', name: 'Microtubule-associated protein tau', gene: 'MAPT', ...human, length: 758 },
  { accession: 'P02649', id: 'APOE_HUMAN', name: 'Apolipoprotein E', gene: 'APOE', ...human, length: 317 },
  { accession: 'P13569', id: 'CFTR_HUMAN', name: 'Cystic fibrosis transmembrane conductance regulator', gene: 'CFTR', ...human, length: 1480 },
  { accession: 'P99999', id: 'CYC_HUMAN', name: 'Cytochrome c', gene: 'CYCS', ...human, length: 105 },
  { accession: 'P01133', id: 'EGF_HUMAN', name: 'Pro-epidermal growth factor', gene: 'EGF', ...human, length: 1207 },
  { accession: 'P42212', id: 'GFP_AEQVI', name: 'Green fluorescent protein', gene: 'GFP', organism: 'Aequorea victoria', taxon: 6100, length: 238 },
  { accession: 'P00698', id: 'LYSC_CHICK', name: 'Lysozyme C', gene: 'LYZ', organism: 'Gallus gallus', taxon: 9031, length: 147 },
  { accession: 'P02185', id: 'MYG_PHYMC', name: 'Myoglobin', gene: 'MB', organism: 'Physeter macrocephalus', taxon: 9755, length: 154 },
  { accession: 'P01942', id: 'HBA_MOUSE', name: 'Hemoglobin subunit alpha', gene: 'Hba', organism: 'Mus musculus', taxon: 10090, length: 142 },
  { accession: 'P0DTC2', id: 'SPIKE_SARS2', name: 'Spike glycoprotein', gene: 'S', ...sars2, length: 1273 },
  { accession: 'P0DTD1', id: 'R1AB_SARS2', name: 'Replicase polyprotein 1ab', gene: 'rep', ...sars2, length: 7096 },
];

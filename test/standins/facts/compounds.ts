/** Well-known compounds with their identifiers in ChEMBL, PubChem and as standard InChI keys; the key is what the two databases are joined by. */
export interface Compound {
  readonly name: string;
  readonly chembl?: string;
  readonly cid?: number;
  /** Component id in the Protein Data Bank. */
  readonly component?: string;
  readonly formula?: string;
  /** g/mol. */
  readonly weight?: string;
  readonly inchiKey?: string;
  readonly smiles?: string;
  readonly phase?: string;
  /** Targets (ChEMBL) that it is a medicine for, with the mechanism. */
  readonly acts?: readonly { readonly target: string; readonly mechanism: string }[];
}

const cyclooxygenase = [{ target: 'CHEMBL221', mechanism: 'Cyclooxygenase inhibitor' }, { target: 'CHEMBL230', mechanism: 'Cyclooxygenase inhibitor' }];
const cox2 = [{ target: 'CHEMBL230', mechanism: 'Cyclooxygenase-2 inhibitor' }];
const egfr = [{ target: 'CHEMBL203', mechanism: 'Epidermal growth factor receptor erbB1 inhibitor' }];

export const compounds: readonly Compound[] = [
  { name: 'ASPIRIN', chembl: 'CHEMBL25', cid: 2244, component: 'AIN', formula: 'C9H8O4', weight: '180.16', inchiKey: 'BSYNRYMUTXBXSQ-UHFFFAOYSA-N', smiles: 'CC(=O)OC1=CC=CC=C1C(=O)O', phase: '4.0', acts: cyclooxygenase },
  { name: 'CAFFEINE', chembl: 'CHEMBL113', cid: 2519, component: 'CFF', formula: 'C8H10N4O2', weight: '194.19', inchiKey: 'RYYVLZVUVIJVGH-UHFFFAOYSA-N', smiles: 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C', phase: '4.0' },
  { name: 'IBUPROFEN', chembl: 'CHEMBL521', cid: 3672, formula: 'C13H18O2', weight: '206.28', inchiKey: 'HEFNNWSXXWATRW-UHFFFAOYSA-N', smiles: 'CC(C)CC1=CC=C(C=C1)C(C)C(=O)O', phase: '4.0', acts: cyclooxygenase },
  { name: 'ACETAMINOPHEN', chembl: 'CHEMBL112', cid: 1983, component: 'TYL', formula: 'C8H9NO2', weight: '151.16', inchiKey: 'RZVAJINKPMORJF-UHFFFAOYSA-N', smiles: 'CC(=O)NC1=CC=C(C=C1)O', phase: '4.0' },
  { name: 'IMATINIB', chembl: 'CHEMBL941', cid: 5291, component: 'STI', formula: 'C29H31N7O', weight: '493.6', inchiKey: 'KTUFNOKKBVMGRW-UHFFFAOYSA-N', smiles: 'CC1=C(C=C(C=C1)NC(=O)C2=CC=C(C=C2)CN3CCN(CC3)C)NC4=NC=CC(=N4)C5=CN=CC=C5', phase: '4.0', acts: [{ target: 'CHEMBL1862', mechanism: 'Tyrosine-protein kinase ABL inhibitor' }] },
  { name: 'IMATINIB MESYLATE', chembl: 'CHEMBL1642', cid: 123596, formula: 'C30H35N7O4S', weight: '589.7', inchiKey: 'YLMAHDNUQAMNNX-UHFFFAOYSA-N', phase: '4.0' },
  { name: 'ERLOTINIB', chembl: 'CHEMBL553', cid: 176870, component: 'AQ4', formula: 'C22H23N3O4', weight: '393.4', inchiKey: 'AAKJLRGGTJKAMG-UHFFFAOYSA-N', smiles: 'COCCOC1=C(C=C2C(=C1)C(=NC=N2)NC3=CC=CC(=C3)C#C)OCCOC', phase: '4.0', acts: egfr },
  { name: 'GEFITINIB', chembl: 'CHEMBL939', cid: 123631, component: 'IRE', formula: 'C22H24ClFN4O3', weight: '446.9', inchiKey: 'XGALLCVXEZPNRQ-UHFFFAOYSA-N', smiles: 'COC1=C(C=C2C(=C1)N=CN=C2NC3=CC(=C(C=C3)F)Cl)OCCCN4CCOCC4', phase: '4.0', acts: egfr },
  { name: 'CELECOXIB', chembl: 'CHEMBL118', cid: 2662, component: 'CEL', formula: 'C17H14F3N3O2S', weight: '381.4', inchiKey: 'RZEKVGVHFLEQIL-UHFFFAOYSA-N', smiles: 'CC1=CC=C(C=C1)C2=CC(=NN2C3=CC=C(C=C3)S(=O)(=O)N)C(F)(F)F', phase: '4.0', acts: cox2 },
  { name: 'ROFECOXIB', chembl: 'CHEMBL122', cid: 5090, component: 'RCX', formula: 'C17H14O4S', weight: '314.4', inchiKey: 'RZJQGNCSTQAWON-UHFFFAOYSA-N', smiles: 'CS(=O)(=O)C1=CC=C(C=C1)C2=C(C(=O)OC2)C3=CC=CC=C3', phase: '4.0', acts: cox2 },
  { name: 'SILDENAFIL', chembl: 'CHEMBL192', cid: 135398744, component: 'VIA', formula: 'C22H30N6O4S', weight: '474.6', inchiKey: 'BNRNXUUZRGQAQC-UHFFFAOYSA-N', phase: '4.0' },
  { name: 'VEMURAFENIB', chembl: 'CHEMBL1229517', cid: 42611257, component: '032', formula: 'C23H18ClF2N3O3S', weight: '489.9', inchiKey: 'GPXBXXGIAQBQNI-UHFFFAOYSA-N', phase: '4.0', acts: [{ target: 'CHEMBL5145', mechanism: 'Serine/threonine-protein kinase B-raf inhibitor' }] },
  { name: 'SORAFENIB', chembl: 'CHEMBL1336', cid: 216239, component: 'BAX', formula: 'C21H16ClF3N4O3', weight: '464.8', inchiKey: 'MLDQJTXFUGDVEO-UHFFFAOYSA-N', phase: '4.0' },
  { name: 'ATORVASTATIN', chembl: 'CHEMBL1487', cid: 60823, component: '117', formula: 'C33H35FN2O5', weight: '558.6', inchiKey: 'XUKUURHRXDUEBC-KAYWLYCHSA-N', phase: '4.0' },
  { name: 'METFORMIN', chembl: 'CHEMBL1431', cid: 4091, formula: 'C4H11N5', weight: '129.16', inchiKey: 'XZWYZXLIPXDOLR-UHFFFAOYSA-N', smiles: 'CN(C)C(=N)N=C(N)N', phase: '4.0' },
  { name: 'ALCOHOL', chembl: 'CHEMBL545', cid: 702, component: 'EOH', formula: 'C2H6O', weight: '46.07', inchiKey: 'LFQSCWFLJHTTHZ-UHFFFAOYSA-N', smiles: 'CCO', phase: '4.0' },
  { name: 'NICOTINE', chembl: 'CHEMBL3', cid: 89594, formula: 'C10H14N2', weight: '162.23', inchiKey: 'SNICXCGAKADSCV-JTQLQIEISA-N', phase: '4.0' },
  { name: 'MORPHINE', chembl: 'CHEMBL70', cid: 5288826, formula: 'C17H19NO3', weight: '285.34', inchiKey: 'BQJCRHHNABKAKU-KBQPJGBKSA-N', phase: '4.0' },
  { name: 'NAPROXEN', chembl: 'CHEMBL154', cid: 156391, component: 'NPS', formula: 'C14H14O3', weight: '230.26', inchiKey: 'CMWTZPSULFXXJA-VIFPVBQESA-N', phase: '4.0', acts: cyclooxygenase },
  { name: 'DICLOFENAC', chembl: 'CHEMBL139', cid: 3033, component: 'DIF', formula: 'C14H11Cl2NO2', weight: '296.1', inchiKey: 'DCOPUUMXTXDBNB-UHFFFAOYSA-N', smiles: 'C1=CC=C(C(=C1)CC(=O)O)NC2=C(C=CC=C2Cl)Cl', phase: '4.0', acts: cyclooxygenase },
  { name: 'INDOMETHACIN', chembl: 'CHEMBL6', cid: 3715, component: 'IMN', formula: 'C19H16ClNO4', weight: '357.8', inchiKey: 'CGIGDMFJXJATDK-UHFFFAOYSA-N', phase: '4.0', acts: cyclooxygenase },
  { name: 'PACLITAXEL', chembl: 'CHEMBL428647', cid: 36314, component: 'TA1', formula: 'C47H51NO14', weight: '853.9', inchiKey: 'RCINICONZNJXQF-MZXODVADSA-N', phase: '4.0' },
  { name: 'DOXORUBICIN', chembl: 'CHEMBL53463', cid: 31703, component: 'DM2', formula: 'C27H29NO11', weight: '543.5', inchiKey: 'AOJJSUZBOXZQNB-TZSSRYMLSA-N', phase: '4.0' },
  // A biological medicine has neither structure nor computed properties: both objects are null.
  { name: 'TRASTUZUMAB', chembl: 'CHEMBL1201585', phase: '4.0', acts: [{ target: 'CHEMBL1824', mechanism: 'Receptor protein-tyrosine kinase erbB-2 inhibitor' }] },
  { name: 'WATER', cid: 962, component: 'HOH', formula: 'H2O', weight: '18.015', inchiKey: 'XLYOFNOQVPJJNP-UHFFFAOYSA-N', smiles: 'O' },
  { name: 'ATP', cid: 5957, component: 'ATP', formula: 'C10H16N5O13P3', weight: '507.18', inchiKey: 'ZKHQWZAMYRWXGA-KQYNXXCUSA-N' },
  { name: 'HEME', component: 'HEM', formula: 'C34H32FeN4O4' },
];

/** One query over a laboratory's table, UniProt, the Protein Data Bank, AlphaFold DB, ChEMBL and the Materials Project (OPTIMADE). */
export const fiveDatabases = `# Rows of a laboratory, and what five databases know of them.
# \`npm run demo:federation\` starts stand-ins of these; without internet their fields are null, each with its reason.
query FiveDatabases {
  dasan {
    inhibitors {
      inhibitors(first: 5, orderBy: [{ medicine: ASC }]) {
        nodes {
          medicine
          gene
          compound { name maxPhase molecularWeight }
          protein {
            name
            length
            structures(first: 2) { nodes { entry name method } }
            prediction { confidence }
          }
        }
      }
    }
  }
  materialsProject {
    crystals {
      structures(first: 2, where: { elements: { containsAll: ["Si", "O"] } }) { nodes { id chemicalFormulaReduced nsites } }
    }
  }
}
`;

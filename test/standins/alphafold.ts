/** AlphaFold DB: one accession a request, an array for an answer, 404 where there is no model. */
import { proteins } from './facts/proteins.js';
import type { StandInReply } from './faults.js';
import { listReply, StandIn } from './standIn.js';

const accessions = /^[A-Z][0-9][A-Z0-9]{4,8}$/;

/** No model for the long ones and for viruses. */
const modelled = proteins.filter((protein) => protein.length <= 2700 && !protein.id.endsWith('_SARS2'));

export function startAlphafold(): Promise<StandIn> {
  return StandIn.start({ name: 'alphafold', base: '/api', routes: [{ name: 'prediction', method: 'GET', path: /^\/prediction\/([^/]+)$/, answer: (_, [accession = '']) => prediction(accession) }] });
}

function prediction(accession: string): StandInReply {
  if (!accessions.test(accession)) return { status: 400, body: { error: 'Invalid qualifier' } };
  const protein = modelled.find((candidate) => candidate.accession === accession);
  if (!protein) return { status: 404, body: { error: 'No prediction available for the given qualifier' } };
  const id = `AF-${accession}-F1`;
  const file = (type: string): string => `https://alphafold.ebi.ac.uk/files/${id}-model_v4.${type}`;
  const model = {
    entryId: id, uniprotAccession: accession, uniprotId: protein.id, uniprotDescription: protein.name, gene: protein.gene, taxId: protein.taxon, organismScientificName: protein.organism,
    sequenceStart: 1, sequenceEnd: protein.length, latestVersion: 4, modelCreatedDate: '2022-06-01T00:00:00Z',
    // Confidence figures are samples: spread over the scale by the length, not those of the real models.
    globalMetricValue: 60 + ((protein.length * 7) % 3900) / 100, fractionPlddtVeryHigh: ((protein.length * 13) % 1000) / 1000,
    cifUrl: file('cif'), pdbUrl: file('pdb'), bcifUrl: file('bcif'),
  };
  return listReply({ rows: [model], renamed: (row) => ({ ...(row as object), uniprotAccession: 'Q9ZZZ9', entryId: 'AF-Q9ZZZ9-F1' }), write: (rows) => ({ body: rows }) });
}

/** UniProtKB: entries by accession (at most 1000 at once) and search with cursors in the Link header. */
import { createHash } from 'node:crypto';
import { proteins, type Protein } from './facts/proteins.js';
import { structuresOf } from './facts/structures.js';
import type { StandInReply, StandInRequest } from './faults.js';
import { addressOf, listReply, StandIn } from './standIn.js';
import { QueryMistake, readQuery } from './uniprotQuery.js';

const release = '2024_05';
const pattern = /^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})$/;

/** Parts of an entry by the name that asks for them in `fields`. Entry type and accession are always there. */
const parts: Readonly<Record<string, (p: Protein) => Readonly<Record<string, unknown>>>> = {
  accession: () => ({}),
  reviewed: () => ({}),
  id: (p) => ({ uniProtkbId: p.id }),
  protein_name: (p) => ({ proteinDescription: { recommendedName: { fullName: { value: p.name } } } }),
  gene_names: (p) => ({ genes: [{ geneName: { value: p.gene } }] }),
  organism_name: (p) => ({ organism: { scientificName: p.organism, taxonId: p.taxon } }),
  organism_id: (p) => ({ organism: { scientificName: p.organism, taxonId: p.taxon } }),
  length: sequence,
  mass: sequence,
  sequence,
  xref_pdb: (p) => ({ uniProtKBCrossReferences: crossReferences(p, 'PDB') }),
  xref_chembl: (p) => ({ uniProtKBCrossReferences: crossReferences(p, 'ChEMBL') }),
};

function sequence(p: Protein): Readonly<Record<string, unknown>> {
  return { sequence: { ...(p.sequence === undefined ? {} : { value: p.sequence, md5: createHash('md5').update(p.sequence).digest('hex').toUpperCase() }), length: p.length, ...(p.mass === undefined ? {} : { molWeight: p.mass }) } };
}

function crossReferences(p: Protein, database: 'PDB' | 'ChEMBL'): readonly unknown[] {
  if (database === 'ChEMBL') return p.chembl === undefined ? [] : [{ database, id: p.chembl, properties: [] }];
  return structuresOf(p.accession).map((structure) => ({ database, id: structure.id, properties: [{ key: 'Method', value: structure.method === 'SOLUTION NMR' ? 'NMR' : structure.method === 'ELECTRON MICROSCOPY' ? 'EM' : 'X-ray' }] }));
}

function entry(p: Protein, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = { entryType: 'UniProtKB reviewed (Swiss-Prot)', primaryAccession: p.accession };
  for (const field of fields) {
    for (const [key, value] of Object.entries(parts[field]!(p))) {
      result[key] = Array.isArray(value) && Array.isArray(result[key]) ? [...(result[key] as unknown[]), ...value] : value;
    }
  }
  return result;
}

const mistake = (request: StandInRequest, ...messages: string[]): StandInReply => ({ status: 400, body: { url: addressOf(request), messages } });

/** The fields asked for, or the message of what is wrong with them. */
function fieldsOf(request: StandInRequest): readonly string[] | string {
  const given = request.query.get('fields');
  const fields = given === null || given === '' ? Object.keys(parts) : given.split(',').map((field) => field.trim());
  const unknown = fields.find((field) => !Object.hasOwn(parts, field));
  return unknown === undefined ? fields : `Invalid fields parameter value '${unknown}'`;
}

function list(rows: readonly unknown[], next: string | undefined, total: number): StandInReply {
  return listReply({
    rows,
    renamed: (row) => ({ ...(row as object), primaryAccession: 'Q9ZZZ9' }),
    next,
    write: (written, following) => ({
      headers: { 'x-total-results': String(total), ...(following === undefined ? {} : { link: `<${following}>; rel="next"` }) },
      body: { results: written },
    }),
  });
}

function byAccession(request: StandInRequest): StandInReply {
  const accessions = (request.query.get('accessions') ?? '').split(',').filter((text) => text !== '');
  const fields = fieldsOf(request);
  if (typeof fields === 'string') return mistake(request, fields);
  if (accessions.length > 1000) return mistake(request, "Only '1000' accessions are allowed in each request.");
  const wrong = accessions.find((accession) => !pattern.test(accession));
  if (accessions.length === 0 || wrong !== undefined) return mistake(request, `Accession '${wrong ?? ''}' has invalid format. It should be a valid UniProtKB accession`);
  const found = proteins.filter((protein) => accessions.includes(protein.accession));
  return list(found.map((protein) => entry(protein, fields)), undefined, found.length);
}

const sorts: Readonly<Record<string, (p: Protein) => string | number>> = {
  accession: (p) => p.accession, id: (p) => p.id, gene: (p) => p.gene, protein_name: (p) => p.name, organism_name: (p) => p.organism, length: (p) => p.length, mass: (p) => p.mass ?? 0,
};

function search(request: StandInRequest): StandInReply {
  const parameters = request.query;
  const fields = fieldsOf(request);
  if (typeof fields === 'string') return mistake(request, fields);
  const size = Number(parameters.get('size') ?? 25);
  if (!Number.isInteger(size) || size < 0 || size > 500) return mistake(request, "'size' must be less than or equal to 500");
  let found: readonly Protein[];
  try {
    found = proteins.filter(readQuery(parameters.get('query') ?? ''));
  } catch (error) {
    if (error instanceof QueryMistake) return mistake(request, error.message);
    throw error;
  }
  const [column = '', direction = 'asc'] = (parameters.get('sort') ?? '').split(' ');
  if (column !== '') {
    const value = sorts[column];
    if (!value) return mistake(request, `Invalid sort field name '${column}'`);
    found = found.toSorted((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (direction === 'desc' ? -1 : 1));
  }
  const cursor = parameters.get('cursor');
  const start = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString('utf8').split(':')[1]);
  if (!Number.isInteger(start)) return mistake(request, 'Invalid cursor');
  const end = start + size;
  let next: string | undefined;
  if (end < found.length && size > 0) {
    const url = new URL(addressOf(request));
    url.searchParams.set('cursor', Buffer.from(`at:${end}`).toString('base64url'));
    next = url.href;
  }
  return list(found.slice(start, end).map((protein) => entry(protein, fields)), next, found.length);
}

export function startUniprot(): Promise<StandIn> {
  return StandIn.start({
    name: 'uniprot',
    base: '/uniprotkb',
    headers: { 'x-uniprot-release': release, 'x-uniprot-release-date': '02-October-2024' },
    routes: [
      { name: 'accessions', method: 'GET', path: /^\/accessions$/, answer: byAccession },
      { name: 'search', method: 'GET', path: /^\/search$/, answer: search },
      {
        name: 'entry', method: 'GET', path: /^\/([A-Z0-9]+)$/,
        answer: (request, [accession = '']) => {
          const found = proteins.find((protein) => protein.accession === accession);
          return found ? { body: entry(found, Object.keys(parts)) } : { status: pattern.test(accession) ? 404 : 400, body: { url: addressOf(request), messages: ['Resource not found'] } };
        },
      },
    ],
  });
}

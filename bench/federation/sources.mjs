/** The database and the source elsewhere as the hand-written server, the resolvers and the subgraphs ask them. */
import pg from 'pg';
import { Pool } from 'undici';

const database = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });
const rest = new Pool(process.env.BENCH_REST, { connections: null, pipelining: 1 });

export async function assaysOf(batch) {
  return (await database.query({ name: 'batch', text: 'select id, value, accession from bench.assays where batch = $1 order by id limit 100', values: [batch] })).rows;
}

/** One request, however many there are. By accession. */
export async function proteinsOf(accessions) {
  const { statusCode, body } = await rest.request({ path: `/proteins?accessions=${accessions.join(',')}`, method: 'GET' });
  if (statusCode !== 200) throw new Error(`the source answered ${statusCode}`);
  const { results } = await body.json();
  return new Map(results.map((one) => [one.primaryAccession, { accession: one.primaryAccession, name: one.name, organism: one.organism.scientificName, length: one.length }]));
}

/** 100,000 assays of 1,000 batches, a hundred in each; every assay names one of 100,000 proteins, a batch no protein twice. */
import pg from 'pg';

export const batches = 1_000;
export const accession = (n) => `P${String(n).padStart(5, '0')}`;
/** What the source elsewhere knows of a protein. */
export const record = (n) => ({ primaryAccession: accession(n), name: `Protein ${n}`, organism: { scientificName: n % 3 === 0 ? 'Danio rerio' : 'Homo sapiens', taxonId: n % 3 === 0 ? 7955 : 9606 }, length: 50 + (n * 7919) % 3000 });

/** A table as a publication makes it, and a view of readable names over it for the others. */
export async function generate(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    create schema dure_data; create schema bench;
    create table dure_data.s1 (_rid bigint not null, c1 int4, c2 int4, c3 text collate "C", c4 float8, c5 int4);
    insert into dure_data.s1 select i, i, (i - 1) / 100, 'P' || lpad((i::bigint * 7919 % 100000)::text, 5, '0'), (i::bigint * 104729 % 8192) / 8.0, 1 + i % 3 from generate_series(1, 100000) i;
    alter table dure_data.s1 add primary key (_rid);
    create unique index on dure_data.s1 (c1); create index on dure_data.s1 (c2, _rid); create index on dure_data.s1 (c3, _rid);
    create view bench.assays as select c1 id, c2 batch, c3 accession, c4 value, c5 grade from dure_data.s1`);
  await client.query('vacuum (analyze, freeze) dure_data.s1');
  await client.end();
}

/** The data set of the benchmark: 50 labs, 200,000 compounds, 1,000,000 assays; always the same values. */
import pg from 'pg';

const segments = {
  labs: { physical: 's1', columns: { id: 'int4', name: 'text collate "C"', country: 'text collate "C"' }, indexes: ['unique (c1)'] },
  compounds: {
    physical: 's2',
    columns: { id: 'int4', lab_id: 'int4', name: 'text collate "C"', formula: 'text collate "C"', mass: 'float8', logp: 'float8', batch: 'int4', made: 'date', grade: 'int4' },
    indexes: ['unique (c1)', '(c2, _rid)', '(c7, _rid)'],
  },
  assays: {
    physical: 's3',
    columns: { id: 'int4', compound_id: 'int4', day: 'date', value: 'float8', type: 'text collate "C"', run: 'int4', grade: 'int4' },
    indexes: ['unique (c1)', '(c2, _rid)', '(c3, _rid)', '(c6, _rid)'],
  },
};

// Only the first 100,000 compounds have assays, ten each, so that a parent has ten children to answer.
const rows = {
  labs: `select i, i, 'Lab ' || i, (array['KR', 'US', 'DE', 'JP', 'FR'])[1 + i % 5] from generate_series(1, 50) i`,
  compounds: `select i, i, 1 + (i::bigint * 7919 % 50), 'Compound ' || i, 'C' || i % 40 || 'H' || i % 83, 100 + (i::bigint * 7919 % 200003) / 1024.0, (i % 97) / 8.0, (i - 1) / 20, date '2020-01-01' + i % 1500, 1 + i % 3 from generate_series(1, 200000) i`,
  assays: `select i, i, 1 + (i - 1) / 10, date '2022-01-01' + (i::bigint * 7919 % 1000)::int, (i::bigint * 104729 % 8192) / 8.0, (array['IC50', 'EC50', 'Ki', 'Kd'])[1 + i % 4], (i - 1) / 1000, 1 + i % 3 from generate_series(1, 1000000) i`,
};

/** The tables with the indexes that a publication makes (primary key, foreign keys and facets with `_rid` behind), and views of readable names over them. */
export async function generate(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('create schema dure_data; create schema bench');
  for (const [name, { physical, columns, indexes }] of Object.entries(segments)) {
    const types = Object.values(columns).map((type, index) => `c${index + 1} ${type}`);
    await client.query(`create table dure_data.${physical} (_rid bigint not null, ${types.join(', ')})`);
    await client.query(`insert into dure_data.${physical} ${rows[name]}`);
    await client.query(`alter table dure_data.${physical} add primary key (_rid)`);
    for (const index of indexes) await client.query(index.startsWith('unique ') ? `create unique index on dure_data.${physical} ${index.slice(7)}` : `create index on dure_data.${physical} ${index}`);
    await client.query(`vacuum (analyze, freeze) dure_data.${physical}`);
    await client.query(`create view bench.${name} as select ${Object.keys(columns).map((column, index) => `c${index + 1} as ${column}`).join(', ')} from dure_data.${physical}`);
  }
  // What PostGraphile cannot read off a view it is told by smart comments; it groups by a function, as its users do without a plugin.
  await client.query(`
    comment on view bench.labs is E'@primaryKey id';
    comment on view bench.compounds is E'@primaryKey id\\n@foreignKey (lab_id) references labs (id)';
    comment on view bench.assays is E'@primaryKey id\\n@foreignKey (compound_id) references compounds (id)';
    create type bench.assay_stat as (type text, count int, avg float8, max float8);
    create function bench.assay_stats(from_day date, to_day date) returns setof bench.assay_stat language sql stable as
      $$ select type, count(*)::int, avg(value), max(value) from bench.assays where day >= from_day and day < to_day group by type order by type $$;`);
  await client.end();
}

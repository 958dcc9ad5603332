/** mercurius with its JIT and loaders, resolvers over hand-written prepared statements. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

pg.types.setTypeParser(1082, (text) => text);
const pool = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;
const app = Fastify();
app.register(mercurius, {
  jit: 1,
  schema: `
    type Compound { id: Int! name: String formula: String mass: Float logp: Float batch: Int made: String grade: Int assays: [Assay!]! }
    type Assay { id: Int! day: String value: Float type: String run: Int grade: Int compound: Compound }
    type Stat { type: String count: Int avg: Float max: Float }
    type Query { compound(id: Int!): Compound page(lab: Int!): [Compound!]! batch(batch: Int!): [Compound!]! stats(from: String!, to: String!): [Stat!]! run(run: Int!): [Assay!]! }`,
  resolvers: {
    Query: {
      compound: async (_, { id }) => (await rows('compound', 'select * from bench.compounds where id = $1', [id]))[0],
      page: (_, { lab }) => rows('page', 'select * from bench.compounds where lab_id = $1 order by mass desc limit 100', [lab]),
      batch: (_, { batch }) => rows('batch', 'select * from bench.compounds where batch = $1 order by id limit 20', [batch]),
      stats: (_, { from, to }) => rows('stats', 'select type, count(*)::int count, avg(value) avg, max(value) max from bench.assays where day >= $1 and day < $2 group by type order by type', [from, to]),
      run: (_, { run }) => rows('run', 'select * from bench.assays where run = $1 order by id limit 1000', [run]),
    },
  },
  loaders: {
    Compound: {
      async assays(queries) {
        const found = await rows('assays', 'select a.* from unnest($1::int[]) k(id) cross join lateral (select * from bench.assays where compound_id = k.id order by id limit 10) a', [queries.map(({ obj }) => obj.id)]);
        const by = Map.groupBy(found, (row) => row.compound_id);
        return queries.map(({ obj }) => by.get(obj.id) ?? []);
      },
    },
    Assay: {
      async compound(queries) {
        const found = await rows('compounds', 'select * from bench.compounds where id = any($1::int[])', [[...new Set(queries.map(({ obj }) => obj.compound_id))]]);
        const by = new Map(found.map((row) => [row.id, row]));
        return queries.map(({ obj }) => by.get(obj.compound_id));
      },
    },
  },
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });

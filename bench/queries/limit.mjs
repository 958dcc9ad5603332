/** LIMIT: a bare node:http handler; each operation is one hand-written prepared statement that returns JSON. */
import { createServer } from 'node:http';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });
const { list } = {
  list: (fields, from) => `select coalesce(json_agg(json_build_object(${fields.map((f) => `'${f}', ${f}`).join(', ')})), '[]')::text from (${from}) t`,
};
const compound = ['id', 'name', 'formula', 'mass', 'logp', 'made'];
const statements = {
  lookup: `select json_build_object(${compound.map((f) => `'${f}', ${f}`).join(', ')})::text from bench.compounds where id = $1`,
  page: list([...compound, 'batch', 'grade'], 'select * from bench.compounds where lab_id = $1 order by mass desc limit 100'),
  nested: `select json_agg(json_build_object('id', c.id, 'name', c.name, 'assays', (
      select json_agg(json_build_object('id', a.id, 'value', a.value, 'compound', json_build_object('name', p.name))) from (select * from bench.assays where compound_id = c.id order by id limit 10) a join bench.compounds p on p.id = a.compound_id
    )))::text from (select * from bench.compounds where batch = $1 order by id limit 20) c`,
  groups: list(['type', 'count', 'avg', 'max'], `select type, count(*) count, avg(value) avg, max(value) max from bench.assays where day >= $1 and day < $2 group by type order by type`),
  list: list(['id', 'day', 'value', 'type', 'run', 'grade'], 'select * from bench.assays where run = $1 order by id limit 1000'),
};

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    try {
      const { op, values } = JSON.parse(Buffer.concat(parts).toString());
      const { rows } = await pool.query({ name: op, text: statements[op], values, rowMode: 'array' });
      const text = rows[0][0];
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

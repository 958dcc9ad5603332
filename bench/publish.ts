/**
 * Publishing against a bare COPY of the same rows plus the same indexes, in one run: `npm run bench:publish [ROWS]`.
 * The publication decodes, checks and encodes every value; the bare COPY reads text that was encoded before.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyText } from '../src/publish/copyText.js';
import { parseDescriptor } from '../src/publish/descriptor.js';
import { packageLimits } from '../src/publish/limits.js';
import { loadTable } from '../src/publish/loadTable.js';
import { nameTables } from '../src/publish/nameTables.js';
import { MistakeList } from '../src/publish/report.js';
import { copySegmentSql, createSegmentSql, lookupIndexes, uniqueIndexes } from '../src/publish/segmentSql.js';
import { draftTables } from '../src/publish/tableDraft.js';
import { createDataSource, migrate } from '../src/storage/dataSource.js';
import { startEmbedded } from '../src/storage/embedded.js';

const rows = Number(process.argv[2] ?? 500_000);
const fields = [
  { name: 'id', type: 'integer' }, { name: 'compound', type: 'string', 'dure:namespace': 'chembl' }, { name: 'day', type: 'date' }, { name: 'value', type: 'number', 'dure:facet': true },
  { name: 'unit', type: 'string', constraints: { enum: ['nM', 'uM', 'mM'] } }, { name: 'ok', type: 'boolean' }, { name: 'note', type: 'string' }, { name: 'lab', type: 'integer', constraints: { minimum: 0, maximum: 50 } },
];
const mistakes = new MistakeList(10);
const descriptor = parseDescriptor({ name: 'bench', licenses: [{ name: 'CC0-1.0' }], resources: [{ name: 't', path: 't.csv', schema: { fields, primaryKey: 'id' } }] }, mistakes)!;
const [draft] = draftTables(descriptor, () => true, packageLimits, mistakes);
const [table] = nameTables([draft!]);
mistakes.throwIfAny();

function* csv(): Generator<Buffer> {
  yield Buffer.from('id,compound,day,value,unit,ok,note,lab\n');
  let chunk = '';
  for (let i = 0; i < rows; i += 1) {
    chunk += `${i},CHEMBL${(i * 7919) % 200_000},20${String(10 + (i % 15)).padStart(2, '0')}-${String(1 + (i % 12)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')},${((i * 37) % 100_000) / 7},${['nM', 'uM', 'mM'][i % 3]},${i % 2 === 0},"note, number ${i}",${i % 50}\n`;
    if (chunk.length > 200_000) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  yield Buffer.from(chunk);
}

const folder = mkdtempSync(join(tmpdir(), 'dure-bench-'));
chmodSync(folder, 0o755);
const database = await startEmbedded({ directory: join(folder, 'pg') });
const pool = new pg.Pool({ connectionString: database.url, max: 4 });
try {
  const dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  const file = [...csv()];
  const signal = new AbortController().signal;
  const options = { limits: packageLimits, mistakes, firstRow: 1, signal, progress: () => undefined };
  const encoded: Buffer[] = [];
  for await (const part of copyText(Readable.from(file), draft!, options)) encoded.push(part);

  const bare = async (physical: string): Promise<void> => {
    const client = await pool.connect();
    await client.query('begin');
    await client.query(createSegmentSql(physical, table!.columns));
    await pipeline(Readable.from(encoded), client.query(copyFrom(copySegmentSql(physical, table!.columns))));
    await client.query(`alter table dure_data.${physical} add primary key (_rid)`);
    for (const sql of [...uniqueIndexes(physical, table!).map((index) => index.sql), ...lookupIndexes(physical, table!)]) await client.query(sql);
    await client.query('commit');
    await client.query(`vacuum (freeze, analyze) dure_data.${physical}`);
    client.release();
  };
  const published = async (physical: string): Promise<void> => {
    const { rows: [job] } = await pool.query<{ id: string }>(`insert into dure.job (kind, state, input, identity) values ('PUBLISH', 'RUNNING', '{}', '{}') returning id`);
    await pool.query(`insert into dure.segment (physical, job_id, state) values ($1, $2, 'LOADING')`, [physical, job!.id]);
    await loadTable(Readable.from(file), draft!, table!, { ...options, pool, jobId: job!.id, physical, cellIndexes: [], indexing: () => Promise.resolve() });
    mistakes.throwIfAny();
  };
  const timed = async (work: () => Promise<void>): Promise<number> => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  };
  let number = 1;
  const ratios: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const copy = await timed(() => bare(`s${number++}`));
    const publish = await timed(() => published(`s${number++}`));
    ratios.push(copy / publish);
    console.log(`${rows.toLocaleString('en-US')} rows: bare COPY and indexes ${copy.toFixed(2)} s (${Math.round(rows / copy).toLocaleString('en-US')} rows/s), publication ${publish.toFixed(2)} s (${Math.round(rows / publish).toLocaleString('en-US')} rows/s), ratio ${(copy / publish).toFixed(2)}`);
  }
  console.log(`median ratio of rows/s: ${ratios.sort((a, b) => a - b)[1]!.toFixed(2)}`);
} finally {
  await pool.end();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}

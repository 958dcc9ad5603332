/** LIMIT: a bare node:http handler; one prepared statement, one request for the hundred proteins, a join by hand. */
import { createServer } from 'node:http';
import { assaysOf, proteinsOf } from './sources.mjs';
import { tell } from './tell.mjs';

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    try {
      const { batch } = JSON.parse(Buffer.concat(parts).toString());
      const assays = await assaysOf(batch);
      const proteins = await proteinsOf(assays.map(({ accession }) => accession));
      const text = JSON.stringify(assays.map(({ id, value, accession }) => ({ id, value, protein: proteins.get(accession) ?? null })));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => tell(server.address().port));

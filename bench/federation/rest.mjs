/** The source elsewhere: REST, any number of proteins in one request, any number of requests at a time, each answered after 20 ms. */
import { createServer } from 'node:http';
import { accession, record } from './data.mjs';
import { tell } from './tell.mjs';

const latency = 20;
const texts = new Map(Array.from({ length: 100_000 }, (_, n) => [accession(n), JSON.stringify(record(n))]));
const server = createServer((request, response) => {
  const asked = new URL(request.url, 'http://rest').searchParams.get('accessions').split(',');
  setTimeout(() => {
    const text = `{"results":[${asked.map((one) => texts.get(one)).filter((one) => one !== undefined).join(',')}]}`;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  }, latency);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => tell(server.address().port));

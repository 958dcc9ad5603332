/** An Apollo Server behind node:http that keeps idle connections for a minute, so that a gateway finds none closed between two rounds. */
import { createServer } from 'node:http';
import { HeaderMap } from '@apollo/server';
import { tell } from './tell.mjs';

export async function serveApollo(apollo, context = async () => ({})) {
  await apollo.start();
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      try {
        const headers = new HeaderMap(Object.entries(request.headers));
        const answer = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest: { method: request.method, headers, search: '', body: JSON.parse(Buffer.concat(parts).toString()) }, context });
        const text = answer.body.string;
        response.writeHead(answer.status ?? 200, { ...Object.fromEntries(answer.headers), 'content-length': Buffer.byteLength(text) });
        response.end(text);
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => tell(server.address().port));
}

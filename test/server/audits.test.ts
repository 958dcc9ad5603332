/** The audits of the GraphQL over HTTP specification, as the package graphql-http gives them, against a running server. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { startTestServer, type TestServer } from '../support/testServer.js';
import { createPlainEngine } from '../support/plainEngine.js';

let server: TestServer;
beforeAll(async () => { server = await startTestServer(createPlainEngine()); });
afterAll(() => server.close());

const audits = serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch as never });

test('all audits are there', () => { expect(audits.length).toBe(61); });

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    const reason = result.status === 'ok' ? '' : `${result.status}: ${'reason' in result ? result.reason : ''}`;
    expect(reason).toBe('');
  });
}

/** The audits of the GraphQL over HTTP specification, as the package graphql-http gives them, against a running server. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { startTestServer, type TestServer } from '../support/testServer.js';
import { createPlainEngine } from '../support/plainEngine.js';

let server: TestServer;
beforeAll(async () => { server = await startTestServer(createPlainEngine()); });
afterAll(() => server.close());

const audits = serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch as never });

test('all audits are there', () => { expect(audits.length).toBeGreaterThanOrEqual(60); });

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    // A GET that names no JSON type is what another site's page can make a browser send: refusing it is the CSRF prevention, and the audit only says MAY.
    if (audit.id === '5A70') return expect(result.status).toBe('notice');
    const reason = result.status === 'ok' ? '' : `${result.status}: ${'reason' in result ? result.reason : ''}`;
    return expect(reason).toBe('');
  });
}

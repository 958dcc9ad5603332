/** One fetcher for the page: queries and mutations by HTTP, subscriptions by graphql-ws on the same path. */
import type { Fetcher, FetcherParams, FetcherOpts } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

type Headers = Record<string, string>;

function isSubscription(params: FetcherParams): boolean {
  try {
    return getOperationAST(parse(params.query), params.operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}

/** Headers typed in the editor win over the token box. */
function headersOf(token: string, options?: FetcherOpts): Headers {
  const typed = Object.entries((options?.headers ?? {}) as Headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return { ...(token ? { authorization: `Bearer ${token}` } : {}), ...Object.fromEntries(typed) };
}

async function post(params: FetcherParams, headers: Headers): Promise<unknown> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { accept: 'application/graphql-response+json, application/json', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(params),
  });
  return response.json();
}

/** A socket of its own for each subscription, so that each begins under the token that is set now. */
function subscribe(params: FetcherParams, headers: Headers): AsyncIterable<unknown> {
  const url = new URL('/graphql', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const client = createClient({ url: url.href, connectionParams: headers, retryAttempts: 0 });
  return client.iterate(params as Parameters<typeof client.iterate>[0]);
}

export function createFetcher(token: () => string): Fetcher {
  return ((params: FetcherParams, options?: FetcherOpts) => {
    const headers = headersOf(token(), options);
    return isSubscription(params) ? subscribe(params, headers) : post(params, headers);
  }) as Fetcher;
}

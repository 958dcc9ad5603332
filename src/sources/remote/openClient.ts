/** How builders get the client of a source: the server's addresses, log and user agent are put in where everything is wired. */
import type { SourceSurroundings } from './builder.js';
import type { ClientLimits, ClientOptions } from './client/options.js';
import { SourceClient } from './client/sourceClient.js';

export type OpenClient = (options: {
  readonly source: string;
  readonly limits?: Partial<ClientLimits>;
  readonly surroundings: SourceSurroundings;
  /** Names of the secrets that it sends; what they hold is kept out of the log. */
  readonly secrets?: readonly string[];
}) => SourceClient;

export function clientOpener(shared: Pick<ClientOptions, 'addresses' | 'log' | 'resolver' | 'userAgent'>): OpenClient {
  return ({ source, limits, surroundings, secrets = [] }) => new SourceClient({ ...shared, source, limits, secrets: { get: surroundings.secret, names: () => secrets } });
}

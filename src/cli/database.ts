/** The database itself, for commands that do not go through a server. */
import type { Config } from '../config.js';
import { CommandFailure } from './failure.js';

/**
 * As the role; the embedded database is used where it runs, and started for the while where it does not.
 * @param before done when it is known that there is a database, and not yet opened
 */
export async function atDatabase(config: Config, role: 'server' | 'owner', work: (url: string) => Promise<void>, before: () => unknown = () => undefined): Promise<void> {
  const { database, dataDirectory } = config;
  if (database.kind === 'external') {
    before();
    const owner = database.ownerUrl;
    if (role === 'owner' && owner === undefined) throw new CommandFailure('Destroying needs the owner of the tables: set DURE_DATABASE_OWNER_URL.', 2);
    return work(role === 'owner' ? owner! : database.url);
  }
  const { hasEmbedded, runningEmbedded, startEmbedded } = await import('../storage/embedded.js');
  // Before a database is begun that nobody wanted.
  if (!hasEmbedded(database.directory)) throw new CommandFailure(`There is no database in ${dataDirectory}. Set DURE_DATA_DIR to the server's data folder, or DATABASE_URL.`, 2);
  before();
  const { asRole } = await import('../storage/roles.js');
  const running = runningEmbedded(database.directory);
  const started = running === undefined ? await startEmbedded({ directory: database.directory }) : undefined;
  try {
    const url = running ?? started!.url;
    await work(role === 'owner' ? url : asRole(url, 'dure_server'));
  } finally {
    await started?.stop();
  }
}

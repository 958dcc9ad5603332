/** Brings a database to the present schema, with the privileges of its roles. */
import { createDataSource, migrate } from './dataSource.js';
import { grantRoles, openSegments, requireMigrated, roleOf } from './roles.js';

export interface DatabaseUrls {
  /** Absent: another process migrates. */
  readonly owner?: string;
  readonly server: string;
  readonly loader: string;
}

/** @returns the migrations that ran. @throws DureError CONFLICT where there is no owner and something is missing */
export async function prepareDatabase(urls: DatabaseUrls): Promise<string[]> {
  const owner = await createDataSource(urls.owner ?? urls.server).initialize();
  try {
    if (urls.owner === undefined) {
      await requireMigrated(owner);
      return [];
    }
    const ran = await migrate(owner);
    if (roleOf(urls.owner) !== roleOf(urls.server) || roleOf(urls.owner) !== roleOf(urls.loader)) {
      await grantRoles(owner, { server: roleOf(urls.server), loader: roleOf(urls.loader) });
      await openSegments(urls.loader, roleOf(urls.server));
    }
    return ran;
  } finally {
    await owner.destroy();
  }
}

import { CommandFailure } from './failure.js';
import type { Remote } from './remote.js';

const publishing: ReadonlySet<string> = new Set(['PUBLISHER', 'STEWARD', 'OWNER']);

/** The organization that a token publishes for, where it is one. */
export async function onlyOrganization(remote: Remote): Promise<string> {
  if (!remote.token) throw new CommandFailure('Publishing needs a token: set DURE_TOKEN.', 2);
  const { me } = await remote.data<{ me: { memberships: readonly { slug: string; role: string }[] } }>('{ me { memberships { slug role } } }');
  const slugs = me.memberships.filter(({ role }) => publishing.has(role)).map(({ slug }) => slug);
  if (slugs.length === 1) return slugs[0]!;
  const list = slugs.length === 0 ? 'The token publishes for no organization of its own' : `The token publishes for ${slugs.join(', ')}`;
  throw new CommandFailure(`${list}: say for which with --organization SLUG.`, 2);
}

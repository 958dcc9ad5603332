import { CommandFailure } from '../failure.js';
import { onlyOrganization } from '../onlyOrganization.js';
import type { Remote } from '../remote.js';
import { columns, type Terminal } from '../terminal.js';

interface Collection {
  readonly name: string;
  readonly path: string;
  readonly schemaPath: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly organization: { readonly slug: string };
  readonly datasets: readonly { readonly pin: string; readonly version: string; readonly dataset: { readonly path: string } }[];
}

export interface CreateCollectionOptions {
  readonly dataset: readonly string[];
  readonly organization?: string;
  readonly title?: string;
  readonly description?: string;
  readonly json?: boolean;
}

const fields = 'name path schemaPath title description organization { slug } datasets { pin version dataset { path } }';

export async function createCollection(remote: Remote, terminal: Terminal, name: string, options: CreateCollectionOptions): Promise<void> {
  const organization = options.organization ?? (await onlyOrganization(remote));
  const { createCollection: made } = await remote.data<{ createCollection: Collection }>(
    `mutation CreateCollection($input: CreateCollectionInput!) { createCollection(input: $input) { ${fields} } }`,
    { input: { name, organization, title: options.title, description: options.description, datasets: options.dataset.map(choice) } },
  );
  terminal.out(options.json ? `${JSON.stringify(made, null, 2)}\n` : `${remote.url}${made.path}\n`);
}

export async function listCollections(remote: Remote, terminal: Terminal, options: { readonly json?: boolean }): Promise<void> {
  const found: Collection[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { collections }: { collections: { nodes: Collection[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } = await remote.data(
      `query Collections($after: String) { collections(first: 200, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`, { after });
    found.push(...collections.nodes);
    after = collections.pageInfo.endCursor;
    more = collections.pageInfo.hasNextPage;
  }
  if (options.json) return terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  if (found.length === 0) return terminal.note('No collection that you may see.\n');
  terminal.out(columns([['NAME', 'OF', 'DATASETS', 'TITLE'], ...found.map((c) => [c.name, c.organization.slug, c.datasets.map(({ dataset, pin }) => `${dataset.path}@${pin}`).join(' '), c.title ?? ''])]));
}

export async function showCollection(remote: Remote, terminal: Terminal, name: string, options: { readonly json?: boolean }): Promise<void> {
  const { collection } = await remote.data<{ collection: Collection | null }>(`query Collection($name: String!) { collection(name: $name) { ${fields} } }`, { name });
  if (!collection) throw new CommandFailure(`There is no collection ${name} that you may see.`);
  if (options.json) return terminal.out(`${JSON.stringify(collection, null, 2)}\n`);
  const lines = [
    `${collection.name}${collection.title ? `: ${collection.title}` : ''} (of ${collection.organization.slug})`,
    ...(collection.description ? [collection.description] : []),
    `endpoint ${remote.url}${collection.path}`,
    `schema   ${remote.url}${collection.schemaPath}`,
    ...collection.datasets.map(({ dataset, pin, version }) => `- ${dataset.path}@${pin}, now ${version}`),
  ];
  terminal.out(`${lines.join('\n')}\n`);
}

export async function deleteCollection(remote: Remote, terminal: Terminal, name: string, options: { readonly json?: boolean }): Promise<void> {
  const { deleteCollection: done } = await remote.data<{ deleteCollection: { name: string } }>('mutation DeleteCollection($name: String!) { deleteCollection(name: $name) { name } }', { name });
  terminal.out(options.json ? `${JSON.stringify(done)}\n` : `${done.name} deleted\n`);
}

/** `org/name`, `org/name@1` or `org/name@1.2`. */
function choice(text: string): { dataset: string; version?: string } {
  const [dataset, version, ...rest] = text.split('@');
  if (!dataset || rest.length > 0 || version === '') throw new CommandFailure(`"${text}" is no dataset: write org/name, org/name@1 or org/name@1.2.`, 2);
  return { dataset, ...(version === undefined ? {} : { version }) };
}

/** A lint: who may import whom (ARCHITECTURE.md), which packages only some rooms may use, and no cycles between rooms. Prints each violation; exits 1. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const root = process.cwd();
const source = join(root, 'src');

/** A room is a folder of src, or a file that stands alone. Each names the rooms it may import from; those of `common` and itself are open to all. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [], lru: [], singleFlight: [], canonicalJson: [], transaction: [],
  identity: ['config'],
  // The catalog's values name the rule document; rules know the catalog's values. Types only, in both directions.
  catalog: ['policy', 'storage'],
  plan: ['catalog', 'identity'],
  policy: ['plan', 'identity', 'catalog'],
  access: ['policy', 'catalog', 'identity'],
  sources: ['policy', 'plan', 'catalog', 'identity'],
  federation: ['sources', 'policy', 'plan', 'catalog', 'identity', 'storage'],
  publish: ['catalog', 'policy', 'storage'],
  jobs: ['identity', 'publish', 'policy', 'catalog', 'storage', 'audit'],
  storage: ['catalog', 'policy', 'identity', 'access'],
  audit: ['catalog', 'identity'],
  oracle: ['catalog', 'identity', 'policy', 'plan', 'sources', 'graphql'],
  graphql: ['access', 'catalog', 'identity', 'jobs', 'plan', 'policy', 'sources', 'federation', 'publish', 'storage', 'audit'],
  server: ['graphql', 'identity', 'access', 'storage', 'catalog', 'policy', 'audit'],
  cli: ['oracle', 'graphql', 'plan', 'identity', 'jobs', 'publish', 'config', 'main', 'storage', 'catalog', 'audit', 'sources', 'federation'],
  config: ['identity', 'audit', 'configurationKeys', 'configurationShape', 'unknownVariables'],
  configurationKeys: [], configurationShape: ['configurationKeys', 'identity', 'sources'], unknownVariables: ['configurationKeys'],
  samples: ['graphql', 'identity', 'publish'],
  build: ['*'], main: ['build', 'config', 'samples'],
};

/** Small things without a room of their own. */
const common: ReadonlySet<string> = new Set(['errors', 'lru', 'singleFlight', 'canonicalJson', 'transaction']);

const packages: Readonly<Record<string, readonly string[]>> = {
  typeorm: ['storage'],
  'type-graphql': ['graphql/static'],
  '@duckdb/node-api': ['sources/duckdb', 'sources/file'],
  pg: ['sources/postgres', 'sources/attached', 'publish', 'jobs', 'audit', 'build'],
};

interface Import { readonly from: string; readonly to: string; readonly typeOnly: boolean }

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.ts') ? [join(folder, entry.name)] : []));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)].map((match) => ({ from: file, to: match[2]!, typeOnly: match[1] !== undefined }));
}

function roomOf(file: string): string {
  return relative(source, file).split('/')[0]!.replace(/\.ts$/, '');
}

const violations: string[] = [];
const graph = new Map<string, Set<string>>();
for (const file of files(source)) {
  const room = roomOf(file);
  const place = relative(source, file);
  for (const { to, typeOnly } of importsOf(file)) {
    if (!to.startsWith('.')) {
      const limited = packages[to];
      if (limited && !limited.some((part) => place.startsWith(`${part}/`) || place === `${part}.ts`) && !typeOnly) violations.push(`${place} imports ${to}, which only ${limited.join(', ')} may`);
      continue;
    }
    const target = normalize(join(dirname(file), to)).replace(/\.js$/, '.ts');
    if (!target.startsWith(source)) continue; // migrations
    if (!typeOnly) {
      const edges = graph.get(file) ?? new Set<string>();
      edges.add(target);
      graph.set(file, edges);
    }
    const other = roomOf(target);
    const open = allowed[room];
    if (!open) violations.push(`${place}: the room ${room} is not in the list of test/support/importDirections.ts`);
    else if (other !== room && !common.has(other) && !open.includes(other) && !open.includes('*')) violations.push(`${place} imports from ${other}, which ${room} may not`);
  }
}

/** Depth first; a file that is met again on the way to itself closes a cycle. */
const state = new Map<string, 'open' | 'done'>();
function visit(file: string, path: readonly string[]): void {
  if (state.get(file) === 'done') return;
  if (state.get(file) === 'open') {
    violations.push(`cycle: ${[...path.slice(path.indexOf(file)), file].map((f) => relative(source, f)).join(' → ')}`);
    return;
  }
  state.set(file, 'open');
  for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
  state.set(file, 'done');
}
for (const file of graph.keys()) visit(file, []);

for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exitCode = 1;

import { graphqlName } from './graphqlName.js';

/** Root fields of the static part, now and foreseen. An organization's field stands beside them. */
const rootFields = [
  'me', 'organization', 'organizations', 'dataset', 'datasets', 'table', 'tables', 'column', 'columns', 'version', 'versions', 'job', 'jobs', 'node', 'nodes',
  'entity', 'entities', 'namespace', 'namespaces', 'source', 'sources', 'explain-access', 'explain-query', 'collection', 'collections',
  'rule', 'rules', 'grant', 'grants', 'access', 'access-request', 'access-requests', 'request', 'requests', 'purpose', 'purposes', 'audit', 'export', 'exports', 'import', 'imports',
  'sync', 'model', 'models', 'model-run', 'model-runs', 'prediction', 'predictions', 'upload', 'uploads', 'token', 'tokens', 'api-token', 'api-tokens', 'search', 'link', 'links', 'event', 'events',
  'job-events', 'dataset-events', 'source-events', 'license', 'licenses', 'unit', 'units', 'person', 'people', 'persons', 'user', 'users', 'viewer', 'status', 'health', 'statistics', 'provenance', 'dataset-rules', 'dataset-rules-history', 'diff-dataset-rules', 'simulate-rules', 'simulate-query',
] as const;

/** First words of static and shared types: `Float` + `Comparison` must not be a dataset `comparison` of an organization `float`. */
const typeWords = [
  'query', 'mutation', 'subscription', 'int', 'int64', 'float', 'string', 'boolean', 'decimal', 'id', 'date', 'time', 'date-time', 'datetime', 'duration', 'year', 'year-month',
  'json', 'geo', 'geo-point', 'text', 'list', 'enum', 'scalar', 'page', 'page-info', 'connection', 'edge', 'order', 'order-by', 'sort', 'where', 'filter', 'comparison', 'aggregate', 'group', 'api',
  'create', 'update', 'delete', 'set', 'publish', 'cancel', 'retry', 'revoke', 'progress', 'contributor', 'contributors', 'identity', 'decision', 'explanation', 'visibility', 'member', 'membership',
  'foreign-key', 'data', 'field', 'fields', 'type', 'types', 'input', 'output', 'error', 'errors', 'interface', 'union', 'object', 'public', 'registered', 'restricted', 'attribute', 'visa', 'channel', 'term', 'rule', 'tried', 'try', 'override', 'end', 'access',
] as const;

/** Words of paths and of the system. */
const systemWords = ['dure', 'admin', 'administrator', 'system', 'anonymous', 'graphql', 'graphiql', 'healthz', 'readyz', 'metrics', 'static', 'assets', 'login', 'logout', 'settings', 'docs', 'help', 'about', 'new', 'null', 'true', 'false', 'undefined', 'and', 'or', 'not'] as const;

export const reservedSlugs: ReadonlySet<string> = new Set([...rootFields, ...typeWords, ...systemWords]);

const reservedFields: ReadonlySet<string> = new Set([...reservedSlugs].map(graphqlName));

/** True if no organization may take the slug, also not by another spelling of the same field (`api-token`, `apitoken` are told apart, `a-1` and `a1` are not). */
export function isReservedSlug(slug: string): boolean {
  return reservedSlugs.has(slug) || reservedFields.has(graphqlName(slug));
}

/** Files of rows: who may ask, what may change while one is written, who may fetch it. */
import type { Point } from '../point.js';

const exporter = 'graphql/exporter.js';
const kind = 'jobs/kinds/exportDataset.js';
const bounds = 'policy/bounds.js';
const download = 'server/exports.js';

export const exportPoints: readonly Point[] = [
  { point: 'exports ask by the channel export', file: exporter, from: "channel: 'export', requestId: id", to: "channel: 'query', requestId: id", tests: 'leaks/16' },
  { point: 'exports of what may not be known of', file: exporter, from: '!isVisible(dataset, asker.identity, clock(services), services.grants?.of(asker.identity))', to: 'false', tests: 'leaks/16|access/exportRuns' },
  { point: 'withheld columns are in no file', file: exporter, from: "decided.columns.get(column.name)?.transform.kind !== 'deny'", to: 'true', tests: 'leaks/16' },
  { point: 'exports look into no other dataset', file: exporter, from: 'if (others.length > 0)', to: 'if (false)', tests: 'access/exports.test' },
  { point: 'an export is judged before it is asked for', file: 'graphql/static/resolvers/exports.js', from: 'await services.exporter.check(job, view, context);', to: '', tests: 'leaks/16' },
  { point: 'what may be read stays the same while a file is written', file: kind, from: 'if (exported.view(this.input, this.context.job).state !== this.view.state)', to: 'if (false)', tests: 'access/exportRuns' },
  { point: 'an erasure ends what is being written', file: kind, from: 'where job_id = $1 and removed_at is null returning blob', to: 'where job_id = $1 returning blob', tests: 'access/exportRuns' },
  { point: 'an erasure removes files', file: 'jobs/kinds/erasePerson.js', from: 'await forgetExports(context, id, erasure.dataset_id, options);', to: '', tests: 'access/exportRuns' },
  { point: 'whose export it is', file: download, from: '!ownExport(record, identity)', to: 'false', tests: 'leaks/16' },
  { point: 'the same subject of another issuer', file: 'graphql/static/ownExport.js', from: 'identity.issuer === issuer && ', to: '', tests: 'leaks/16' },
  { point: 'exports of another API token', file: 'graphql/static/ownExport.js', from: "(identity.kind !== 'token' || (identity.tokenId !== undefined && identity.tokenId === asker.tokenId))", to: 'true', tests: 'access/exports.test' },
  { point: 'exports that have expired', file: download, from: '(file && file.expiresAt <= now)', to: 'false', tests: 'access/exports.test' },
  { point: 'downloads under rules that are stricter now', file: exporter, from: 'if (!noStricter(', to: 'if (false && !noStricter(', tests: 'leaks/16' },
  { point: 'downloads of a frozen dataset', file: exporter, from: "if (dataset.freeze)\n            throw frozenError(dataset);\n        const input", to: 'const input', tests: 'access/exports.test' },
  { point: 'downloads of what may be read no more', file: bounds, from: 'if (!decided?.readable)', to: 'if (!decided)', tests: 'access/exports.test' },
  { point: 'downloads after a window', file: bounds, from: 'if (until && until.getTime() <= now)', to: 'if (false)', tests: 'access/exports.test' },
  { point: 'downloads under an embargo', file: bounds, from: 'if (decision.embargoUntil && decision.embargoUntil.getTime() > now)', to: 'if (false)', tests: 'access/exports.test' },
  { point: 'a row rule binds by who fetches', file: bounds, from: 'attribute(identity, name) ?? null', to: 'null', tests: 'access/exports.test' },
  { point: 'what nobody may have is removed', file: download, from: "await exports.remove(record.id, 'RULES');", to: 'void 0;', tests: 'leaks/16' },
  { point: 'downloads that run are judged on', file: download, from: 'const unwatch = watch(record, identity, options, () => response.destroy());', to: 'const unwatch = () => undefined;', tests: 'leaks/16' },
  { point: 'downloads of a person who is suspended meanwhile', file: download, from: 'const unwatch = standing.watch(identity, end);', to: 'const unwatch = () => undefined;', tests: 'leaks/16' },
  { point: 'who retries an export', file: 'graphql/static/resolvers/jobControl.js', from: "if (job.kind === 'EXPORT' && (", to: 'if (false && (', tests: 'access/exportRuns' },
];

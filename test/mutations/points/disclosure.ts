/** Figures that do not disclose: releases and noise. */
import type { Point } from '../point.js';

const noise = 'policy/noise.js';
const release = 'policy/release.js';
const releases = 'policy/disclosureReleases';
const noisy = 'policy/disclosureNoise';

export const disclosurePoints: readonly Point[] = [
  { point: 'a release needs figures', file: release, from: 'if (granularities.indexOf(granularity) < granularities.indexOf(needed))', to: 'if (false)', tests: releases },
  { point: 'a release is not for those whom a row rule binds', file: release, from: 'if (rows.length > 0 || noRows)', to: 'if (false)', tests: releases },
  { point: 'a release with cells smaller than the rules ask for', file: release, from: 'if (release.minimumCell < minimumCell || ', to: 'if (', tests: releases },
  { point: 'a release by a column that is read less finely', file: release, from: 'if (measured.has(name) || (dimension && !isCoarser(dimension, transform)))', to: 'if (false)', tests: releases },
  { point: 'a release is not narrowed', file: 'plan/planRelease.js', from: 'if (link || where !== everything)', to: 'if (link)', tests: releases },
  { point: 'small cells of a release', file: 'publish/releases.js', from: 'if (count === 0 && release.zeros)\n                return false;', to: 'if (true)\n                return false;', tests: releases },
  { point: 'cells of few contributors', file: 'publish/releases.js', from: '(minimumContributors !== undefined && contributors < minimumContributors.count) || ', to: '', tests: releases },
  { point: 'cells that would bring a small one back', file: 'policy/suppression.js', from: 'if (!this.protect(number))', to: 'if (false)', tests: 'policy/suppression' },
  { point: 'a total that is small', file: 'policy/suppression.js', from: 'if (this.withheld[0] === 1)\n            this.withheld.fill(1);', to: 'if (false)\n            this.withheld.fill(1);', tests: 'policy/suppression' },
  { point: 'releases of two versions that differ by few', file: 'publish/releases.js', from: ': changed < minimumCell;', to: ': false;', tests: releases },
  { point: 'releases of two versions that hold as many others', file: 'publish/releases.js', from: 'return changed === 0 ? JSON.stringify(cell.sum) !== JSON.stringify(former.sum) :', to: 'return changed === 0 ? false :', tests: releases },
  { point: 'noise is there', file: 'sources/sql/release.js', from: '+ ${noise} from ${from})`', to: '+ 0 * ${noise} from ${from})`', tests: noisy },
  { point: 'noise of sums is there', file: 'sources/sql/release.js', from: '((${sum} + ${noise})', to: '((${sum} + 0 * ${noise})', tests: noisy },
  { point: 'each contributor contributes once to a sum', file: 'sources/sql/release.js', from: 'const sum = `coalesce(sum(least(greatest(x.u, ${number(bounds.low)}), ${number(bounds.high)})), 0)`;', to: 'const sum = `coalesce(sum(x.u), 0)`;', tests: noisy },
  { point: 'contributors are counted once', file: 'sources/sql/release.js', from: '`distinct ${column(contributor)}`', to: "'*'", tests: noisy },
  { point: 'noise that no rule offers', file: 'policy/narrow.js', from: 'return others.every((other) => terms(other) === terms(first)) ?', to: 'return true ?', tests: noisy },
  { point: 'contributors told apart by a withheld column', file: noise, from: "(!contributor || !['plain', 'hash'].includes(relation.access(contributor).kind))", to: 'false', tests: noisy },
  { point: 'sums of columns that no rule gives bounds for', file: noise, from: "if (relation.access(figure.column).kind !== 'plain')", to: 'if (false)', tests: noisy },
  { point: 'sums where the number of rows is all', file: noise, from: "if (figure.kind === 'sum' && granularity === 'count')", to: 'if (false)', tests: noisy },
  { point: 'noise by the condition of the question', file: noise, from: ', where: canonicalPredicate(where, bindings)', to: '', tests: 'policy/noiseQuestion' },
  { point: 'noise by the rows of the version', file: noise, from: 'version: versionName(version), versionId: version.id, table: table.name, segments: table.segments.map((segment) => segment.physical)', to: 'table: table.name', tests: 'policy/noiseQuestion' },
  { point: 'noise by the revision of the rules', file: noise, from: 'rules: dataset.rulesRevision, rule: noise.rule', to: 'rule: noise.rule', tests: 'policy/noiseQuestion' },
  { point: 'noise by the rows that the rules show', file: noise, from: 'rows: canonicalPredicate(relation.rows, bindings), ', to: '', tests: 'policy/noiseQuestion' },
  { point: 'noise by the cells that the rules show', file: noise, from: 'columns: table.columns.flatMap(', to: 'columns: [].flatMap(', tests: 'policy/noiseQuestion' },
  { point: 'noise only on the table\'s own columns', file: 'plan/planRelease.js', from: "visitPredicate(where, { related: () => {", to: "visitPredicate(where, { related: () => { return;", tests: noisy, refusal: true },
  { point: 'noise not below a row', file: 'plan/planRelease.js', from: "if (link)\n        throw", to: 'if (false)\n        throw', tests: noisy },
  { point: 'noise is paid for', file: 'graphql/noise.js', from: "if ('exceeded' in paid)\n        throw", to: "if (false)\n        throw", tests: noisy, refusal: true },
  { point: 'the budget of epsilon', file: 'storage/noiseStore.js', from: 'if (cost > 0 && spent + cost > budget)', to: 'if (false)', tests: noisy },
  { point: 'the budget of all callers together', file: 'storage/noiseStore.js', from: "budgetOfAll === undefined ? own : await charge", to: 'true ? own : await charge', tests: noisy },
];

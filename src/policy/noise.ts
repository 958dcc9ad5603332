/**
 * Figures with calibrated noise: the discrete Laplace mechanism (Ghosh, Roughgarden and Sundararajan, "Universally utility-maximizing
 * privacy mechanisms", STOC 2009) on counts and on sums of bounded contributions. The noise follows from the question by a secret key: the
 * same question has the same answer for everybody and for ever, so asking again tells nothing new and costs nothing.
 */
import { versionName, datasetPath, type Column } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { SecretKeys } from '../identity/secretKeys.js';
import type { TableAt } from '../plan/link.js';
import type { Bindings, Predicate } from '../plan/predicate.js';
import type { NoisyFigure } from '../plan/release.js';
import type { TableDecision } from './decide.js';
import { discreteLaplace, KeyedRandom, within95, type Scale } from './discreteLaplace.js';
import { canonicalPredicate } from './question.js';
import { howToAsk } from './reason.js';
import type { ReadableRelation } from './relation.js';
import type { Noise } from './rule.js';
import { canonicalJson } from '../canonicalJson.js';

/** A figure that may be answered with noise, and everything that its answer follows from. */
export interface NoisyUse {
  readonly figure: NoisyFigure;
  /** Response keys. */
  readonly path: readonly string[];
  readonly at: TableAt;
  readonly where: Predicate;
  readonly relation: ReadableRelation;
  readonly noise: Noise & { readonly rule: string };
  /** Whose rows are counted as one; each row for itself where absent. */
  readonly contributor?: Column;
  readonly bounds?: NoisyBounds;
}

/** A contribution is brought within ±`most`, then counted in units: whole numbers from `low` to `high`. */
export interface NoisyBounds {
  readonly step: number;
  readonly most: number;
  readonly low: number;
  readonly high: number;
}

/** @throws DureError SUPPRESSED or FORBIDDEN: judged by the rules, never by rows */
export function noisyUse(figure: NoisyFigure, place: Pick<NoisyUse, 'path' | 'at' | 'where' | 'relation'>, { noise, minimumContributors, granularity, granularityRule }: TableDecision): NoisyUse {
  const { at, relation } = place;
  const path = datasetPath(at.dataset);
  const refuse = (why: string): DureError => new DureError('SUPPRESSED', `${path} gives no such figure with noise: ${why}.`, { reason: 'NOISE', rule: granularityRule, howToAsk: howToAsk(at.dataset), messageKo: `${path} 데이터는 이 통계를 잡음과 함께 제공하지 않습니다.` });
  if (!noise) throw refuse('no rule offers it to you');
  if (at.dataset.source) throw refuse('its rows lie elsewhere');
  if (figure.kind === 'sum' && granularity === 'count') throw refuse('you may get the number of rows at most');
  const name = minimumContributors[0]?.column;
  const contributor = name === undefined ? undefined : at.table.columns.find((column) => column.name === name);
  if (name !== undefined && (!contributor || !['plain', 'hash'].includes(relation.access(contributor).kind))) throw refuse(`contributors are told apart by ${name}, which is withheld from you; its steward may have it read as a hash`);
  if (figure.kind === 'count') return { figure, ...place, noise, contributor };
  const declared = noise.sums?.find(({ column }) => column === figure.column.name);
  if (!declared) throw refuse(`sums are told of ${noise.sums?.map(({ column }) => column).join(', ') ?? 'no column'}, not of ${figure.column.name}`);
  if (relation.access(figure.column).kind !== 'plain') throw refuse(`${figure.column.name} is not read as it is`);
  const step = declared.step ?? 1;
  const units = (value: number): number => Math.round(value / step);
  return { figure, ...place, noise, contributor, bounds: { step, most: Math.max(Math.abs(declared.from), Math.abs(declared.to)), low: units(declared.from), high: units(declared.to) } };
}

/** One contributor more or less moves the figure by `sensitivity` units at most. */
export function scaleOf({ noise, bounds }: NoisyUse): Scale {
  const sensitivity = bounds ? Math.max(Math.abs(bounds.low), Math.abs(bounds.high)) : 1;
  return { numerator: BigInt(sensitivity) * 1000n, denominator: BigInt(thousandths(noise.epsilon)) };
}

/** In the figure's own unit. */
export function margin95(use: NoisyUse): number {
  return within95(scaleOf(use)) * (use.bounds?.step ?? 1);
}

/** Budgets are counted in whole thousandths. */
export function thousandths(epsilon: number): number {
  return Math.round(epsilon * 1000);
}

/**
 * What was asked, in one form for all ways of writing it. Everything is in it that the true answer depends on: else two true answers could
 * come with one noise, and their difference would be exact. Rows stay the same in a segment, so its name stands for them: a number of rows
 * would tell of rows that the caller may not see.
 */
export function questionOf({ figure, at, where, relation, noise, contributor, bounds }: NoisyUse, bindings: Bindings): string {
  const { dataset, version, table } = at;
  return canonicalJson({
    dataset: dataset.id, version: versionName(version), versionId: version.id, table: table.name, segments: table.segments.map((segment) => segment.physical), rules: dataset.rulesRevision, rule: noise.rule,
    epsilon: thousandths(noise.epsilon), figure: figure.kind === 'count' ? 'count' : `sum ${figure.column.name}`, bounds, contributor: contributor?.name,
    rows: canonicalPredicate(relation.rows, bindings), where: canonicalPredicate(where, bindings), columns: table.columns.flatMap((column) => (relation.access(column).kind === 'plain' ? [] : [[column.name, relation.access(column)]])),
  });
}

export interface NoisyAnswer {
  /** In units of the figure's step. */
  readonly noise: bigint;
  /** Equal for equal questions under one key; tells nothing of the question to who lacks the key. */
  readonly question: string;
}

export function answerOf(use: NoisyUse, bindings: Bindings, keys: SecretKeys): NoisyAnswer {
  // A new key draws anew, which is a new answer: the key's id makes it another question, and it is paid for.
  const id = keys.newestId;
  const question = `${id}\n${questionOf(use, bindings)}`;
  return { noise: discreteLaplace(scaleOf(use), new KeyedRandom(keys.derive('noise', id), question)), question: keys.mac('noisy question', question, id) };
}

/**
 * The metamorphic oracle (Chen, Cheung and Yiu, Metamorphic Testing, 1998, applied to access): ask, change only what the caller may not
 * know, ask again; any difference in the answers is a leak. What the caller may not know is judged by a reference of its own
 * (reference.ts), so a mistake of the server's does not hide itself.
 */
import { randomBytes } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import type { Pool } from 'pg';
import type { CatalogSnapshot, Dataset, Segment, Table } from '../catalog/model.js';
import { createEngine, type EngineOptions } from '../graphql/createEngine.js';
import { answerText, type Engine } from '../graphql/engine.js';
import type { RequestContext } from '../graphql/context.js';
import type { CursorCodec } from '../plan/cursor.js';
import type { Grant } from '../policy/grant.js';
import { numberedTable } from '../plan/rowId.js';
import { SecretKeys } from '../identity/secretKeys.js';
import type { NoiseAccounts } from '../policy/noiseBudget.js';
import { releaseRows } from './releaseRows.js';
import { TwoCopies, type Side } from '../sources/postgres/twoCopies.js';
import { changed, type NumberedRow } from './change.js';
import type { Elsewhere } from './elsewhere.js';
import { feedsOf, follow } from './feeds.js';
import { poolOf, questionsOf, type Known, type Question } from './questions.js';
import type { Random } from './random.js';
import { secretOf, type Cells } from './reference.js';
import type { Caller } from './referenceCondition.js';

export interface OracleOptions {
  /** Of one connection, kept as long as the oracle: the copies are its temporary tables. */
  readonly pool: Pool;
  readonly staticSchema: GraphQLSchema;
  readonly aboutValue: EngineOptions['aboutValue'];
  readonly cursors: CursorCodec;
  /** Rows that are copied of each segment. */
  readonly sample: number;
  readonly report: (error: unknown) => void;
  /** Sources elsewhere whose tables are in the snapshots; without it they are left out. */
  readonly elsewhere?: Elsewhere;
}

export interface Difference {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly before: string;
  readonly after: string;
}

export interface WorldResult {
  readonly pairs: number;
  /** Pairs whose answer held a row or a number. */
  readonly told: number;
  /** Whether anything was there that the caller may not know. */
  readonly changed: boolean;
  readonly differences: readonly Difference[];
}

interface Part {
  readonly segment: Segment;
  readonly numbers: readonly number[];
  readonly hashes: readonly { readonly physical: string; readonly byNumber: ReadonlyMap<number, string | null> }[];
}
interface Copied { readonly rows: readonly NumberedRow[]; readonly parts: readonly Part[] }

/** As if everything had been paid for before: an account would tell what was asked of the other copy. */
const endlessAccounts: NoiseAccounts = {
  pay: (_caller, payments) => Promise.resolve({ accounts: payments.map(() => endless) }),
  remaining: () => Promise.resolve(endless),
};
const endless = { spent: 0, remaining: 1_000_000, resetsAt: new Date('2199-01-01T00:00:00Z') };

const mostPages = 4;
const nothingGranted: readonly Grant[] = Object.freeze([]);

export class Oracle {
  private readonly copies: TwoCopies;
  private readonly engine: Engine;
  private readonly copied = new Map<string, Copied>();
  private snapshot: CatalogSnapshot;
  private caller: Caller | undefined;
  /** The catalog with the numbers of rows that each copy has. */
  private described: Readonly<Record<Side, CatalogSnapshot>>;

  constructor(private readonly options: OracleOptions, snapshot: CatalogSnapshot) {
    this.snapshot = snapshot;
    this.described = { a: snapshot, b: snapshot };
    this.copies = new TwoCopies(options.pool, options.cursors);
    this.engine = createEngine({
      staticSchema: options.staticSchema, snapshot: () => this.snapshot, source: options.elsewhere?.source(this.copies.source) ?? this.copies.source, cursors: options.cursors, aboutValue: options.aboutValue, audit: 'none', report: options.report,
      limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 20, maxFields: 2000, maxAliases: 50, maxCost: 1_000_000, maxListLength: 1000, maxResponseBytes: 8 * 1024 ** 2 },
      budgets: { take: () => Promise.resolve(undefined) }, noise: { keys: new SecretKeys([{ id: 'oracle', key: randomBytes(32).toString('base64url') }]), accounts: endlessAccounts },
      grants: { of: ({ subject }) => (subject !== undefined && subject === this.caller?.identity.subject && this.caller.grants) || nothingGranted },
    });
  }

  /** Copies what the datasets' tables hold now. */
  async open(): Promise<void> {
    for (const table of this.remoteTables()) this.copied.set(idOf(table), { rows: this.options.elsewhere!.rows(table), parts: [] });
    await this.options.pool.query("set timezone to 'UTC'");
    for (const table of this.tables()) {
      const rows: NumberedRow[] = [];
      const parts: Part[] = [];
      for (const segment of table.segments) {
        const own = (await this.copies.copy(segment.physical, this.options.sample)).map(([number, ...cells]) => ({ number: Number(number), cells: cells as Cells }));
        const hashes = [];
        for (const { physical } of segment.derived ?? []) hashes.push({ physical, byNumber: new Map((await this.copies.copy(physical, this.options.sample)).map(([number, hash]) => [Number(number), hash ?? null])) });
        rows.push(...own);
        parts.push({ segment, numbers: own.map(({ number }) => number), hashes });
      }
      this.copied.set(idOf(table), { rows, parts });
    }
  }

  /** Asks as one caller under the rules of a snapshot, whose tables must be those that were copied. */
  async world(snapshot: CatalogSnapshot, asked: readonly Dataset[], caller: Caller, count: number, random: Random): Promise<WorldResult> {
    this.snapshot = snapshot;
    this.caller = caller;
    const noisy = random.chance(0.5);
    const isChanged = await this.change(caller, noisy, random);
    const releases = releaseRows(snapshot.datasets.values(), caller, random);
    for (const side of ['a', 'b'] as const) await this.copies.writeReleases(side, releases[side]);
    const known = asked.map((dataset): Known => ({ dataset, noisy, version: dataset.versions[0]!, rows: new Map(dataset.versions[0]!.tables.map((table) => [table, (this.copied.get(idOf(table))?.rows ?? []).map(({ cells }) => cells)])) }));
    const schema = this.engine.schemaFor(caller.identity);
    const pool = poolOf(known, random);
    const differences: Difference[] = [];
    let pairs = 0;
    let told = 0;
    const compare = async (question: Question, other: Question = question): Promise<readonly [string, string]> => {
      const before = await this.ask(question, caller, 'a');
      const after = await this.ask(other, caller, 'b');
      pairs += 1;
      if (tells(before)) told += 1;
      if (alike(before, question) !== alike(after, question)) differences.push({ query: question.query, variables: question.variables, before, after });
      return [before, after];
    };
    if (random.chance(0.5)) {
      for (const [a, b] of feedsOf(snapshot, caller, random)) {
        const [before, after] = [await follow(this.engine, a, this.described.a, this.context(caller)), await follow(this.engine, b, this.described.b, this.context(caller))];
        pairs += 1;
        if (before.includes('"data":{')) told += 1;
        if (before !== after) differences.push({ query: a.query, variables: a.variables, before, after });
      }
    }
    const ids = new Set<string>();
    for (const one of known) {
      if (!isShown(schema.schema, one.dataset)) continue;
      for (const question of questionsOf(one, schema.schema, pool, Math.ceil(count / known.length), random)) {
        let answers = await compare(question);
        for (const [, id] of answers[0].matchAll(/"id" ?: ?"([^"\\]+\/[=~][^"\\]*)"/g)) ids.add(id!);
        for (let page = 1; question.pages && page < mostPages; page += 1) {
          const ends = answers.map((answer) => endOf(answer, question.pages!));
          if (ends[0] === undefined) break;
          answers = await compare({ ...question, variables: { at: ends[0] } }, { ...question, variables: { at: question.elsewhere ? ends[1] : ends[0] } });
        }
      }
    }
    for (const id of [...random.some([...ids], 0.2), ...this.guesses(asked, random)].slice(0, 6)) await compare({ query: 'query($id: ID!) { node(id: $id) { __typename id } }', variables: { id } });
    return { pairs, told, changed: isChanged, differences };
  }

  /** Present values of a column, by its package name, in the newest version. */
  valuesOf(dataset: Dataset, column: string): readonly string[] {
    return dataset.versions[0]!.tables.flatMap((table) => {
      const place = table.columns.findIndex(({ name }) => name === column);
      return place < 0 ? [] : (this.copied.get(idOf(table))?.rows ?? []).flatMap(({ cells }) => cells[place] ?? []);
    });
  }

  /** Makes the second copy: as the first, but for what this caller may not know. */
  private async change(caller: Caller, noisy: boolean, random: Random): Promise<boolean> {
    let any = false;
    const counts = new Map<string, number>();
    for (const dataset of this.snapshot.datasets.values()) {
      for (const version of dataset.versions) {
        for (const table of version.tables) {
          const copied = this.copied.get(idOf(table));
          if (!copied) continue;
          const secret = secretOf(dataset, version, table, caller, noisy);
          // The order in which a source gives its rows is its own.
          const other = changed(table, copied.rows, table.remote ? { ...secret, unordered: false } : secret, random);
          any ||= other !== undefined;
          counts.set(idOf(table), (other ?? copied.rows).length);
          if (table.remote) this.options.elsewhere?.write(table, 'b', other ?? copied.rows);
          else await this.write(copied, other ?? copied.rows, random);
        }
      }
    }
    this.described = { a: withCounts(this.snapshot, 1n, ({ rows }, id) => this.copied.get(id)?.rows.length ?? rows), b: withCounts(this.snapshot, 2n, ({ rows }, id) => counts.get(id) ?? rows) };
    return any;
  }

  private async write({ rows, parts }: Copied, other: readonly NumberedRow[], random: Random): Promise<void> {
    const before = new Map(rows.map((row) => [row.number, row]));
    for (const [index, part] of parts.entries()) {
      const own = new Set(part.numbers);
      const first = part.numbers[0] ?? 0;
      const last = parts.slice(index + 1).find(({ numbers }) => numbers.length > 0)?.numbers[0] ?? Number.POSITIVE_INFINITY;
      const mine = other.filter(({ number }) => own.has(number) || (!before.has(number) && number < last && (number > first || index === 0)));
      await this.copies.write(part.segment.physical, 'b', mine.map(({ number, cells }) => [String(number), ...cells]));
      for (const { physical, byNumber } of part.hashes) {
        const made = (number: number): string | null => (byNumber.has(number) ? byNumber.get(number)! : `h${random.between(0, 9)}`);
        await this.copies.write(physical, 'b', mine.map(({ number }) => [String(number), made(number)]));
      }
    }
  }

  /** Ids of rows by numbers that may be hidden ones', as if an attacker had got hold of them. */
  private guesses(asked: readonly Dataset[], random: Random): readonly string[] {
    return asked.flatMap((dataset) => {
      const version = dataset.versions[0]!;
      const table = random.one(version.tables);
      const copied = this.copied.get(idOf(table));
      if (!copied || copied.rows.length === 0) return [];
      const place = numberedTable({ dataset, version, table });
      return [`${place.slice(0, place.indexOf('@'))}~${this.options.cursors.rowNumbers.encode(place, String(random.one(copied.rows).number))}`];
    });
  }

  private async ask({ query, variables, describes }: Question, caller: Caller, side: Side): Promise<string> {
    this.copies.side = side;
    if (this.options.elsewhere) this.options.elsewhere.side = side;
    const { snapshot } = this;
    if (describes) this.snapshot = this.described[side];
    try {
      const schema = this.engine.schemaFor(caller.identity);
      const prepared = this.engine.prepare(schema, query);
      if ('errors' in prepared) return JSON.stringify(prepared);
      const answer = answerText(await this.engine.execute(prepared.operation, variables, schema, this.context(caller)));
      const left = this.options.elsewhere?.asked() ?? '[]';
      return left === '[]' ? answer : `${answer}\n${left}`;
    } finally {
      this.snapshot = snapshot;
    }
  }

  private context({ identity, purpose, channel, destination, grants }: Caller): RequestContext {
    return {
      identity, purpose, channel, destination, requestId: 'r', language: 'en', signal: new AbortController().signal,
      services: { catalog: { snapshot: this.snapshot }, grants: { of: () => grants ?? nothingGranted } },
    } as unknown as RequestContext;
  }

  private remoteTables(): readonly Table[] {
    if (!this.options.elsewhere) return [];
    return [...this.snapshot.datasets.values()].flatMap((dataset) => dataset.versions.flatMap((version) => version.tables.filter((table) => table.remote !== undefined)));
  }

  private tables(): readonly Table[] {
    const found = new Map([...this.snapshot.datasets.values()].flatMap((dataset) => dataset.versions.flatMap((version) => version.tables)).filter((table) => table.segments.length > 0).map((table) => [idOf(table), table]));
    return [...found.values()];
  }
}

/** What must be the same. Cursors of a source elsewhere are places in its pages, and not to be read: another place is no other answer. */
function alike(answer: string, { elsewhere }: Question): string {
  return elsewhere ? answer.replace(/("(?:cursor|startCursor|endCursor)" ?: ?)"[^"]+"/g, '$1"…"') : answer;
}

/** The cursor to page on with, if there is a further page. */
function endOf(answer: string, pages: 'forwards' | 'backwards'): string | undefined {
  if (!new RegExp(`"has${pages === 'forwards' ? 'Next' : 'Previous'}Page" ?: ?true`).test(answer)) return undefined;
  return new RegExp(`"${pages === 'forwards' ? 'end' : 'start'}Cursor" ?: ?"([^"]+)"`).exec(answer)?.[1];
}

/** Whether an answer holds a row or a number. */
function tells(answer: string): boolean {
  const leaf = (value: unknown): boolean => (typeof value === 'object' && value !== null ? Object.values(value).some(leaf) : typeof value === 'number' || typeof value === 'string');
  return leaf((JSON.parse(answer.split('\n', 1)[0]!) as { data?: unknown }).data);
}

function isShown(schema: GraphQLSchema, { organization, field }: Dataset): boolean {
  const type = schema.getQueryType()!.getFields()[organization.field]?.type as { readonly getFields?: () => Record<string, unknown>; readonly ofType?: { readonly getFields: () => Record<string, unknown> } } | undefined;
  return Object.hasOwn((type?.ofType ?? type)?.getFields?.() ?? {}, field);
}

/** @param step what the revision is greater by: no schema of one copy is another's */
function withCounts(snapshot: CatalogSnapshot, step: bigint, count: (table: Table, id: string) => number): CatalogSnapshot {
  const datasets = [...snapshot.datasets.values()].map((dataset) => ({
    ...dataset, versions: dataset.versions.map((version) => ({ ...version, tables: version.tables.map((table) => ({ ...table, rows: count(table, idOf(table)) })) })),
  }));
  return { ...snapshot, revision: snapshot.revision + step * 1_000_000_000_000n, datasets: new Map(datasets.map((one) => [one.id, one])), byPath: new Map(datasets.map((one) => [`${one.organization.slug}/${one.name}`, one])) };
}

function idOf({ segments, remote, name }: Table): string {
  if (remote) return `elsewhere ${name}`;
  return segments.map(({ physical }) => physical).join(' ');
}

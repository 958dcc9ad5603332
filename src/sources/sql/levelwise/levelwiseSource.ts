/**
 * Tables of a database that cannot nest (or that is better asked level by level): a statement for each question of each level, for all parents
 * at once. The number of statements depends on the operation alone, never on the number of rows. The answers are those of the one statement.
 */
import type { Column } from '../../../catalog/model.js';
import type { CursorCodec } from '../../../plan/cursor.js';
import type { TableAt } from '../../../plan/link.js';
import type { Level } from '../../../plan/plan.js';
import type { Bindings } from '../../../plan/predicate.js';
import type { AuthorizedPlan } from '../../../policy/authorize.js';
import type { Answers, CompiledKeys, CompiledLevel, CompiledPlan, PlanParts, RootAnswer, SqlHome } from '../../source.js';
import { compileKeysStatement } from '../compile.js';
import { firstClosed, openSql, opensBetween } from '../opens.js';
import { closedBy, type SqlDatabase } from '../sqlSource.js';
import { StatementWriter } from '../statement.js';
import { keyTexts } from './batch.js';
import { LevelCompiler, type LevelBound } from './levelCompiler.js';

export class LevelwiseSource implements SqlHome {
  constructor(private readonly database: SqlDatabase, private readonly codec: CursorCodec) {}

  compile(plan: AuthorizedPlan, parts?: PlanParts): CompiledPlan {
    const compiler = new LevelCompiler(plan, this.database, this.codec, parts);
    const roots = plan.roots.flatMap((root, index) => {
      if (root.kind !== 'level' || parts?.roots.has(index) === false) return [];
      const { level } = root;
      return [{ index, ask: compiler.root(level), bound: { level, opens: opensBetween(plan, level.at, undefined) } }];
    });
    const gate = this.gate([...roots.map(({ bound }) => bound), ...compiler.bounds]);
    return {
      text: [...gate.texts, ...compiler.texts].join(';\n'),
      run: async (bindings, signal) => {
        const errors = await gate.closed(bindings, signal);
        const closed = new Set(errors.keys());
        const answers = new Map<number, RootAnswer>();
        await Promise.all(roots.map(async ({ index, ask, bound }) => {
          answers.set(index, errors.has(bound.level) ? { closed: errors.get(bound.level) } : { json: (await ask(undefined, { bindings, signal, closed }))(1) });
        }));
        const linked = compiler.bounds.flatMap(({ level }) => (errors.has(level) ? [{ path: level.path, error: errors.get(level) }] : []));
        const ordered = new Map(roots.map(({ index }) => [index, answers.get(index)!]));
        return linked.length > 0 ? Object.assign(ordered, { errors: linked }) : (ordered satisfies Answers);
      },
    };
  }

  compileLevel(plan: AuthorizedPlan, level: Level, parts: PlanParts): CompiledLevel {
    const compiler = new LevelCompiler(plan, this.database, this.codec, parts);
    const ask = compiler.below(level, undefined);
    const gate = this.gate(compiler.bounds);
    const { here } = level.link!.on[0]!;
    return {
      run: async (keys, bindings, signal) => {
        const errors = await gate.closed(bindings, signal);
        const texts = keyTexts(here, keys.map((key) => JSON.parse(key) as unknown), this.database.dialect);
        const result = errors.has(level) ? undefined : await ask(keys.length === 0 ? [] : [texts], { bindings, signal, closed: new Set(errors.keys()) });
        return {
          answers: new Map(result ? keys.map((key, index) => [key, result(index + 1)]) : []),
          errors: compiler.bounds.flatMap((bound) => (errors.has(bound.level) ? [{ path: bound.level.path, error: errors.get(bound.level) }] : [])),
        };
      },
    };
  }

  compileKeys(plan: AuthorizedPlan, at: TableAt, column: Column, limit: number): CompiledKeys {
    const { text, parameters, plannedForValues } = compileKeysStatement(plan, at, column, limit, this.database.dialect);
    const run = this.database.prepare(text, plannedForValues);
    return { run: async (bindings, signal) => (await run(parameters.map((read) => read(bindings)), signal)).map((row) => row[0] as string) };
  }

  /** Which levels a bound in time closes, with the error: asked before anything is read. Each statement asks again for itself. */
  private gate(bounds: readonly LevelBound[]): { readonly texts: readonly string[]; readonly closed: (bindings: Bindings, signal: AbortSignal) => Promise<ReadonlyMap<Level, unknown>> } {
    const bounded = bounds.filter(({ opens }) => opens.length > 0);
    if (bounded.length === 0) return { texts: [], closed: () => Promise.resolve(new Map()) };
    const writer = new StatementWriter(this.database.dialect);
    const text = `select ${bounded.map(({ opens }) => firstClosed(opens.map(({ test }) => openSql(test, writer)))).join(', ')}`;
    const run = this.database.prepare(text, false);
    return {
      texts: [text],
      closed: async (bindings, signal) => {
        const row = (await run(writer.parameters.map((read) => read(bindings)), signal))[0];
        // No row at all is no proof that anything is open.
        return new Map(bounded.flatMap(({ level, opens }, index) => (row?.[index] === null ? [] : [[level, closedBy(opens, row?.[index], bindings)] as const])));
      },
    };
  }
}

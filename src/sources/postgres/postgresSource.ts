/** Datasets in Dure's own PostgreSQL: one statement for all roots, JSON text passed through. */
import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { versionName, type Column } from '../../catalog/model.js';
import type { TableAt } from '../../plan/link.js';
import type { Level } from '../../plan/plan.js';
import type { CursorCodec } from '../../plan/cursor.js';
import type { Bindings } from '../../plan/predicate.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { embargoed } from '../../policy/embargo.js';
import type { Answers, CompiledKeys, CompiledLevel, CompiledPlan, PlanParts, RootAnswer, SqlHome } from '../source.js';
import { encode, encodeList } from '../sql/codec.js';
import { compileKeysStatement, compileLevelStatement, compileStatement, type CompiledStatement, type LinkedEmbargo } from '../sql/compile.js';
import { runRows, runStatement } from './runStatement.js';

export class PostgresSource implements SqlHome {
  /** Stands before a cursor's values in the answer's text. Random, so that no data can look like it. */
  private readonly mark = `~${randomBytes(12).toString('hex')}.`;
  private readonly marked = new RegExp(`${this.mark.replace('.', '\\.')}(\\d+):([0-9a-f]+)`, 'g');

  /** @param maxBytes the longest answer that is taken in */
  constructor(private readonly pool: Pool, private readonly codec: CursorCodec, private readonly maxBytes = Infinity) {}

  compile(plan: AuthorizedPlan, parts?: PlanParts): CompiledPlan {
    const statement = compileStatement(plan, this.mark, parts);
    if (!statement) return { text: '', run: () => Promise.resolve(new Map()) };
    const name = nameOf(statement.text);
    return {
      text: statement.text,
      run: async (bindings, signal) => {
        const values = statement.parameters.map((read) => read(bindings));
        const row = await runStatement(this.pool, { name, text: statement.text, values }, signal, this.maxBytes);
        return this.answers(statement, row, bindings);
      },
    };
  }

  compileLevel(plan: AuthorizedPlan, level: Level, parts: PlanParts): CompiledLevel {
    const { here } = level.link!.on[0]!;
    const statement = compileLevelStatement(plan, level, this.mark, parts);
    const name = nameOf(statement.text);
    return {
      run: async (keys, given, signal) => {
        const bindings = { ...given, keys: keys.map((key) => keyText(key, here)) };
        const rows = await runRows(this.pool, { name, text: statement.text, values: statement.parameters.map((read) => read(bindings)) }, signal, this.maxBytes);
        const answers = new Map<string, string>();
        const closed = new Set<number>();
        for (const row of rows) {
          const json = row[1] as string | null;
          statement.embargoes.forEach((_, index) => { if (row[2 + index] !== true) closed.add(index); });
          if (json !== null) answers.set(keys[(row[0] as number) - 1]!, this.withCursors(json, statement, bindings));
        }
        return { answers, errors: [...closed].map((index) => embargoError(statement.embargoes[index]!)) };
      },
    };
  }

  compileKeys(plan: AuthorizedPlan, at: TableAt, column: Column, limit: number): CompiledKeys {
    const { text, parameters } = compileKeysStatement(plan, at, column, limit);
    const name = nameOf(text);
    return {
      run: async (bindings, signal) => (await runRows(this.pool, { name, text, values: parameters.map((read) => read(bindings)) }, signal, this.maxBytes)).map((row) => row[0] as string),
    };
  }

  private answers(statement: CompiledStatement, row: readonly unknown[], bindings: Bindings): Answers {
    const answers = new Map<number, RootAnswer>();
    let position = 0;
    for (const root of statement.roots) {
      const json = row[position] as string | null;
      position += 1;
      if (root.embargoUntil) {
        const over = row[position] === true;
        position += 1;
        if (!over) {
          answers.set(root.index, { embargoUntil: root.embargoUntil });
          continue;
        }
      }
      answers.set(root.index, { json: json === null ? 'null' : this.withCursors(json, statement, bindings) });
    }
    const errors = statement.embargoes.flatMap(({ path, dataset, until }, index) => (row[position + index] === true ? [] : [embargoError({ path, dataset, until })]));
    return errors.length > 0 ? Object.assign(answers, { errors }) : answers;
  }

  private withCursors(json: string, statement: Pick<CompiledStatement, 'cursors'>, bindings: Bindings): string {
    if (statement.cursors.length === 0) return json;
    const contexts = new Map<number, string>();
    return json.replace(this.marked, (_match, number: string, hex: string) => {
      const level = statement.cursors[Number(number)]!;
      let context = contexts.get(Number(number));
      if (context === undefined) contexts.set(Number(number), (context = level.cursorContext(bindings)));
      const values = JSON.parse(Buffer.from(hex, 'hex').toString('utf8')) as (string | null)[];
      return this.codec.encode(versionName(level.at.version), context, values);
    });
  }
}

function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 24);
}

function embargoError({ path, dataset, until }: LinkedEmbargo): { readonly path: readonly string[]; readonly error: unknown } {
  return { path, error: embargoed(dataset, until) };
}

/** A link's value as a parameter's text; null where it is no value of the column's kind. */
function keyText(json: string, { kind, item }: Column): string | null {
  const value: unknown = JSON.parse(json);
  if (kind !== 'list') return encode(kind, value);
  return `{${(encodeList(item!, value) ?? []).filter((text) => text !== null).map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
}

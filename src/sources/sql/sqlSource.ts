/** Tables that one SQL database holds: one statement for all roots, JSON text passed through. */
import { randomBytes } from 'node:crypto';
import { versionName, type Column } from '../../catalog/model.js';
import type { CursorCodec } from '../../plan/cursor.js';
import type { TableAt } from '../../plan/link.js';
import type { Level } from '../../plan/plan.js';
import type { Bindings } from '../../plan/predicate.js';
import { numberedTable } from '../../plan/rowId.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { closedError } from '../../policy/closed.js';
import type { Answers, CompiledKeys, CompiledLevel, CompiledPlan, Explanation, PlanNode, PlanParts, RootAnswer, SqlHome } from '../source.js';
import { encode, encodeList } from './codec.js';
import { compileKeysStatement, compileLevelStatement, compileStatement, type CompiledStatement, type LinkedOpens } from './compile.js';
import type { Dialect } from './dialect.js';

/** Runs a statement again and again. Rows by position: text, booleans, numbers and nulls. */
export type RunStatement = (values: readonly unknown[], signal: AbortSignal) => Promise<readonly (readonly unknown[])[]>;

export interface SqlDatabase {
  readonly dialect: Dialect;
  /** @param forValues whether the statement is better planned each time it runs */
  prepare(text: string, forValues: boolean): RunStatement;
  /** The plan of a statement that is not run. */
  explain?(text: string, values: readonly unknown[], signal: AbortSignal): Promise<readonly PlanNode[]>;
}

export class SqlSource implements SqlHome {
  /** Stands before a cursor's values in the answer's text. Random, so that no data can look like it. */
  private readonly mark = `~${randomBytes(12).toString('hex')}.`;
  private readonly marked = new RegExp(`${this.mark.replace('.', '\\.')}(n?)(\\d+):([0-9a-f]+)`, 'g');

  constructor(private readonly database: SqlDatabase, private readonly codec: CursorCodec) {}

  compile(plan: AuthorizedPlan, parts?: PlanParts): CompiledPlan {
    const statement = compileStatement(plan, this.mark, parts, this.database.dialect);
    if (!statement) return { text: '', run: () => Promise.resolve(new Map()) };
    const run = this.database.prepare(statement.text, statement.plannedForValues);
    return {
      text: statement.text,
      explanation: () => this.explanation(statement),
      run: async (bindings, signal) => this.answers(statement, (await run(statement.parameters.map((read) => read(bindings)), signal))[0] ?? [], bindings),
    };
  }

  /** The mark of cursors stays unknown: rows that hold it would pass for cursors. */
  private explanation({ text, parameters }: CompiledStatement): Explanation {
    return {
      text: text.replaceAll(this.mark, '~.'),
      parameters,
      plan: async (bindings, signal) => (await this.database.explain?.(text, parameters.map((read) => read(bindings)), signal)) ?? [],
    };
  }

  compileLevel(plan: AuthorizedPlan, level: Level, parts: PlanParts): CompiledLevel {
    const { here } = level.link!.on[0]!;
    const statement = compileLevelStatement(plan, level, this.mark, parts, this.database.dialect);
    const run = this.database.prepare(statement.text, statement.plannedForValues);
    return {
      run: async (keys, given, signal) => {
        const bindings = { ...given, keys: keys.map((key) => this.keyText(key, here)) };
        const rows = await run(statement.parameters.map((read) => read(bindings)), signal);
        const answers = new Map<string, string>();
        const closed = new Map<number, unknown>();
        for (const row of rows) {
          const json = row[1] as string | null;
          statement.linkedOpens.forEach((_, index) => { if (row[2 + index] !== null) closed.set(index, row[2 + index]); });
          if (json !== null) answers.set(keys[Number(row[0]) - 1]!, this.withCursors(json, statement, bindings));
        }
        return { answers, errors: [...closed].map(([index, place]) => linkedError(statement.linkedOpens[index]!, place, bindings)) };
      },
    };
  }

  compileKeys(plan: AuthorizedPlan, at: TableAt, column: Column, limit: number): CompiledKeys {
    const { text, parameters, plannedForValues } = compileKeysStatement(plan, at, column, limit, this.database.dialect);
    const run = this.database.prepare(text, plannedForValues);
    return {
      run: async (bindings, signal) => (await run(parameters.map((read) => read(bindings)), signal)).map((row) => row[0] as string),
    };
  }

  /** A link's value as a parameter's text; null where it is no value of the column's kind. */
  private keyText(json: string, { kind, item }: Column): string | null {
    const value: unknown = JSON.parse(json);
    if (kind !== 'list') return encode(kind, value);
    return this.database.dialect.listText((encodeList(item!, value) ?? []).filter((text) => text !== null));
  }

  private answers(statement: CompiledStatement, row: readonly unknown[], bindings: Bindings): Answers {
    const answers = new Map<number, RootAnswer>();
    let position = 0;
    for (const root of statement.roots) {
      const json = row[position] as string | null;
      position += 1;
      if (root.opens.length > 0) {
        const closed = row[position];
        position += 1;
        // No row at all is no proof that the root is open.
        if (closed !== null) {
          answers.set(root.index, { closed: closedBy(root.opens, closed, bindings) });
          continue;
        }
      }
      answers.set(root.index, { json: json === null ? 'null' : this.withCursors(json, statement, bindings) });
    }
    const errors = statement.linkedOpens.flatMap((linked, index) => (row[position + index] === null ? [] : [linkedError(linked, row[position + index], bindings)]));
    const beside = position + statement.linkedOpens.length;
    return Object.assign(answers, {
      ...(errors.length > 0 && { errors }),
      ...(statement.tallies.length > 0 && { tallies: new Map(statement.tallies.map((table, index) => [table, Number(row[beside + index])])) }),
    });
  }

  private withCursors(json: string, statement: Pick<CompiledStatement, 'cursors' | 'numbered'>, bindings: Bindings): string {
    if (statement.cursors.length === 0 && statement.numbered.length === 0) return json;
    const tables = statement.numbered.map(numberedTable);
    const contexts = new Map<number, string>();
    return json.replace(this.marked, (_match, kind: string, number: string, hex: string) => {
      if (kind === 'n') return this.codec.rowNumbers.encode(tables[Number(number)]!, hex);
      const level = statement.cursors[Number(number)]!;
      let context = contexts.get(Number(number));
      if (context === undefined) contexts.set(Number(number), (context = level.cursorContext(bindings)));
      const values = JSON.parse(Buffer.from(hex, 'hex').toString('utf8')) as (string | null)[];
      return this.codec.encode(versionName(level.at.version), context, values);
    });
  }
}

function linkedError({ path, opens }: LinkedOpens, place: unknown, bindings: Bindings): { readonly path: readonly string[]; readonly error: unknown } {
  return { path, error: closedBy(opens, place, bindings) };
}

export function closedBy(opens: LinkedOpens['opens'], place: unknown, bindings: Bindings): unknown {
  const { at, test } = opens[Number(place ?? 0)] ?? opens[0]!;
  return closedError(at, test, bindings);
}

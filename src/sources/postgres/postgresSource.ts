/** Datasets in Dure's own PostgreSQL: one statement for all roots, JSON text passed through. */
import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { versionName } from '../../catalog/model.js';
import type { CursorCodec } from '../../plan/cursor.js';
import type { Bindings } from '../../plan/predicate.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { embargoed } from '../../policy/embargo.js';
import type { Answers, CompiledPlan, RootAnswer, Source } from '../source.js';
import { compileStatement, type CompiledStatement } from '../sql/compile.js';
import { runStatement } from './runStatement.js';

export class PostgresSource implements Source {
  /** Stands before a cursor's values in the answer's text. Random, so that no data can look like it. */
  private readonly mark = `~${randomBytes(12).toString('hex')}.`;
  private readonly marked = new RegExp(`${this.mark.replace('.', '\\.')}(\\d+):([0-9a-f]+)`, 'g');

  constructor(private readonly pool: Pool, private readonly codec: CursorCodec) {}

  compile(plan: AuthorizedPlan): CompiledPlan {
    const statement = compileStatement(plan, this.mark);
    if (!statement) return { text: '', run: () => Promise.resolve(new Map()) };
    const name = createHash('sha256').update(statement.text).digest('base64url').slice(0, 24);
    return {
      text: statement.text,
      run: async (bindings, signal) => {
        const values = statement.parameters.map((read) => read(bindings));
        const row = await runStatement(this.pool, { name, text: statement.text, values }, signal);
        return this.answers(statement, row, bindings);
      },
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
      answers.set(root.index, { json: json === null ? 'null' : statement.cursors.length > 0 ? this.withCursors(json, statement, bindings) : json });
    }
    const errors = statement.embargoes.flatMap(({ path, dataset, until }, index) => (row[position + index] === true ? [] : [{ path, error: embargoed(dataset, until) }]));
    return errors.length > 0 ? Object.assign(answers, { errors }) : answers;
  }

  private withCursors(json: string, statement: CompiledStatement, bindings: Bindings): string {
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

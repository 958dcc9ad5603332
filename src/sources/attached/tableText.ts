/** A partner's table as a `from` item of our statements: typed columns and a row number. */
import type { ReadableRelation } from '../../policy/relation.js';
import type { StatementWriter } from '../sql/statement.js';
import type { AttachedTable } from './describeTables.js';

/**
 * The row number settles ties and stands in cursors and, where the key may not be read, in ids. It is a readable whole key itself, so that its
 * index serves; else 59 bits of a hash of the key under a secret of ours, as whoever may not read the key must not reckon it from the number.
 */
export function tableText(table: AttachedTable, relation: ReadableRelation, writer: StatementWriter, secret: string): string {
  const { key, from, values } = table;
  const { columns } = relation.at.table;
  const readable = key.columns.every((name) => {
    const column = columns.find((one) => one.name === name);
    return column !== undefined && relation.access(column).kind === 'plain';
  });
  const number = key.integer && readable
    ? key.sql[0]!
    : `(('x' || left(encode(sha256(convert_to(json_build_array(${[writer.parameter(() => secret, 'text'), ...key.sql.map((sql) => `(${sql})::text`)].join(', ')})::text, 'UTF8')), 'hex'), 16))::bit(64)::int8 & 576460752303423487)`;
  // A column that the catalog has and the database has no longer is named as it was: the database then refuses the statement.
  const selected = columns.map(({ physical }) => `${values.get(physical) ?? physical} as ${physical}`);
  const present = key.declared ? ` where ${key.sql.map((sql) => `${sql} is not null`).join(' and ')}` : '';
  return `(select ${[`${number} as _rid`, ...selected].join(', ')} from ${from}${present})`;
}

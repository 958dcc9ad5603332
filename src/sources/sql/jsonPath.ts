/** Tests of a value inside JSON. All are total: a path that leads nowhere gives null, and only values of one type are put in order. */
import type { Predicate } from '../../plan/predicate.js';
import { encode, encodeList } from './codec.js';
import { jsonText } from './jsonText.js';
import { comparisonOperators } from './operators.js';
import { matchPattern } from './pattern.js';
import type { StatementWriter } from './statement.js';

export function jsonPathSql({ path, test }: Extract<Predicate, { op: 'jsonPath' }>, sql: string, writer: StatementWriter): string {
  const { dialect } = writer;
  const found = dialect.jsonAt(sql, writer.parameter((b) => encodeList('text', path.read(b)), 'text[]'));
  switch (test.kind) {
    case 'isNull': return `(${found} is ${test.value ? '' : 'not '}null)`;
    case 'in': return `(${found} = any(${writer.parameter((b) => jsonList(test.values.read(b)), 'jsonb[]')}))`;
    case 'match': return dialect.match(test.match, dialect.jsonAtText(found), writer.parameter((b) => matchPattern(test.match, encode('text', test.value.read(b))), 'text'));
    case 'compare': {
      const { comparison, value } = test;
      const other = writer.parameter((b) => jsonText(value.read(b)), 'jsonb');
      const operator = comparisonOperators[comparison];
      return comparison === 'eq' || comparison === 'ne' ? `(${found} ${operator} ${other})` : dialect.jsonAtOrder(found, operator, other);
    }
  }
}

function jsonList(value: unknown): (string | null)[] | null {
  return Array.isArray(value) ? value.map(jsonText) : null;
}

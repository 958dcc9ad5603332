/** The messages that run a prepared statement, as one piece of bytes (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
import pg from 'pg';

/** As pg writes values: lists as array literals, dates, JSON. */
const { prepareValue } = (pg as unknown as { readonly utils: { prepareValue(value: unknown): string | null } }).utils;

const describePortal = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0]);
const executeAll = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]);
const sync = Buffer.from([0x53, 0, 0, 0, 4]);
const end = Buffer.concat([executeAll, sync]);
const describedEnd = Buffer.concat([describePortal, executeAll, sync]);
/** Type, length, the portal's empty name; the counts of formats (none: all are text), of values and of result formats. */
const fixedBytes = 1 + 4 + 1 + 2 + 2 + 2;
/** UTF-8 needs at most three bytes for a code unit of a string. */
const perUnit = 3;

/**
 * Bind, Execute and Sync of the unnamed portal; Describe too, where the answer is to say what its rows are made of.
 * @param statement its name, '' for the unnamed one
 */
export function bindAndExecute(statement: string, values: readonly unknown[], describe: boolean): Buffer {
  const texts = values.map((value) => (typeof value === 'string' ? value : prepareValue(value)));
  const last = describe ? describedEnd : end;
  let most = fixedBytes + statement.length * perUnit + 1 + last.length;
  for (const text of texts) most += 4 + (text === null ? 0 : text.length * perUnit);
  const bytes = Buffer.allocUnsafe(most);
  bytes[0] = 0x42;
  bytes[5] = 0;
  let at = 6 + bytes.write(statement, 6);
  bytes[at] = 0;
  at = bytes.writeInt16BE(0, at + 1);
  at = bytes.writeUInt16BE(texts.length, at);
  for (const text of texts) {
    const length = text === null ? -1 : bytes.write(text, at + 4);
    at = bytes.writeInt32BE(length, at);
    if (length > 0) at += length;
  }
  at = bytes.writeInt16BE(0, at);
  bytes.writeInt32BE(at - 1, 1);
  return bytes.subarray(0, at + last.copy(bytes, at));
}

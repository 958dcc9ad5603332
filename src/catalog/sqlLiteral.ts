/** Text of our own or of a rule as an SQL literal (response keys, type names, id prefixes, what covers a cell): never a caller's value. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new Error('NUL in a literal');
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;
}

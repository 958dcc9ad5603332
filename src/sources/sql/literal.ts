/** Text of our own as an SQL literal (response keys, type names, id prefixes): never a user's value. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new Error('NUL in a literal');
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;
}

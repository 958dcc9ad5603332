/** Names and paths of files in statements: read from the disk or a declaration, so always quoted. */

export function text(value: string): string {
  return `'${value.replaceAll(`'`, `''`)}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

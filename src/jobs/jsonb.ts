/**
 * JSON text that `jsonb` takes. PostgreSQL refuses U+0000 and lone surrogates, which a report on a broken file may well quote;
 * JSON.stringify writes both as escapes, so that they can be replaced in the text, keys included.
 */
export function jsonb(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)) as string | undefined;
  if (text === undefined) return null;
  return text.replace(/\\(?:u([0-9a-f]{4})|.)/g, (escape, hex: string | undefined) => (hex !== undefined && refused(hex) ? '\ufffd' : escape));
}

function refused(hex: string): boolean {
  const unit = Number.parseInt(hex, 16);
  return unit === 0 || (unit >= 0xd800 && unit <= 0xdfff);
}

/** The same for a value of type `text`. */
export function plainText(value: string | undefined): string | null {
  return value === undefined ? null : value.toWellFormed().replaceAll('\0', '\ufffd');
}

/** JSON as PostgreSQL's constructors write it, made in Node from values that travelled as text. */
import type { Column } from '../../../catalog/model.js';

export function objectText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)} : ${json}`).join(', ')}}`;
}

export function listText(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

/** @param text what the dialect's `wire` gave */
export function valueText({ kind }: Pick<Column, 'kind'>, text: string | null): string {
  if (text === null) return 'null';
  switch (kind) {
    case 'int32': case 'boolean': case 'json': case 'list': case 'geopoint': return text;
    case 'float': return floatText(text);
    default: return JSON.stringify(text);
  }
}

/** Shortest digits; an exponent below 1e-4 and from 1e15, of at least two digits. What is no finite number is a string. */
export function floatText(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return JSON.stringify(text);
  if (Object.is(value, -0)) return '-0';
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 15)) return String(value).includes('e') ? value.toFixed(20).replace(/0+$/, '') : String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

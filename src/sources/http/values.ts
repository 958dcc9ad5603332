/** A source's values as Dure shows them: by the column's kind, whether they came as numbers, texts or padded texts. */
import type { Column } from '../../catalog/model.js';
import { readInstant } from './dateText.js';

export interface Reading {
  readonly missing: readonly string[];
  readonly format?: string;
  readonly map: ReadonlyMap<string, string>;
}

/** What cannot be read as its kind. It is shown as null, and counted. */
export const unreadable = Symbol('unreadable');

type Kind = Column['kind'];

export function readValue(kind: Kind, values: Column['values'], raw: unknown, reading: Reading): unknown {
  if (raw === null || raw === undefined) return null;
  if (kind === 'json') return raw;
  if (typeof raw === 'number' && isAsGiven(kind, raw, reading)) return raw;
  if (typeof raw === 'object') return unreadable;
  const given = String(raw as string | number | boolean);
  const text = reading.map.get(given) ?? given;
  const trimmed = text.trim();
  if (reading.missing.includes(trimmed) || reading.missing.includes(text)) return null;
  if (kind === 'text') return text.includes('\0') ? unreadable : text;
  if (trimmed === '') return null;
  if (kind === 'enum') return values?.includes(trimmed) ? trimmed : unreadable;
  // A number that JSON has already read keeps the digits that it has; whole numbers beyond 2^53 have lost some.
  if (typeof raw === 'number' && Number.isInteger(raw) && !Number.isSafeInteger(raw) && (kind === 'int64' || kind === 'decimal')) return unreadable;
  return readText(kind, trimmed, reading.format);
}

/** Most numbers are what they are; only where one may mean that there is none, or another, it is read as a text. */
function isAsGiven(kind: Kind, raw: number, { map, missing }: Reading): boolean {
  if (map.size > 0 || !missing.every((text) => text === '')) return false;
  return kind === 'int32' ? (raw | 0) === raw : kind === 'float' && Number.isFinite(raw);
}

function readText(kind: Kind, text: string, format: string | undefined): unknown {
  switch (kind) {
    case 'int32': return whole(text, (value) => value >= -(2n ** 31n) && value < 2n ** 31n, Number);
    case 'int64': return whole(text, (value) => BigInt.asIntN(64, value) === value, String);
    case 'decimal': return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) && text.length <= 1000 ? text.replace(/^\+/, '').replace(/^(-?)\./, '$10.').replace(/\.(?=$|[eE])/, '') : unreadable;
    case 'float': return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : unreadable;
    case 'boolean': return booleans.get(text.toLowerCase()) ?? unreadable;
    case 'date': return readInstant(text, format)?.toISOString().slice(0, 10) ?? unreadable;
    case 'datetime': return readInstant(text, format)?.toISOString() ?? unreadable;
    default: return unreadable;
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([['true', true], ['1', true], ['y', true], ['yes', true], ['false', false], ['0', false], ['n', false], ['no', false]]);

function whole<T>(text: string, fits: (value: bigint) => boolean, make: (value: bigint) => T): T | typeof unreadable {
  const match = /^([+-]?\d{1,20})(\.0*)?$/.exec(text);
  if (!match) return unreadable;
  const value = BigInt(match[1]!.replace(/^\+/, ''));
  return fits(value) ? make(value) : unreadable;
}

import { Fault, type CellReader } from './fault.js';

const notJson = new Fault('type', 'is not JSON');
const notObject = new Fault('type', 'is no JSON object');
const notArray = new Fault('type', 'is no JSON array');
const notGeoJson = new Fault('type', 'is no GeoJSON: an object with a "type"');
const badText = new Fault('type', 'holds a NUL character or half of a surrogate pair, which JSON in PostgreSQL cannot');
const tooDeep = new Fault('type', 'is JSON nested more than 100 levels deep');
const badNumber = new Fault('type', 'holds a number that is too large');

const deepest = 100;

export function jsonReader(type: 'object' | 'array' | 'geojson' | 'any'): CellReader {
  return (cell) => {
    let value: unknown;
    try {
      value = JSON.parse(cell);
    } catch {
      return notJson;
    }
    if (type === 'array' && !Array.isArray(value)) return notArray;
    if (type !== 'array' && (typeof value !== 'object' || value === null || Array.isArray(value))) return type === 'geojson' ? notGeoJson : notObject;
    if (type === 'geojson' && typeof (value as { type?: unknown }).type !== 'string') return notGeoJson;
    const fault = inspect(value, 1);
    // Exponents that JavaScript rounds away but PostgreSQL would write out in full are kept as JavaScript read them.
    return fault ?? (/[eE][+-]?\d{3}/.test(cell) ? JSON.stringify(value) : cell);
  };
}

function inspect(value: unknown, depth: number): Fault | undefined {
  if (typeof value === 'string') return plainText(value) ? undefined : badText;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : badNumber;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > deepest) return tooDeep;
  for (const [key, item] of Object.entries(value)) {
    const fault = plainText(key) ? inspect(item, depth + 1) : badText;
    if (fault) return fault;
  }
  return undefined;
}

function plainText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

const noPoint = new Fault('type', 'is no point: longitude (−180 to 180), then latitude (−90 to 90)');
const coordinate = /^\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*$/;

/** `default`: “lon, lat”; `array`: [lon, lat]; `object`: {"lon": …, "lat": …}. */
export function geopointReader(format: string | undefined): CellReader {
  return (cell) => {
    const pair = format === 'array' || format === 'object' ? fromJson(cell, format) : cell.split(',');
    if (pair?.length !== 2) return noPoint;
    const [longitude, latitude] = pair.map((part) => coordinate.exec(part)?.[1]);
    if (longitude === undefined || latitude === undefined || Math.abs(Number(longitude)) > 180 || Math.abs(Number(latitude)) > 90) return noPoint;
    return `(${longitude},${latitude})`;
  };
}

function fromJson(cell: string, format: 'array' | 'object'): string[] | undefined {
  try {
    const value: unknown = JSON.parse(cell);
    if (format === 'array' && Array.isArray(value)) return value.map(String);
    if (format === 'object' && typeof value === 'object' && value !== null && 'lon' in value && 'lat' in value) return [String(value.lon), String(value.lat)];
  } catch {
    // falls through: the fault is the same
  }
  return undefined;
}

/** A list in one cell, its items between delimiters, as an array of PostgreSQL. */
export function listReader(delimiter: string, item: CellReader): CellReader {
  return (cell) => {
    const items: string[] = [];
    const parts = cell.split(delimiter);
    for (const [index, part] of parts.entries()) {
      const read = item(part);
      if (read instanceof Fault) return new Fault(read.rule, `item ${index + 1} ${read.message}`);
      items.push(`"${read.replace(/[\\"]/g, '\\$&')}"`);
    }
    return `{${items.join(',')}}`;
  };
}

import { Fault, type CellReader } from './fault.js';

const holdsNul = new Fault('type', 'holds a NUL character, which text in PostgreSQL cannot');

export function textReader(format: string | undefined): CellReader {
  const test = format === undefined ? undefined : formats[format];
  if (!test) return (cell) => (cell.includes('\0') ? holdsNul : cell);
  const fault = new Fault('format', test.message);
  return (cell) => (cell.includes('\0') ? holdsNul : test.accepts(cell) ? cell : fault);
}

interface Format { readonly accepts: (cell: string) => boolean; readonly message: string }

/** The formats of a string field besides `default`. */
export const formats: Readonly<Record<string, Format>> = {
  email: { accepts: (cell) => cell.length <= 320 && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(cell), message: 'is no e-mail address' },
  uri: { accepts: (cell) => !/\s/.test(cell) && URL.canParse(cell), message: 'is no URI with a scheme' },
  uuid: { accepts: (cell) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(cell), message: 'is no UUID' },
  binary: { accepts: (cell) => cell.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(cell), message: 'is not base64' },
};

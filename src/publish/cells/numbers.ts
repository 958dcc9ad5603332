import type { FieldDescriptor } from '../descriptor.js';
import { Fault, type CellReader } from './fault.js';

const notInteger = new Fault('type', 'is no integer');
const notNumber = new Fault('type', 'is no number');
const notBoolean = (known: readonly string[]): Fault => new Fault('type', `is no truth value: use ${known.slice(0, 8).join(', ')} or declare trueValues and falseValues`);
const outside32 = new Fault('type', 'does not fit 32 bits');
const outside64 = new Fault('type', 'does not fit 64 bits: make the column a string, or a number with "dure:exact": true');
const tooLarge = new Fault('type', 'is outside what a floating-point number can hold: use "dure:exact": true');
const notFinite = new Fault('type', 'is no number that can be compared: leave the cell empty, or declare it among missingValues');
const spaces = new Fault('type', 'is no number: remove the spaces around it');

const integer = /^[+-]?\d+$/;
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const nonFinite = /^[+-]?(?:nan|inf|infinity)$/i;

export function integerReader(field: FieldDescriptor, bits: 32 | 64): CellReader {
  const strip = stripper(field);
  return (cell) => {
    const text = strip ? strip(cell) : cell;
    if (!integer.test(text)) return numberFault(text, notInteger);
    if (bits === 32) {
      const value = Number(text);
      return value >= -2147483648 && value <= 2147483647 ? text : outside32;
    }
    if (text.length <= 18) return text;
    const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
    return BigInt.asIntN(64, value) === value ? value.toString() : outside64;
  };
}

export function yearReader(): CellReader {
  return (cell) => (/^-?\d{4,6}$/.test(cell) ? cell : new Fault('type', 'is no year (four digits)'));
}

export function floatReader(field: FieldDescriptor): CellReader {
  const strip = stripper(field);
  return (cell) => {
    const text = strip ? strip(cell) : cell;
    if (!decimal.test(text)) return numberFault(text, notNumber);
    if (text.length < 16 && !/[eE]/.test(text)) return text;
    const value = Number(text);
    // PostgreSQL refuses what rounds to zero or infinity; JavaScript's shortest form is the same float.
    return Number.isFinite(value) ? String(value) : tooLarge;
  };
}

const mostDigits = 1_000;

export function decimalReader(field: FieldDescriptor): CellReader {
  const strip = stripper(field);
  return (cell) => {
    const text = strip ? strip(cell) : cell;
    if (!decimal.test(text)) return numberFault(text, notNumber);
    const exponent = /[eE]([+-]?\d+)$/.exec(text)?.[1];
    if (text.length > mostDigits || Math.abs(Number(exponent ?? 0)) > mostDigits) return new Fault('type', `has more than ${mostDigits} digits`);
    return text;
  };
}

export function booleanReader(field: FieldDescriptor): CellReader {
  const yes = field.trueValues ?? ['true', 'True', 'TRUE', '1'];
  const no = field.falseValues ?? ['false', 'False', 'FALSE', '0'];
  const values = new Map([...no.map((value) => [value, 'f'] as const), ...yes.map((value) => [value, 't'] as const)]);
  const fault = notBoolean([...yes, ...no]);
  return (cell) => values.get(cell) ?? fault;
}

function numberFault(text: string, otherwise: Fault): Fault {
  if (nonFinite.test(text)) return notFinite;
  return text.trim() !== text && decimal.test(text.trim()) ? spaces : otherwise;
}

/** Group and decimal characters and, where the number is not bare, what stands around it (`€ 1.000,50`, `95%`). */
function stripper(field: FieldDescriptor): ((text: string) => string) | undefined {
  const { decimalChar, groupChar, bareNumber } = field;
  if (groupChar === undefined && bareNumber !== false && (decimalChar === undefined || decimalChar === '.')) return undefined;
  return (text) => {
    let result = text;
    if (bareNumber === false) result = result.replace(/^[^\d+.,-]+/, '').replace(/[^\d]+$/, '');
    if (groupChar !== undefined) result = result.replaceAll(groupChar, '');
    // A point that is neither decimal nor grouping must not become one by the replacement.
    if (decimalChar !== undefined && decimalChar !== '.') result = result.includes('.') ? text : result.replace(decimalChar, '.');
    return result;
  };
}

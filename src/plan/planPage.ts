/** Order and page of a connection: `orderBy`, `first`, `after`, `last`, `before`. */
import { versionName } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { CursorCodec, DecodedCursor } from './cursor.js';
import type { Input } from './inputs.js';
import type { TableAt } from './link.js';
import type { CursorUse, OrderTerm, Page } from './plan.js';
import { operandsOf, shapeOf, type Bindings, type Predicate } from './predicate.js';

export interface PageLimits {
  readonly defaultPageSize: number;
  readonly maxPageSize: number;
}

/** Tells the plan that it depends on a value beyond the variables' shape; returns that value's text for the present bindings. */
export type DependOn = (read: (bindings: Bindings) => string) => string;

export function planOrder(at: TableAt, input: Input | undefined, dependOn: DependOn): readonly OrderTerm[] {
  if (!input || input.kind !== 'list') return [];
  const terms: OrderTerm[] = [];
  for (const item of input.items) {
    if (item.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'An entry of orderBy is null.');
    for (const [name, value] of item.fields) {
      const column = at.table.columns.find((c) => c.field === name);
      if (!column) throw new DureError('BAD_USER_INPUT', `This version of ${at.table.name} has no column ${name} to order by.`);
      if (value.kind !== 'leaf') throw new DureError('BAD_USER_INPUT', `orderBy.${name} is null: give ASC or DESC.`);
      const direction = value.constant ? String(value.value) : dependOn((bindings) => String(value.read(bindings)));
      if (!terms.some((term) => term.column === column)) terms.push({ column, direction: direction === 'DESC' ? 'DESC' : 'ASC' });
    }
  }
  return terms;
}

export interface PageInputs {
  readonly first?: Input;
  readonly last?: Input;
  readonly after?: Input;
  readonly before?: Input;
}

export function planPage(inputs: PageInputs, limits: PageLimits, dependOn: DependOn, cursor: (input: Input) => CursorUse): Page {
  const first = size('first', inputs.first, limits, dependOn);
  const last = size('last', inputs.last, limits, dependOn);
  if (first !== undefined && last !== undefined) throw new DureError('BAD_USER_INPUT', 'Give first or last, not both.');
  const use = (input: Input | undefined): CursorUse | undefined => (input && input.kind !== 'null' ? cursor(input) : undefined);
  return { backward: last !== undefined, limit: first ?? last ?? limits.defaultPageSize, after: use(inputs.after), before: use(inputs.before) };
}

function size(name: string, input: Input | undefined, limits: PageLimits, dependOn: DependOn): number | undefined {
  if (!input || input.kind !== 'leaf') return undefined;
  const value = Number(input.constant ? input.value : dependOn((bindings) => String(input.read(bindings))));
  if (value < 0) throw new DureError('BAD_USER_INPUT', `${name} is ${value}: it must be 0 or more.`);
  if (value > limits.maxPageSize) {
    throw new DureError('LIMIT_EXCEEDED', `${name} is ${value}, the greatest page has ${limits.maxPageSize} rows. Page on with after: endCursor; who needs a whole table exports it (exportDataset).`, { argument: name, limit: limits.maxPageSize, actual: value });
  }
  return value;
}

/** What the cursors of a level are bound to: table, order, and the filter with its values. */
export function cursorContext(at: TableAt, order: readonly OrderTerm[], where: Predicate): (bindings: Bindings) => string {
  const fixed = JSON.stringify([at.dataset.id, at.table.name, order.map((term) => [term.column.name, term.direction]), shapeOf(where)]);
  const operands = operandsOf(where);
  if (operands.length === 0) return () => fixed;
  return (bindings) => fixed + JSON.stringify(operands.map((operand) => operand.read(bindings)), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** @throws DureError BAD_USER_INPUT where the cursor is not one of this question */
export function planCursor(input: Input, at: TableAt, order: { readonly length: number }, context: (bindings: Bindings) => string, codec: CursorCodec, dependOn: DependOn): CursorUse {
  if (input.kind !== 'leaf') throw new DureError('BAD_USER_INPUT', 'A cursor must be a string.');
  const version = versionName(at.version);
  const decode = (bindings: Bindings): DecodedCursor => codec.decode(String(input.read(bindings)), version, context(bindings));
  const pattern = dependOn((bindings) => {
    const decoded = decode(bindings);
    if (decoded.ok) return decoded.values.length === order.length + 1 ? decoded.values.map((value) => (value === null ? '0' : 's')).join('') : 'malformed';
    return decoded.reason === 'otherVersion' ? `version ${decoded.version}` : decoded.reason;
  });
  if (pattern === 'malformed') throw new DureError('BAD_USER_INPUT', 'The cursor is not one that this server gave. Use endCursor or startCursor of an earlier page as it was.');
  if (pattern === 'otherQuestion') throw new DureError('BAD_USER_INPUT', 'The cursor belongs to another question: table, where and orderBy must be the same as when it was given.');
  if (pattern.startsWith('version ')) {
    const made = pattern.slice('version '.length);
    throw new DureError('BAD_USER_INPUT', `The cursor was given for version ${made} of the dataset, which now reads ${version}. Page on with the argument version: "${made}" on the dataset's field, or begin anew.`, { argument: 'version', version: made });
  }
  return {
    nulls: [...pattern].map((mark) => mark === '0'),
    read: (bindings) => {
      const decoded = decode(bindings);
      return decoded.ok ? decoded.values : [];
    },
  };
}


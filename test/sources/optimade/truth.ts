/** What a filter means: three values, as in SQL. Written for tests, apart from everything that it checks. */
import type { RemoteFilter } from '../../../src/sources/remote/remoteSource.js';

export function truth(filter: RemoteFilter, row: Readonly<Record<string, unknown>>): boolean | undefined {
  switch (filter.op) {
    case 'not': { const inner = truth(filter.of, row); return inner === undefined ? undefined : !inner; }
    case 'and': { const parts = filter.of.map((part) => truth(part, row)); return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true; }
    case 'or': { const parts = filter.of.map((part) => truth(part, row)); return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false; }
    case 'isNull': return filter.value === ((row[filter.column.name] ?? null) === null);
    case 'in': return filter.values.map((value) => truth({ op: 'compare', column: filter.column, comparison: 'eq', value }, row)).reduce<boolean | undefined>((a, b) => (a === true || b === true ? true : a === undefined || b === undefined ? undefined : false), false);
    case 'list': {
      const list = row[filter.column.name] as readonly unknown[] | null;
      return list === null ? undefined : filter.test === 'containsAll' ? filter.values.every((value) => list.includes(value)) : filter.values.some((value) => list.includes(value));
    }
    case 'match': {
      const text = row[filter.column.name] as string | null;
      if (text === null) return undefined;
      switch (filter.match) {
        case 'startsWith': return text.startsWith(filter.value);
        case 'endsWith': return text.endsWith(filter.value);
        case 'contains': return text.includes(filter.value);
        default: throw new Error(`${filter.match} is not compared here`);
      }
    }
    case 'compare': {
      const cell = row[filter.column.name] ?? null;
      if (cell === null || filter.value === null) return undefined;
      const [a, b] = filter.column.kind === 'datetime' ? [Date.parse(cell as string), Date.parse(filter.value as string)] : [cell as number, filter.value as number];
      switch (filter.comparison) {
        case 'eq': return a === b;
        case 'ne': return a !== b;
        case 'lt': return a < b;
        case 'lte': return a <= b;
        case 'gt': return a > b;
        case 'gte': return a >= b;
      }
    }
  }
}

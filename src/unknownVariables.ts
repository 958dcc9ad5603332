import { configurationKeys } from './configurationKeys.js';

/** Set `DURE_…` variables that nothing reads, each told with the name that was probably meant. Values are not repeated: they may be secrets. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known: readonly string[] = configurationKeys.map((key) => key.name);
  return Object.keys(environment)
    .filter((name) => /^DURE_/i.test(name) && !known.includes(name) && environment[name] !== undefined)
    .sort()
    .map((name) => {
      const close = nearest(name.toUpperCase(), known);
      return `The variable ${name} is not known and has no effect${close === undefined ? '.' : `; did you mean ${close}?`}`;
    });
}

/** The known name that takes the fewest changed letters, if these are few enough to be a slip. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) })).sort((a, b) => a.distance - b.distance);
  return ranked[0] && ranked[0].distance <= 4 ? ranked[0].candidate : undefined;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

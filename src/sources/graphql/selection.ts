/** The selection of a GraphQL operation that brings what stands at some paths of an answer. */

interface Tree extends Map<string, Tree> {}

/** `refs[database=PDB].id` needs `refs { database id }`. Undefined where a part of the path is no name in GraphQL. */
export function pathNames(path: string): readonly (readonly string[])[] | undefined {
  const names: string[] = [];
  const found: string[][] = [];
  for (const step of path.match(/(?:[^.[\]]|\[[^\]]*\])+/g) ?? []) {
    const [, name, member] = /^([_A-Za-z]\w*)(?:\[([_A-Za-z]\w*)=[^\]]*\])?$/.exec(step) ?? [];
    if (name === undefined || name.startsWith('__')) return undefined;
    names.push(name);
    if (member !== undefined) found.push([...names, member]);
  }
  return names.length === 0 ? undefined : [...found, names];
}

/** @param paths checked by `pathNames` before */
export function selectionOf(paths: readonly string[]): string {
  const root: Tree = new Map();
  for (const path of paths) {
    for (const names of pathNames(path) ?? []) {
      let at = root;
      for (const name of names) {
        const below = at.get(name) ?? new Map<string, Tree>();
        at.set(name, below);
        at = below;
      }
    }
  }
  return print(root);
}

function print(tree: Tree): string {
  return `{ ${[...tree].map(([name, below]) => (below.size === 0 ? name : `${name} ${print(below)}`)).join(' ')} }`;
}

/**
 * Complementary suppression: which cells of a table with margins must be withheld beside the small ones, so that no total minus the rest
 * brings a withheld cell back.
 *
 * The cells of all margins are linear in those of the finest one. A withheld cell is protected by a *witness*: another table of counts
 * that agrees with everything that is published. Witnesses are made of hypercubes: choose two values in each of some dimensions A and one
 * in every other; add t to the corners on the one side and take t from those on the other. Every margin that sums over a dimension of A
 * stays as it is, so only cells that keep all of A change, and these must all be withheld. How far t may go either way is the least count
 * among the corners that lose. (The hypercube method of Repsilber and Giessing, with margins taken in; see also Willenborg and de Waal,
 * "Elements of statistical disclosure control", chapter 8.) A cell is protected when its witnesses range over `width` counts at least.
 * Where no set of hypercubes suffices, whole margins are withheld, from the finest on, the total last.
 */

export interface Lattice {
  /** How many values each dimension has. */
  readonly sizes: readonly number[];
  /** Counts of the finest cells; the last dimension varies fastest. Length: the product of sizes. */
  readonly counts: readonly number[];
  /** Whether a cell must be withheld for itself: positions in each dimension, -1 for the total. */
  readonly small: (cell: readonly number[]) => boolean;
  /** The fewest different counts, minus one, that a withheld cell may have by all that is published. */
  readonly width: number;
}

/** @returns the withheld cells, by `cellKey` */
export function suppress(lattice: Lattice): ReadonlySet<string> {
  return new Suppression(lattice).run();
}

export function cellKey(cell: readonly number[]): string {
  return cell.join(',');
}

/** All cells of all margins, the total (all -1) among them. */
export function cellsOf(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>((cells, size) => cells.flatMap((cell) => Array.from({ length: size + 1 }, (_, i) => [...cell, i - 1])), [[]]);
}

interface Cube {
  /** Positions of its corners among the finest cells: those that rise with the protected cell, and those that fall. */
  readonly rising: readonly number[];
  readonly falling: readonly number[];
  /** Numbers of the cells that change. */
  readonly changed: readonly number[];
}

class Suppression {
  /** Cells by their numbers, in the order of `cellsOf`: the total is the first. */
  private readonly cells: readonly (readonly number[])[];
  private readonly withheld: Uint8Array;
  private readonly queue: number[] = [];
  /** Margins are kept rather than what they are the margins of. */
  private readonly worth: readonly number[];
  /** What a step in each dimension adds to a cell's number, and to a finest cell's position. */
  private readonly strides: readonly number[];
  private readonly steps: readonly number[];

  constructor(private readonly lattice: Lattice) {
    const { sizes } = lattice;
    this.cells = cellsOf(sizes);
    this.withheld = new Uint8Array(this.cells.length);
    this.worth = this.cells.map((cell) => 4 ** cell.filter((position) => position < 0).length);
    this.strides = sizes.map((_, d) => sizes.slice(d + 1).reduce((a, b) => a * (b + 1), 1));
    this.steps = sizes.map((_, d) => sizes.slice(d + 1).reduce((a, b) => a * b, 1));
  }

  run(): ReadonlySet<string> {
    this.cells.forEach((cell, number) => { if (this.lattice.small(cell)) this.withhold(number); });
    // A total that may not be told says as much as what it is the total of.
    if (this.withheld[0] === 1) this.withheld.fill(1);
    else for (let number = this.queue.shift(); number !== undefined; number = this.queue.shift()) if (!this.protect(number)) this.withholdMargins(number);
    return new Set(this.cells.filter((_, number) => this.withheld[number] === 1).map(cellKey));
  }

  private withhold(number: number): void {
    if (this.withheld[number] === 1) return;
    this.withheld[number] = 1;
    this.queue.push(number);
  }

  /** Withholds what protecting this cell takes; false where nothing does. */
  private protect(number: number): boolean {
    const { width, counts } = this.lattice;
    // It is withheld only with all the rest: nothing is published then.
    if (this.withheld[0] === 1) return true;
    // What is withheld already may do: cubes that cost nothing are put together until they suffice.
    const reached = new Reach(counts);
    const costly: { readonly cube: Cube; readonly cost: number; readonly reach: number }[] = [];
    for (const cube of this.cubes(this.cells[number]!)) {
      const cost = cube.changed.reduce((sum, changed) => sum + (this.withheld[changed] === 1 ? 0 : this.worth[changed]!), 0);
      if (cost === 0 && reached.add(cube) >= width) return true;
      const reach = cost === 0 ? 0 : reached.of(cube);
      if (reach > 0) costly.push({ cube, cost, reach });
    }
    const need = width - reached.total;
    const enough = costly.filter(({ cube }) => reached.of(cube) >= need).sort((a, b) => a.cost - b.cost || a.reach - b.reach);
    if (enough[0]) {
      enough[0].cube.changed.forEach((changed) => this.withhold(changed));
      return true;
    }
    costly.sort((a, b) => a.cost - b.cost || b.reach - a.reach);
    const chosen: Cube[] = [];
    for (const { cube } of costly) {
      const before = reached.total;
      if (reached.add(cube) > before) chosen.push(cube);
      if (reached.total < width) continue;
      for (const { changed } of chosen) changed.forEach((each) => this.withhold(each));
      return true;
    }
    return false;
  }

  /** The margin of the cell with all finer ones; where they are withheld already, one more margin, the finest first; at last the total. */
  private withholdMargins(number: number): void {
    const dimensions = this.lattice.sizes.map((_, d) => d);
    const own = dimensions.filter((d) => this.cells[number]![d]! >= 0);
    const finestFirst = subsets(dimensions).sort((a, b) => b.length - a.length);
    for (const named of [own, ...finestFirst]) {
      const before = this.queue.length;
      this.cells.forEach((other, each) => { if (named.every((d) => other[d]! >= 0)) this.withhold(each); });
      if (this.queue.length > before) break;
    }
    this.queue.push(number);
  }

  /** Every cube that changes the cell, one after the other. */
  private *cubes(cell: readonly number[]): Generator<Cube> {
    const { sizes } = this.lattice;
    for (const across of subsets(sizes.flatMap((_, d) => (cell[d]! >= 0 ? [d] : [])))) {
      if (across.length === 0) continue;
      const rest = sizes.flatMap((_, d) => (across.includes(d) ? [] : [d]));
      const turns = subsets(across);
      const sums = subsets(rest);
      const choices = sizes.map((size, d): readonly number[] => {
        if (across.includes(d)) return range(size).filter((value) => value !== cell[d]);
        return cell[d]! >= 0 ? [cell[d]!] : range(size);
      });
      for (const other of product(choices)) yield this.cube(cell, other, turns, sums);
    }
  }

  /** Corners are at `other`'s positions in the dimensions that are turned, at the cell's in those that are not, and at `other`'s in the rest. */
  private cube(cell: readonly number[], other: readonly number[], turns: readonly (readonly number[])[], sums: readonly (readonly number[])[]): Cube {
    const rising: number[] = [];
    const falling: number[] = [];
    const changed: number[] = [];
    const across = turns.at(-1)!;
    let [position, number] = [0, 0];
    for (let d = 0; d < other.length; d += 1) {
      const at = across.includes(d) ? cell[d]! : other[d]!;
      position += at * this.steps[d]!;
      number += (at + 1) * this.strides[d]!;
    }
    for (const turned of turns) {
      let [corner, here] = [position, number];
      for (const d of turned) {
        corner += (other[d]! - cell[d]!) * this.steps[d]!;
        here += (other[d]! - cell[d]!) * this.strides[d]!;
      }
      (turned.length % 2 === 0 ? rising : falling).push(corner);
      for (const summed of sums) {
        let margin = here;
        for (const d of summed) margin -= (other[d]! + 1) * this.strides[d]!;
        changed.push(margin);
      }
    }
    return { rising, falling, changed };
  }
}

/** How far a cell can be moved by several cubes at once: what one takes of a corner, another cannot take again. Up and down are two tables. */
class Reach {
  total = 0;
  private readonly up: number[];
  private readonly down: number[];

  constructor(counts: readonly number[]) {
    this.up = [...counts];
    this.down = [...counts];
  }

  /** Up by what the falling corners have, down by what the rising ones have. */
  of({ rising, falling }: Cube): number {
    return least(this.up, falling) + least(this.down, rising);
  }

  add({ rising, falling }: Cube): number {
    for (const [left, corners] of [[this.up, falling], [this.down, rising]] as const) {
      const moved = least(left, corners);
      for (const corner of corners) left[corner]! -= moved;
      this.total += moved;
    }
    return this.total;
  }
}

function least(left: readonly number[], corners: readonly number[]): number {
  let found = Number.POSITIVE_INFINITY;
  for (const corner of corners) found = Math.min(found, left[corner]!);
  return found;
}

function range(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

function subsets(of: readonly number[]): number[][] {
  return of.reduce<number[][]>((all, entry) => [...all, ...all.map((subset) => [...subset, entry])], [[]]);
}

function product(choices: readonly (readonly number[])[]): number[][] {
  return choices.reduce<number[][]>((all, values) => all.flatMap((begun) => values.map((value) => [...begun, value])), [[]]);
}

import { DureError } from '../errors.js';

/** One thing that is wrong with a package: at a place in its descriptor (`path`) or in a file. */
export interface Mistake {
  /** JSON path in the descriptor: `$.resources[0].schema.fields[2].type`. */
  readonly path?: string;
  readonly file?: string;
  readonly table?: string;
  /** Data row, from 1. */
  readonly row?: number;
  /** Line of the file on which the row begins, from 1. */
  readonly line?: number;
  readonly column?: string;
  /** Shortened. */
  readonly value?: string;
  /** Which rule is broken: `type`, `required`, `unique`, `foreignKey`, `cells`, `encoding`, `descriptor`… */
  readonly rule: string;
  readonly message: string;
}

/** The details of the error with which a package is refused. */
export interface PackageReport {
  readonly total: number;
  /** Of all mistakes, by rule. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly mistakes: readonly Mistake[];
}

const shownCharacters = 120;

/** Collects every mistake, keeps the first. */
export class MistakeList {
  private readonly kept: Mistake[] = [];
  private readonly counts = new Map<string, number>();
  total = 0;

  constructor(private readonly most: number) {}

  /** Cheap when the list is full: `make` is then not called. `times` is how often the same was found beyond what can be told. */
  add(rule: string, make: () => Omit<Mistake, 'rule'>): void {
    this.count(rule, 1);
    if (this.kept.length < this.most) this.kept.push(Object.freeze({ ...make(), rule }));
  }

  /** Counts mistakes that are not told one by one. */
  count(rule: string, times: number): void {
    this.total += times;
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + times);
  }

  get report(): PackageReport {
    return { total: this.total, counts: Object.fromEntries(this.counts), mistakes: [...this.kept] };
  }

  /** The error that tells all, where there is something to tell. */
  throwIfAny(): void {
    const [first] = this.kept;
    if (this.total === 0 || !first) return;
    const rest = this.total === 1 ? 'It is the only mistake' : `The first of ${this.total.toLocaleString('en-US')} mistakes`;
    throw new DureError('INVALID_PACKAGE', `Nothing was published. ${describe(first)} (${rest}${this.total > this.kept.length ? `; the report holds ${this.kept.length.toLocaleString('en-US')}` : ''}.)`, { ...this.report });
  }
}

/** One line for a person: `assays.csv, row 5 (line 6), column tc: “9x” is not a number.` */
export function describe(mistake: Mistake): string {
  const place = mistake.path ?? [
    mistake.file,
    mistake.row !== undefined && `row ${mistake.row}${mistake.line === undefined ? '' : ` (line ${mistake.line})`}`,
    mistake.row === undefined && mistake.line !== undefined && `line ${mistake.line}`,
    mistake.column !== undefined && `column ${mistake.column}`,
  ].filter((part) => typeof part === 'string').join(', ');
  return place === '' ? mistake.message : `${place}: ${mistake.message}`;
}

/** A value as it is shown in a report. */
export function shorten(value: string): string {
  return value.length <= shownCharacters ? value : `${value.slice(0, shownCharacters)}…`;
}

/** A package that is refused as a whole, for one reason. */
export function invalidPackage(rule: string, message: string, place: Partial<Mistake> = {}): DureError {
  const mistake: Mistake = { ...place, rule, message };
  return new DureError('INVALID_PACKAGE', `Nothing was published. ${describe(mistake)}`, { total: 1, counts: { [rule]: 1 }, mistakes: [mistake] } satisfies PackageReport as unknown as Record<string, unknown>);
}

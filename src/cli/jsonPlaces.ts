/** Where the values of a JSON text stand, so that a mistake can be told at its line and column. */
export interface JsonPlace { readonly line: number; readonly column: number }

/** By path: names and indices joined by dots, the whole document by the empty text. The text must be valid JSON (JSON.parse took it). */
export function jsonPlaces(text: string): ReadonlyMap<string, JsonPlace> {
  const scanner = new Scanner(text);
  scanner.value('');
  return scanner.places;
}

/** The place of a path, or of the innermost part around it that is there. */
export function placeOf(places: ReadonlyMap<string, JsonPlace>, path: string): JsonPlace | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const found = places.get(at);
    if (found || at === '') return found;
  }
}

class Scanner {
  readonly places = new Map<string, JsonPlace>();
  private position = 0;

  constructor(private readonly text: string) {}

  value(path: string): void {
    this.space();
    this.places.set(path, this.place());
    const within = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const first = this.text[this.position];
    if (first === '{') {
      this.list('}', () => {
        const name = this.string();
        this.space();
        this.position += 1; // the colon
        this.value(within(name));
      });
    } else if (first === '[') {
      let index = 0;
      this.list(']', () => { this.value(within(String(index))); index += 1; });
    } else if (first === '"') {
      this.string();
    } else {
      while (this.position < this.text.length && !/[\s,\]}]/.test(this.text[this.position]!)) this.position += 1;
    }
  }

  private list(end: string, entry: () => void): void {
    this.position += 1;
    this.space();
    while (this.position < this.text.length && this.text[this.position] !== end) {
      this.space();
      entry();
      this.space();
      if (this.text[this.position] === ',') this.position += 1;
      this.space();
    }
    this.position += 1;
  }

  private string(): string {
    const start = this.position;
    this.position += 1;
    while (this.position < this.text.length && this.text[this.position] !== '"') this.position += this.text[this.position] === '\\' ? 2 : 1;
    this.position += 1;
    return JSON.parse(this.text.slice(start, this.position)) as string;
  }

  private space(): void {
    while (this.position < this.text.length && /\s/.test(this.text[this.position]!)) this.position += 1;
  }

  private place(): JsonPlace {
    const before = this.text.slice(0, this.position);
    const line = before.split('\n').length;
    return { line, column: this.position - before.lastIndexOf('\n') };
  }
}

import { appendFileSync } from 'node:fs';

const flushed = 500;

/** A JSON array written element by element, one a line. */
export class ListFile {
  size = 0;
  private lines: string[] = [];

  constructor(private readonly path: string) {}

  add(value: object): void {
    this.lines.push(`${this.size === 0 ? '[\n' : ',\n'}${JSON.stringify(value)}`);
    this.size += 1;
    if (this.lines.length >= flushed) this.flush();
  }

  end(): void {
    this.lines.push(this.size === 0 ? '[]\n' : '\n]\n');
    this.flush();
  }

  private flush(): void {
    appendFileSync(this.path, this.lines.join(''));
    this.lines = [];
  }
}

/** How a job's progress is shown: a bar that is drawn over on a terminal, else a line for each event. */
import type { Terminal } from './terminal.js';
import type { WatchedEvent } from './watchJob.js';

const barWidth = 24;

export class ProgressView {
  private drawn = false;

  constructor(private readonly terminal: Terminal) {}

  show(event: WatchedEvent): void {
    const line = describeEvent(event, this.terminal.interactive);
    if (!this.terminal.interactive) return this.terminal.note(`${line}\n`);
    this.terminal.note(`\r\x1b[K${[...line].slice(0, this.terminal.columns - 1).join('')}`);
    this.drawn = true;
  }

  /** Leaves the last line standing. */
  end(): void {
    if (this.drawn) this.terminal.note('\n');
    this.drawn = false;
  }
}

export function describeEvent(event: WatchedEvent, bar = false): string {
  const { state, phase, done, total, unit, message } = event;
  const share = typeof done === 'number' && typeof total === 'number' && total > 0 ? Math.min(1, done / total) : undefined;
  const amount = typeof done === 'number' ? `${number(done)}${typeof total === 'number' ? ` / ${number(total)}` : ''}${unit ? ` ${unit}` : ''}` : undefined;
  return [
    bar ? undefined : String(event.seq),
    bar && share !== undefined ? `[${'█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░')}] ${String(Math.floor(share * 100)).padStart(3)}%` : undefined,
    state, phase, amount, message,
  ].filter((part) => part !== undefined && part !== null && part !== '').join('  ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

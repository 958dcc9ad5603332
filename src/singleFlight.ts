/**
 * Runs `work` one at a time. A call while it runs asks for one more run after it, which all such calls share: whoever calls
 * gets the result of a run that began after the call.
 */
export class SingleFlight<T> {
  private running: Promise<T> | undefined;
  private next: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  /** Whether a run is asked for that has not begun. */
  get waits(): boolean {
    return this.next !== undefined;
  }

  run(): Promise<T> {
    if (this.next !== undefined) return this.next;
    if (this.running === undefined) return this.start();
    const again = (): Promise<T> => this.start();
    this.next = this.running.then(again, again);
    return this.next;
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.next ?? this.running) await (this.next ?? this.running)?.catch(() => undefined);
  }

  private start(): Promise<T> {
    this.next = undefined;
    const run = this.work().finally(() => {
      if (this.running === run) this.running = undefined;
    });
    this.running = run;
    return run;
  }
}

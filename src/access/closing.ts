/** Ends by the database's clock what has run out: each server process looks, one of them does it. */
export interface RequestCloserOptions {
  /** Closes some of what is due and tells how many. */
  readonly close: () => Promise<number>;
  readonly everyMs?: number;
  readonly onError?: (error: unknown) => void;
}

export class RequestCloser {
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> | undefined;

  constructor(private readonly options: RequestCloserOptions) {
    this.timer = setInterval(() => this.look(), options.everyMs ?? 500);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private look(): void {
    this.running ??= this.closeAll().catch((error: unknown) => this.options.onError?.(error)).finally(() => { this.running = undefined; });
  }

  private async closeAll(): Promise<void> {
    while ((await this.options.close()) > 0);
  }
}

/** Counts the named statements (those that read rows) that clients of pg send while it is open. */
import pg from 'pg';

export interface StatementCount {
  readonly texts: readonly string[];
  clear(): void;
  close(): void;
}

export function countStatements(): StatementCount {
  const texts: string[] = [];
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]): unknown {
    const [config] = args as [{ name?: string; text?: string } | string];
    if (typeof config === 'object' && config.name !== undefined) texts.push(config.text ?? '');
    return (original as (...given: unknown[]) => unknown).apply(this, args);
  } as typeof original;
  return {
    texts,
    clear: () => { texts.length = 0; },
    close: () => { pg.Client.prototype.query = original; },
  };
}

/** The heads of this process's chains, kept outside the database: whoever cuts the end off a chain there does not reach them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../identity/privateFile.js';
import type { Head } from './chain.js';

const everyMs = 1_000;

export class HeadFiles {
  private readonly latest = new Map<string, Head>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly directory: string, private readonly onError: (error: unknown) => void = () => undefined) {}

  /** Written within a second, and at the end. */
  note(head: Head): void {
    this.latest.set(head.chain, head);
    this.timer ??= setTimeout(() => this.write(), everyMs).unref();
  }

  close(): void {
    this.write();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const head of this.latest.values()) {
      try {
        writePrivateFile(join(this.directory, `${head.chain}.json`), `${JSON.stringify(head)}\n`);
      } catch (error) {
        this.onError(error);
      }
    }
    this.latest.clear();
  }
}

/** Heads that processes of this machine noted. A file that cannot be read is no head. */
export function readHeadFiles(directory: string): Head[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => name.endsWith('.json')).flatMap((name): Head[] => {
    try {
      const { chain, seq, hash } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Head;
      return typeof chain === 'string' && Number.isInteger(seq) && typeof hash === 'string' ? [{ chain, seq, hash }] : [];
    } catch {
      return [];
    }
  });
}

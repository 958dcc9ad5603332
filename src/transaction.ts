/** A transaction of the database that somebody else opened and will end, by whichever client. */
export interface Transaction {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** Called with what a change has made, in its transaction: where it fails, nothing is changed. */
export type Within<T> = (transaction: Transaction, made: T) => Promise<void>;

/** For what the server does by itself at its first start, and for tests: the change is nobody's. */
export const unrecorded: Within<unknown> = async () => undefined;

/** What a package may be at most. Told in the message of whoever meets one. */
export interface PackageLimits {
  readonly entries: number;
  /** Uncompressed, all files together. */
  readonly bytes: number;
  /** Uncompressed to compressed, once more than `ratioFrom` bytes came out: tables compress well, but not like this. */
  readonly ratio: number;
  readonly ratioFrom: number;
  readonly descriptorBytes: number;
  readonly tables: number;
  /** PostgreSQL keeps 1,600 columns at most in a table. */
  readonly columns: number;
  /** Characters of one cell. */
  readonly cell: number;
  /** Wrong values that are told one by one. */
  readonly mistakes: number;
}

export const packageLimits: PackageLimits = Object.freeze({
  entries: 10_000,
  bytes: 64 * 1024 ** 3,
  ratio: 200,
  ratioFrom: 16 * 1024 ** 2,
  descriptorBytes: 8 * 1024 ** 2,
  tables: 200,
  columns: 1_500,
  cell: 8 * 1024 ** 2,
  mistakes: 1_000,
});

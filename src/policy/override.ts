/** An emergency override: opens a whole dataset for one named person, past every rule, for a short time. Kept with the dataset in the catalog. */
export interface Override {
  readonly id: string;
  readonly subject: string;
  /** The issuer that must have asserted the subject: two may have the same. */
  readonly issuer: string;
  readonly reason: string;
  /** Who decided it. */
  readonly by: string;
  readonly from: Date;
  readonly until: Date;
}

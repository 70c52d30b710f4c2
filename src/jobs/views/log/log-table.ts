/** A log: a table that grows, with an ascending integer key and a time. */
export interface LogTable {
  readonly table: string;
  readonly key: string;
  /** Column with the instant; NULL for undated rows. */
  readonly time: string;
}

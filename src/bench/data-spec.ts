/** What decides which rows are made. */
export interface DataSpec {
  readonly rows: number;
  /** Business date of all rows. */
  readonly date: string;
  readonly zone: string;
  readonly shape: string;
  readonly videos: number;
  /** By how many seconds a row may arrive late. */
  readonly disorderSeconds: number;
}

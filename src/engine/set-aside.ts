/** Where a domain keeps the records that its jobs set aside, when that is a table of its own instead of `settle_skipped`. */
import type { Database } from '../database/database.ts';
import type { JobExecution, StoredParameter } from '../repository/types.ts';

export interface SetAsideRow {
  readonly rowId: bigint;
  /** Where the row lies, when its id alone does not say it: `id 17 of shard east`. */
  readonly place?: string;
  /** Undefined for a row that belongs to no date. */
  readonly businessDate: string | undefined;
  readonly reason: string;
  /** The row as it was read, as JSON. */
  readonly payload: string;
}

export interface SetAsideReason {
  readonly reason: string;
  readonly rows: number;
  /** Table and column, and what to do there. */
  readonly correctIn: string;
}

/** A later execution whose records those of an earlier one are now. */
export interface Replacement {
  readonly execution: number;
  /** What it did, a clause behind `execution N`: `computed 2026-11-20 again: ...`. */
  readonly words: string;
}

export interface SetAsideStore {
  /** Records of each execution that are still there, newest execution first. */
  countByExecution(database: Database): Promise<readonly { readonly jobExecutionId: number; readonly rows: number }[]>;
  count(database: Database, jobExecutionId: number): Promise<number>;
  /** The most frequent reason first. */
  countByReason(database: Database, jobExecutionId: number): Promise<readonly SetAsideReason[]>;
  /** By row id. */
  list(database: Database, jobExecutionId: number, limit: number): Promise<readonly SetAsideRow[]>;
  replacedBy(
    database: Database,
    execution: JobExecution,
    parameters: readonly StoredParameter[],
  ): Promise<Replacement | undefined>;
}

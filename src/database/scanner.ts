/** What a scan is asked for, and what reads it; column-scan.ts opens one. */
import type { ColumnDefinition } from './binary-columns.ts';
import type { ColumnBatch, ColumnSpec } from './column-batch.ts';

export interface RangeQuery {
  readonly table: string;
  /** A unique integer column with an index; it need not be among `columns`. */
  readonly key: string;
  /** The same as the batch's specs. */
  readonly columns: readonly ColumnSpec[];
  /** Inclusive. */
  readonly from: bigint;
  /** Inclusive. */
  readonly to: bigint;
  /** Rows at most; without a taker at most the batch's capacity. */
  readonly limit: number;
  /** Added to the key where it is among the columns. Default: 0. */
  readonly keyBase?: bigint;
  /** Fixed SQL, never input: a further condition. */
  readonly where?: string;
}

/** Is handed the batch each time that it is full, and with the rest: 1 <= size <= capacity. Must not keep it. */
export type TakeRows = (batch: ColumnBatch) => void;

/** Decodes the packets of a result's rows itself, instead of a batch. */
export interface RowDecoder {
  /** Rows met so far. */
  readonly rows: number;
  /** What it could not go on with; the rows after it are counted, not decoded. */
  readonly failure: unknown;
  /** As BinaryRows has it. An error that it throws ends the connection. */
  decode(bytes: Uint8Array, at: number): number;
}

/** Makes the decoder of a result with these columns. */
export type DecodeRows = (definitions: readonly ColumnDefinition[]) => RowDecoder;

export interface Scanner {
  /**
   * Fills the batch from row 0 with `SELECT columns FROM table WHERE key BETWEEN from AND to ORDER BY key LIMIT limit`,
   * sets `batch.size` and returns the number of rows. Fewer than the limit: the range is exhausted. After an error the
   * content of the batch is undefined and the scanner can be used again, unless the connection was lost.
   * @param take for a query of more rows than a batch should hold: a batch that fits the processor's cache is worked on
   *   while it is there. An error that it throws is thrown when the rows that are still coming have been read over.
   *   When a scan fails it may have been handed some of the rows: what it made of them must be thrown away.
   * @param decode beside `take`: where rows come as packets they go to this decoder, and none to the batch
   */
  scan(query: RangeQuery, batch: ColumnBatch, take?: TakeRows, decode?: DecodeRows): Promise<number>;
  /** The columns of a table or view, each with the type that holds all its values. */
  columnsOf(table: string): Promise<readonly ColumnSpec[]>;
  /** Gives the connection back. Idempotent. Close scanners before their database. */
  close(): Promise<void>;
}

/** The columns of a query as its SELECT has them. */
export function selectedColumns({ key, columns, keyBase }: RangeQuery, quote: (name: string) => string): string[] {
  return columns.map(({ name }) =>
    keyBase !== undefined && name === key ? `${quote(name)} + ${keyBase} AS ${quote(name)}` : quote(name),
  );
}

/** Refuses a query that cannot be what its caller means; a programming error, hence no SettleError. */
export function checkQuery(query: RangeQuery, batch: ColumnBatch, take?: TakeRows): void {
  const limitMax = take === undefined ? batch.capacity : Number.MAX_SAFE_INTEGER;
  if (!Number.isInteger(query.limit) || query.limit < 0 || query.limit > limitMax) {
    throw new RangeError(`limit ${query.limit} is not between 0 and ${limitMax}`);
  }
  if (
    query.columns.length !== batch.specs.length ||
    query.columns.some((spec, i) => spec.name !== batch.specs[i].name || spec.type !== batch.specs[i].type)
  ) {
    throw new TypeError('the columns of the query are not those of the batch');
  }
}

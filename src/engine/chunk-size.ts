/**
 * How many rows one transaction may span: what a run takes for `chunkSize`, and how a step that goes by time finds its
 * own. Pure.
 */
import { usageError } from '../errors.ts';

/** A chunk is held in memory and lost as a whole when it is interrupted: more rows than this gain no speed. */
export const CHUNK_ROWS_MAX = 4_000_000;

/** @throws SettleError (exit 2) unless `rows` is undefined or a whole number from 1 to CHUNK_ROWS_MAX. */
export function requireChunkSize(name: string, rows: number | undefined): void {
  if (rows === undefined || (Number.isSafeInteger(rows) && rows >= 1 && rows <= CHUNK_ROWS_MAX)) return;
  throw usageError(`${name} must be a whole number from 1 to ${CHUNK_ROWS_MAX.toLocaleString('en-US')}, not ${rows}`);
}

/** Rows or items a chunk: always as many, or as many as take about a second. No result depends on it. */
export type ChunkSize = number | TimedChunkSize;

/** A chunk grows and shrinks with the measured time of the last ones, so that a checkpoint comes about every second. */
export interface TimedChunkSize {
  /** Of the first chunk, when nothing has been measured yet. */
  readonly firstRows: number;
  /** However fast they are. */
  readonly rowsMax: number;
}

/** The most rows that a chunk can be asked for. */
export function rowsMaxOf(size: ChunkSize): number {
  return typeof size === 'number' ? size : size.rowsMax;
}

/** Milliseconds from one checkpoint to the next: what a kill can cost a worker. */
export const CHECKPOINT_MS = 1000;
/** What the rows of a chunk may take in memory, by what the last ones said they took. */
export const CHUNK_BYTES_MAX = 64 * 1024 * 1024;
/** A chunk is at most so many times the last one: one quick chunk says little. */
const GROWTH_MAX = 4;

/** Finds the size of each next chunk. One for a worker: what one range has taught is true of the next. */
export class ChunkSizer {
  readonly #timed: TimedChunkSize | undefined;
  #rows: number;

  constructor(size: ChunkSize) {
    this.#timed = typeof size === 'number' ? undefined : size;
    this.#rows = typeof size === 'number' ? size : Math.min(size.firstRows, size.rowsMax);
  }

  /** Rows to ask for. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * A chunk was committed.
   * @param rows that it had, which can be fewer than were asked for
   * @param ms since the last checkpoint
   * @param bytes that its rows took in memory, about; undefined: unknown
   */
  committed(rows: number, ms: number, bytes: number | undefined): void {
    if (this.#timed === undefined || rows === 0) return;
    const inTime = (rows * CHECKPOINT_MS) / Math.max(ms, 1);
    const inMemory = bytes ? (rows * CHUNK_BYTES_MAX) / bytes : Number.POSITIVE_INFINITY;
    // The rest of a range tells that rows are slow, but not how fast more of them would be.
    const upTo = rows < this.#rows / GROWTH_MAX ? this.#rows : this.#rows * GROWTH_MAX;
    const wanted = Math.min(inTime, inMemory, upTo, this.#timed.rowsMax);
    this.#rows = Math.max(1, Math.round(wanted));
  }
}

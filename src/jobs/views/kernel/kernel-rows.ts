/** The rows of one result on their way from the socket into the kernel. */
import type { RowDecoder } from '../../../database/scanner.ts';

/** Has the kernel take the row packets of `bytes` from `at` on. Returns where it stopped. */
export type FeedRows = (bytes: Uint8Array, at: number) => { readonly at: number; readonly rows: number };

/** The bytes are not what their columns say: nobody knows where the next row begins. */
export class BrokenRow extends Error {
  override readonly name = 'BrokenRow';
}

/** Rows of one result for the kernel. What it throws is kept until they have been read over. */
export class KernelRows implements RowDecoder {
  rows = 0;
  failure: unknown;
  readonly #feed: FeedRows;

  constructor(feed: FeedRows) {
    this.#feed = feed;
  }

  decode(bytes: Uint8Array, at: number): number {
    if (this.failure !== undefined) return this.#skip(bytes, at);
    try {
      const taken = this.#feed(bytes, at);
      this.rows += taken.rows;
      return taken.at;
    } catch (error) {
      if (error instanceof BrokenRow) throw error;
      this.failure = error;
      return this.#skip(bytes, at);
    }
  }

  /** Counts the complete row packets from `at` on. Returns where it stopped. */
  #skip(bytes: Uint8Array, at: number): number {
    while (at + 5 <= bytes.length && bytes[at + 4] === 0) {
      const next = at + 4 + (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16));
      if (next > bytes.length) break;
      this.rows++;
      at = next;
    }
    return at;
  }
}

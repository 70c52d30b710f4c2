/**
 * Rows of a batch as packets for the kernel, in the form of MySQL's binary protocol but for the time, which is a double
 * of milliseconds: SQLite's rows, and those of servers that come as texts.
 */
import type { ColumnBatch } from '../../../database/column-batch.ts';

/** Length and sequence, a zero byte, the NULLs. */
const headBytes = 6;
const valueBytes = 8;
const columns = 6;
const rowBytesMax = headBytes + columns * valueBytes;
const tagBytes = 4;

/** The kernel's kinds of the columns of such packets: rows.h. */
export const packedKinds: readonly number[] = [8, 8, 8, 33, 8, 8];

const twoTo32 = 4_294_967_296;

export class RowPackets {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  /**
   * Writes rows `from` to `to - 1` of a batch of the view log's columns. What is NULL, or kept as a text, has its bit in
   * the map of NULLs. Returns the packets; the next call overwrites them.
   */
  write(batch: ColumnBatch, from: number, to: number): Uint8Array {
    const room = (to - from) * rowBytesMax;
    if (this.#bytes.length < room) {
      this.#bytes = new Uint8Array(room);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const ids = [batch.int64(0).words, batch.int64(1).words, batch.int64(2).words];
    const viewedAt = batch.doubles(3);
    const amounts = [batch.doubles(4), batch.doubles(5)];
    const view = this.#view;
    let at = 0;
    for (let row = from; row < to; row++) {
      const nulls = batch.nulls[row];
      const start = at;
      view.setUint16(start + tagBytes, (nulls << 2) << 8, true);
      at += headBytes;
      for (let c = 0; c < ids.length; c++) {
        if ((nulls & (1 << c)) !== 0) continue;
        view.setInt32(at, ids[c][2 * row], true);
        view.setInt32(at + 4, ids[c][2 * row + 1], true);
        at += valueBytes;
      }
      if ((nulls & (1 << ids.length)) === 0) {
        view.setFloat64(at, viewedAt[row], true);
        at += valueBytes;
      }
      for (let c = 0; c < amounts.length; c++) {
        if ((nulls & (1 << (ids.length + 1 + c))) !== 0) continue;
        const high = Math.floor(amounts[c][row] / twoTo32);
        view.setInt32(at, amounts[c][row] - high * twoTo32, true);
        view.setInt32(at + 4, high, true);
        at += valueBytes;
      }
      view.setUint32(start, at - start - tagBytes, true);
    }
    return this.#bytes.subarray(0, at);
  }
}

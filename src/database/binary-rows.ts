/**
 * Rows of MySQL's binary protocol, decoded from the bytes of the socket straight into a ColumnBatch. Knows packets and
 * rows; knows nothing of connections (mysql2-seam.ts), and of the values only where they begin (binary-columns.ts).
 *
 * A packet is 3 bytes of length (little-endian), 1 of sequence, then the payload. A row's payload is a zero byte, a
 * bitmap of NULLs that begins at its third bit, and the values that are not NULL, one after the other.
 */
import { type ColumnDefinition, isUnsigned, type ReadColumn, readerOf } from './binary-columns.ts';
import { type ColumnBatch, fitsColumn } from './column-batch.ts';
import type { TakeRows } from './scanner.ts';

/** Rows that are decoded column by column at a time: their bytes fit the first-level cache. */
const groupRows = 256;

/** Adds the rows of one result set to a batch, then it is spent. */
export class BinaryRows {
  /** Rows met so far. */
  rows = 0;
  /** What `take` threw; the rows after it are counted, not decoded. */
  failure: unknown;
  /** Set by that, or by a value that its column cannot hold. */
  #refused = false;
  readonly #batch: ColumnBatch;
  readonly #take: TakeRows | undefined;
  readonly #readers: readonly ReadColumn[];
  /** Whether values point into the batch's bytes. */
  readonly #hasBytes: boolean;
  /** The columns that may not be NULL. */
  readonly #required: readonly number[];
  readonly #isUnsigned: readonly boolean[];
  readonly #bitmapBytes: number;
  /** Where the next value of each row of a group begins, and where its packet ends. */
  readonly #places = new Int32Array(groupRows);
  readonly #ends = new Int32Array(groupRows);

  /** @param take see Scanner.scan */
  constructor(definitions: readonly ColumnDefinition[], batch: ColumnBatch, take?: TakeRows) {
    if (definitions.length !== batch.specs.length) throw new TypeError('the result has other columns than the batch');
    this.#batch = batch;
    this.#take = take;
    this.#readers = definitions.map((definition, i) => readerOf(definition, batch.specs[i]));
    this.#hasBytes = batch.columns.some((column) => 'length' in column);
    this.#required = batch.specs.flatMap(({ isRequired }, c) => (isRequired ? [c] : []));
    this.#isUnsigned = definitions.map(isUnsigned);
    this.#bitmapBytes = (definitions.length + 9) >> 3;
  }

  /**
   * Decodes the complete row packets of `bytes` from position `at` on. Returns where it stopped: at the end, at an
   * incomplete packet, or at a packet that is no row (end of rows, error).
   */
  decode(bytes: Uint8Array, at: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (;;) {
      const count = this.#findRows(view, at);
      if (count === 0) return at;
      if (!this.#refused && !this.#batch.refusesMore()) this.#decodeRows(bytes, view, at, count);
      this.rows += count;
      at = this.#ends[count - 1];
    }
  }

  /** Hands over what the batch holds, when all rows have come. */
  finish(): void {
    if (!this.#refused && this.#take !== undefined && this.#batch.size > 0) this.#handOver(this.#take);
  }

  /** Finds the next packets of rows and their NULLs. Returns how many: as many as a group and the batch have room for. */
  #findRows(view: DataView, at: number): number {
    if (!this.#refused && this.#batch.size === this.#batch.capacity) this.#makeRoom(view, at);
    const batch = this.#batch;
    const { nulls, size, capacity } = batch;
    const room = this.#refused ? groupRows : Math.min(groupRows, capacity - size);
    const places = this.#places;
    const ends = this.#ends;
    const bitmapBytes = this.#bitmapBytes;
    const end = view.byteLength;
    let count = 0;
    while (count < room && at + 5 <= end) {
      const next = at + 4 + (view.getInt32(at, true) & 0xffffff);
      if (next > end || view.getUint8(at + 4) !== 0) break;
      // Bits 0 and 1 of the bitmap are reserved: shifted by them, it is the batch's own word of NULLs.
      if (bitmapBytes === 1) nulls[size + count] = view.getUint8(at + 5) >> 2;
      else if (bitmapBytes === 2) nulls[size + count] = view.getUint16(at + 5, true) >> 2;
      else if (!this.#refused) this.#readNulls(view, at + 5, size + count);
      places[count] = at + 5 + bitmapBytes;
      ends[count] = next;
      count++;
      at = next;
    }
    return count;
  }

  /** A bitmap of more than two bytes, word by word. */
  #readNulls(view: DataView, at: number, row: number): void {
    for (let c = 0; c < this.#readers.length; c += 32) {
      const first = c >> 3;
      let bits = 0;
      for (let b = 0; b < 5 && first + b < this.#bitmapBytes; b++) {
        const byte = view.getUint8(at + first + b);
        bits |= b === 0 ? byte >> 2 : byte << (8 * b - 2);
      }
      this.#batch.nullsOf(c)[row] = bits;
    }
  }

  #decodeRows(bytes: Uint8Array, view: DataView, start: number, count: number): void {
    const batch = this.#batch;
    const places = this.#places;
    const firstRow = batch.size;
    const shift = batch.bytesUsed - start;
    if (this.#hasBytes) batch.putPacket(bytes, start, this.#ends[count - 1]);
    let group = { view, places, count, firstRow, nulls: batch.nulls, shift };
    for (let c = 0; c < this.#readers.length; c++) {
      if (c > 0 && (c & 31) === 0) group = { ...group, nulls: batch.nullsOf(c) };
      const bad = this.#readers[c](group, 1 << (c & 31), batch.columns[c]);
      if (bad < 0) continue;
      if (batch.specs[c].keepsText) this.#keepTexts(view, bad, count, c);
      else this.#refuse(view, bad, c);
    }
    for (let i = 0; i < count; i++) {
      if (places[i] !== this.#ends[i]) throw new Error('a row packet is longer or shorter than its columns');
    }
    for (const c of this.#required) this.#requireValues(c, count);
    batch.size += count;
  }

  /** Notes the first NULL of a column that may have none. The rows after it are decoded all the same. */
  #requireValues(column: number, count: number): void {
    const batch = this.#batch;
    const [nulls, bit] = [batch.nullsOf(column), 1 << (column & 31)];
    for (let row = batch.size; row < batch.size + count; row++) {
      if ((nulls[row] & bit) === 0) continue;
      batch.noteUnreadable(row, column, 'NULL');
      return;
    }
  }

  /** Before another row is put into a full batch. */
  #makeRoom(view: DataView, at: number): void {
    if (at + 5 > view.byteLength || view.getUint8(at + 4) !== 0) return;
    if (this.#take === undefined) this.#batch.reserveRows(this.#batch.size + 1);
    else {
      this.#handOver(this.#take);
      this.#batch.clear();
    }
  }

  #handOver(take: TakeRows): void {
    try {
      take(this.#batch);
    } catch (error) {
      this.#refused = true;
      this.failure = error;
    }
  }

  /** Notes a value of 8 bytes that its column cannot hold. Its reader has passed it. */
  #refuse(view: DataView, i: number, column: number): void {
    this.#refused = true;
    this.#batch.noteUnreadable(this.#batch.size + i, column, this.#valueBefore(view, i, column).toString());
  }

  /** Puts aside the values of 8 bytes that the column cannot hold, from row `from` of the group on. */
  #keepTexts(view: DataView, from: number, count: number, column: number): void {
    const batch = this.#batch;
    const { type } = batch.specs[column];
    for (let i = from; i < count; i++) {
      const row = batch.size + i;
      if (batch.isNull(row, column)) continue;
      const value = this.#valueBefore(view, i, column);
      if (!fitsColumn(value, type)) batch.keepText(row, column, value.toString());
    }
  }

  /** The integer of 8 bytes that a row's reader has just passed. */
  #valueBefore(view: DataView, i: number, column: number): bigint {
    const place = this.#places[i] - 8;
    return this.#isUnsigned[column] ? view.getBigUint64(place, true) : view.getBigInt64(place, true);
  }
}

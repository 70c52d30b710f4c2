/**
 * Two hashes of 32 bits of each row of a batch, the same in every database. Rows that differ within one 32-bit word (an
 * integer's low or high half, four bytes of a text, a fraction of a second) differ in both for certain, for each step is
 * one to one; any others by all but one chance in 2^64. Nothing to hold against somebody who wants to deceive. Pure.
 */
import type { Column, ColumnBatch, Int64Column, NumberColumn, TextColumn } from '../database/column-batch.ts';
import type { ColumnKind } from './described-column.ts';
import { IS_DATE, TemporalWords } from './temporal-words.ts';

/** How a value begins, so that no two lists of values have the same words. Texts begin with their length, from IS_TEXT on. */
const IS_NULL = 0;
const IS_NUMBER = 1;
/** An integer of 2^63 and more, whose words are those of a negative one. */
const IS_LARGE = 2;
const IS_TEMPORAL = 2;
const IS_TEXT = 16;

/** Hashes column by column: one loop for each kind. */
export class RowHasher {
  /** Of the rows of the last batch, as signed integers. */
  first = new Int32Array(0);
  second = new Int32Array(0);
  readonly #kinds: readonly ColumnKind[];
  readonly #places: readonly number[];
  readonly #temporal = new TemporalWords();

  /** @param places of the columns that are hashed, in this order */
  constructor(kinds: readonly ColumnKind[], places: readonly number[] = kinds.map((_kind, place) => place)) {
    this.#kinds = kinds;
    this.#places = places;
  }

  hash(batch: ColumnBatch): void {
    const { size } = batch;
    if (this.first.length < size) {
      this.first = new Int32Array(size);
      this.second = new Int32Array(size);
    }
    this.first.fill(0x811c9dc5, 0, size);
    this.second.fill(0x9e3779b9, 0, size);
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    for (const place of this.#places) this.#hashColumn(batch, place, batch.columns[place], view);
    const { first, second } = this;
    for (let row = 0; row < size; row++) {
      first[row] = avalanche(first[row]);
      second[row] = avalanche(second[row]);
    }
  }

  #hashColumn(batch: ColumnBatch, place: number, column: Column, view: DataView): void {
    const [nulls, bit, kind] = [batch.nullsOf(place), 1 << (place & 31), this.#kinds[place]];
    if (column.type === 'int64') {
      this.#hashIntegers(column, batch.size, nulls, bit, batch.specs[place].isUnsigned === true);
    } else if (column.type === 'double') {
      this.#hashDoubles(column, batch.size, nulls, bit);
    } else if (!('length' in column)) {
      throw new TypeError(`a column of the type ${column.type} cannot be compared`);
    } else if (kind === 'temporal') {
      this.#hashTimes(column, batch, nulls, bit, view);
    } else if (kind === 'decimal') {
      this.#hashDecimals(column, batch, nulls, bit, view);
    } else {
      const { at, length } = column;
      for (let row = 0; row < batch.size; row++) {
        if ((nulls[row] & bit) !== 0) this.#mix(row, IS_NULL);
        else this.#mixBytes(row, view, at[row], length[row], 0);
      }
    }
  }

  #hashIntegers({ words }: Int64Column, size: number, nulls: Int32Array, bit: number, isUnsigned: boolean): void {
    const { first, second } = this;
    for (let row = 0; row < size; row++) {
      if ((nulls[row] & bit) !== 0) {
        this.#mix(row, IS_NULL);
        continue;
      }
      const [low, high] = [words[2 * row], words[2 * row + 1]];
      const tag = isUnsigned && high < 0 ? IS_LARGE : IS_NUMBER;
      first[row] = step1(step1(step1(first[row], tag), low), high);
      second[row] = step2(step2(step2(second[row], tag), low), high);
    }
  }

  #hashDoubles({ values }: NumberColumn, size: number, nulls: Int32Array, bit: number): void {
    const number = new Float64Array(1);
    const words = new Int32Array(number.buffer);
    for (let row = 0; row < size; row++) {
      if ((nulls[row] & bit) !== 0) {
        this.#mix(row, IS_NULL);
        continue;
      }
      // Of both zeros one.
      number[0] = values[row] === 0 ? 0 : values[row];
      this.#mix(row, IS_NUMBER);
      this.#mix(row, words[0]);
      this.#mix(row, words[1]);
    }
  }

  #hashTimes(
    { type, at, length }: TextColumn,
    { bytes, size }: ColumnBatch,
    nulls: Int32Array,
    bit: number,
    view: DataView,
  ): void {
    const temporal = this.#temporal;
    for (let row = 0; row < size; row++) {
      if ((nulls[row] & bit) !== 0) {
        this.#mix(row, IS_NULL);
        continue;
      }
      const isWire = type === 'wire-date' || type === 'wire-datetime' || type === 'wire-time';
      const what = isWire
        ? temporal.readWire(bytes, at[row], length[row], type)
        : temporal.readText(bytes, at[row], length[row]);
      if (what === 0) {
        this.#mixBytes(row, view, at[row], length[row], 0);
        continue;
      }
      this.#mix(row, IS_TEMPORAL + what);
      this.#mix(row, temporal.date);
      if (what === IS_DATE) continue;
      this.#mix(row, temporal.clock);
      this.#mix(row, temporal.micros);
    }
  }

  /** Without zeros that mean nothing, before and behind, and without a sign of 0. */
  #hashDecimals(
    { at, length }: TextColumn,
    { bytes, size }: ColumnBatch,
    nulls: Int32Array,
    bit: number,
    view: DataView,
  ): void {
    const [MINUS, POINT, ZERO] = [45, 46, 48];
    for (let row = 0; row < size; row++) {
      if ((nulls[row] & bit) !== 0) {
        this.#mix(row, IS_NULL);
        continue;
      }
      let start = at[row];
      let end = start + length[row];
      const isNegative = bytes[start] === MINUS;
      if (isNegative) start++;
      while (start + 1 < end && bytes[start] === ZERO && bytes[start + 1] !== POINT) start++;
      if (bytes.subarray(start, end).includes(POINT)) {
        while (bytes[end - 1] === ZERO) end--;
        if (bytes[end - 1] === POINT) end--;
      }
      const isZero = end - start === 1 && bytes[start] === ZERO;
      this.#mixBytes(row, view, start, end - start, isNegative && !isZero ? 1 : 0);
    }
  }

  #mix(row: number, word: number): void {
    this.first[row] = step1(this.first[row], word);
    this.second[row] = step2(this.second[row], word);
  }

  /** Their number, then four at a time. */
  #mixBytes(row: number, view: DataView, at: number, length: number, sign: number): void {
    let first = step1(this.first[row], IS_TEXT + length);
    let second = step2(this.second[row], IS_TEXT + length);
    if (sign !== 0) {
      first = step1(first, sign);
      second = step2(second, sign);
    }
    const whole = at + (length & ~3);
    for (let place = at; place < whole; place += 4) {
      const word = view.getInt32(place, true);
      first = step1(first, word);
      second = step2(second, word);
    }
    if ((length & 3) !== 0) {
      let word = 0;
      for (let place = at + length - 1; place >= whole; place--) word = (word << 8) | view.getUint8(place);
      first = step1(first, word);
      second = step2(second, word);
    }
    this.first[row] = first;
    this.second[row] = second;
  }
}

function step1(hash: number, word: number): number {
  return Math.imul(((hash << 15) | (hash >>> 17)) ^ word, 0x85ebca6b);
}

function step2(hash: number, word: number): number {
  return Math.imul(((hash << 13) | (hash >>> 19)) ^ word, 0x01000193);
}

/** Spreads every bit over all; one to one (the end of MurmurHash3). */
function avalanche(hash: number): number {
  let spread = hash ^ (hash >>> 16);
  spread = Math.imul(spread, 0x85ebca6b);
  spread ^= spread >>> 13;
  spread = Math.imul(spread, 0xc2b2ae35);
  return spread ^ (spread >>> 16);
}

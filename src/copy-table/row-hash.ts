/**
 * Two hashes of 32 bits of a row's values, the same in every database. Rows that differ within one 32-bit word (an integer
 * up to 2^32, two characters that stand side by side) differ in both for certain, for each step is one to one; any others
 * by all but one chance in 2^64. Nothing to hold against somebody who wants to deceive. Pure.
 */
import { type Canonical, type ColumnKind, comparableOf } from './column-kind.ts';

const WORDS = 4_096;
const TWO_32 = 2 ** 32;
/** How a value begins, so that no two lists of values have the same words. */
const IS_NULL = 0;
const IS_NUMBER = 1;
const IS_TEXT = 2;

/** Hashes one row after another. */
export class RowHasher {
  readonly #kinds: readonly ColumnKind[];
  readonly #words = new Int32Array(WORDS);
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  #count = 0;
  /** Of the last row: unsigned. */
  first = 0;
  second = 0;

  constructor(kinds: readonly ColumnKind[]) {
    this.#kinds = kinds;
  }

  /** Sets `first` and `second`. */
  hash(values: readonly Canonical[]): void {
    this.first = 0x811c9dc5;
    this.second = 0x9e3779b9;
    for (let at = 0; at < values.length; at++) {
      if (this.#count > WORDS - 3) this.#mix();
      this.#put(comparableOf(values[at], this.#kinds[at]), this.#kinds[at]);
    }
    this.#mix();
    this.first = avalanche(this.first);
    this.second = avalanche(this.second);
  }

  #put(value: Canonical, kind: ColumnKind): void {
    const words = this.#words;
    if (value === null) {
      words[this.#count++] = IS_NULL;
    } else if (typeof value === 'number') {
      words[this.#count++] = IS_NUMBER;
      if (kind === 'real') {
        this.#double[0] = value;
        words[this.#count++] = this.#doubleWords[0];
        words[this.#count++] = this.#doubleWords[1];
      } else {
        words[this.#count++] = value;
        words[this.#count++] = Math.floor(value / TWO_32);
      }
    } else {
      words[this.#count++] = IS_TEXT + value.length;
      for (let at = 0; at < value.length; at += 2) {
        if (this.#count === WORDS) this.#mix();
        const next = at + 1 < value.length ? value.charCodeAt(at + 1) : 0;
        words[this.#count++] = value.charCodeAt(at) | (next << 16);
      }
    }
  }

  #mix(): void {
    const words = this.#words;
    let { first, second } = this;
    for (let at = 0; at < this.#count; at++) {
      const word = words[at];
      first = Math.imul(((first << 15) | (first >>> 17)) ^ word, 0x85ebca6b);
      second = Math.imul(((second << 13) | (second >>> 19)) ^ word, 0x01000193);
    }
    this.#count = 0;
    this.first = first;
    this.second = second;
  }
}

/** Spreads every bit over all; one to one (the end of MurmurHash3). */
function avalanche(hash: number): number {
  let spread = hash ^ (hash >>> 16);
  spread = Math.imul(spread, 0x85ebca6b);
  spread ^= spread >>> 13;
  spread = Math.imul(spread, 0xc2b2ae35);
  return (spread ^ (spread >>> 16)) >>> 0;
}

/**
 * A hash index from 64-bit keys to dense numbers 0, 1, 2 ... in order of insertion, in typed arrays: no object and no
 * BigInt for a look-up. Its arrays can lie in shared memory, so that worker threads look up without a copy.
 */

/** Mixes both words; the finalizer of murmur3. */
export function hashWords(lo: number, hi: number): number {
  let h = lo ^ Math.imul(hi, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The arrays of an index, to hand to another thread. */
export interface SharedInt64Index {
  readonly size: number;
  readonly words: Int32Array;
  readonly slots: Int32Array;
}

export class Int64Index {
  #size: number;
  /** Key `k` is words 2k (low) and 2k + 1 (high). */
  #words: Int32Array;
  /** Dense number + 1, 0 for an empty slot; length a power of two, at most half full. */
  #slots: Int32Array;
  #mask: number;
  readonly #shared: boolean;

  /** `shared`: allocate in shared memory. An index made from another thread's arrays must not be added to. */
  constructor(expectedSize = 1024, shared = false, from?: SharedInt64Index) {
    this.#shared = shared;
    if (from !== undefined) {
      this.#size = from.size;
      this.#words = from.words;
      this.#slots = from.slots;
    } else {
      const slotCount = 2 ** Math.ceil(Math.log2(Math.max(16, expectedSize * 2)));
      this.#size = 0;
      this.#words = this.#allocate(slotCount);
      this.#slots = this.#allocate(slotCount);
    }
    this.#mask = this.#slots.length - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Both words of every key, in dense order; valid until the next `add`. */
  get words(): Int32Array {
    return this.#words;
  }

  share(): SharedInt64Index {
    return { size: this.#size, words: this.#words, slots: this.#slots };
  }

  /** The dense number of a key, or -1. */
  find(lo: number, hi: number): number {
    const slots = this.#slots;
    const words = this.#words;
    const mask = this.#mask;
    let slot = hashWords(lo, hi) & mask;
    for (;;) {
      const dense = slots[slot] - 1;
      if (dense < 0) return -1;
      if (words[2 * dense] === lo && words[2 * dense + 1] === hi) return dense;
      slot = (slot + 1) & mask;
    }
  }

  /** The dense number of a key, given it one when it is new. */
  add(lo: number, hi: number): number {
    const found = this.find(lo, hi);
    if (found >= 0) return found;
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow();
    const dense = this.#size++;
    this.#words[2 * dense] = lo;
    this.#words[2 * dense + 1] = hi;
    this.#place(dense);
    return dense;
  }

  #place(dense: number): void {
    let slot = hashWords(this.#words[2 * dense], this.#words[2 * dense + 1]) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = dense + 1;
  }

  #grow(): void {
    const words = this.#allocate(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = this.#allocate(this.#slots.length * 2);
    this.#mask = this.#slots.length - 1;
    for (let dense = 0; dense < this.#size; dense++) this.#place(dense);
  }

  #allocate(length: number): Int32Array {
    return this.#shared ? new Int32Array(new SharedArrayBuffer(length * 4)) : new Int32Array(length);
  }
}

/**
 * A counter-based generator of random words: word n of a stream is a pure function of (seed, stream, n). There is no
 * state, so any row can be computed by any worker, in any order, and is always the same.
 */

/** The finalizer of MurmurHash3: a bijection of 32-bit words in which each input bit moves each output bit. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

const WORDS = 4_294_967_296;

/** One stream of words. Streams of one seed are independent of each other. */
export class WordStream {
  readonly #first: number;
  readonly #second: number;

  /** `seed`: an integer, at most 2^53; `stream`: a small integer, one for each use. */
  constructor(seed: number, stream: number) {
    const seedHigh = mix(Math.floor(seed / WORDS) ^ 0x9e3779b9);
    this.#first = mix((seed | 0) ^ seedHigh ^ mix(stream + 1));
    this.#second = mix(this.#first ^ 0x7f4a7c15);
  }

  /** Word `n` (0 <= n < 2^53) as an integer in [0, 2^32). */
  word(n: number): number {
    const high = n < WORDS ? 0 : mix(Math.floor(n / WORDS) ^ this.#second);
    return mix(mix((n | 0) ^ this.#first ^ high) ^ this.#second) >>> 0;
  }

  /** Word `n` as an integer in [0, limit), limit at most 2^32. */
  below(n: number, limit: number): number {
    return Math.floor(this.word(n) * (limit / WORDS));
  }
}

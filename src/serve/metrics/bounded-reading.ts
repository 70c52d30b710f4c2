/** A reading that costs the database a bounded share of its time, however often it is asked for. */

/** A reading stands for so many times what it took: 5 % of one connection at most. */
const TIMES_KEPT = 20;

export class BoundedReading<T> {
  readonly #read: () => Promise<T>;
  readonly #nowMs: () => number;
  #kept: { readonly value: Promise<T>; untilMs: number } | undefined;

  /** @param nowMs a clock that only goes forward */
  constructor(read: () => Promise<T>, nowMs: () => number = () => performance.now()) {
    this.#read = read;
    this.#nowMs = nowMs;
  }

  /** The last reading while it stands; who asks while one is under way gets that one. A failure is not kept. */
  async value(): Promise<T> {
    if (this.#kept !== undefined && this.#nowMs() < this.#kept.untilMs) return await this.#kept.value;
    const beganMs = this.#nowMs();
    const kept = { value: this.#read(), untilMs: Number.POSITIVE_INFINITY };
    this.#kept = kept;
    try {
      const value = await kept.value;
      const tookMs = this.#nowMs() - beganMs;
      kept.untilMs = this.#nowMs() + TIMES_KEPT * tookMs;
      return value;
    } catch (error) {
      this.#kept = undefined;
      throw error;
    }
  }
}

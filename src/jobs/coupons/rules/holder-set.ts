/** Who has a coupon, by which request, in order of place: about 40 bytes each, in typed arrays. */
import { Int64Index } from '../../../rules/int64-index.ts';

export interface Holder {
  /** From 1. */
  readonly place: bigint;
  readonly requestId: bigint;
  /** Milliseconds UTC. */
  readonly atMs: number;
}

const FIRST_CAPACITY = 64;

export class HolderSet {
  readonly #users = new Int64Index(FIRST_CAPACITY);
  #requestIds = new BigInt64Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);

  get size(): number {
    return this.#users.size;
  }

  /** The one with the highest place. */
  get last(): Holder | undefined {
    return this.size === 0 ? undefined : this.#at(this.size - 1);
  }

  /** Everyone, in order of place. */
  *entries(): Generator<Holder & { readonly userId: bigint }> {
    for (let index = 0; index < this.size; index++) {
      const { words } = this.#users;
      const userId = (BigInt(words[2 * index + 1]) << 32n) | BigInt(words[2 * index] >>> 0);
      yield { userId, ...this.#at(index) };
    }
  }

  find(userId: bigint): Holder | undefined {
    const index = this.#users.find(...wordsOf(userId));
    return index < 0 ? undefined : this.#at(index);
  }

  /** Gives the user, who has none, the next place, and returns it. */
  add({ id, userId, atMs }: { readonly id: bigint; readonly userId: bigint; readonly atMs: number }): bigint {
    const index = this.#users.add(...wordsOf(userId));
    if (index >= this.#times.length) this.#grow();
    this.#requestIds[index] = id;
    this.#times[index] = atMs;
    return BigInt(index + 1);
  }

  #at(index: number): Holder {
    return { place: BigInt(index + 1), requestId: this.#requestIds[index], atMs: this.#times[index] };
  }

  #grow(): void {
    const requestIds = new BigInt64Array(this.#requestIds.length * 2);
    requestIds.set(this.#requestIds);
    this.#requestIds = requestIds;
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
  }
}

function wordsOf(value: bigint): [lo: number, hi: number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}

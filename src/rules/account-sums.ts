/** What each account of one type holds, by replay, and the roots of its users' trees of lots; compact. Pure. */
import { Int64Index } from './int64-index.ts';

const SPARE = 1.5;

export class AccountSums {
  readonly index = new Int64Index();
  /** By dense number of the index. */
  balance = new BigInt64Array(1024);
  /** Trees of OpenLots: lots with points left, and used-up ones that hold points today. 0 for none. */
  openRoot: Int32Array;
  usedUpRoot: Int32Array;
  readonly #hasLots: boolean;

  constructor(hasLots: boolean) {
    this.#hasLots = hasLots;
    this.openRoot = new Int32Array(hasLots ? 1024 : 0);
    this.usedUpRoot = new Int32Array(hasLots ? 1024 : 0);
  }

  /** The account of an owner, made when it is new. */
  numberOf(lo: number, hi: number): number {
    const number = this.index.add(lo, hi);
    if (number === this.balance.length) this.#grow();
    return number;
  }

  #grow(): void {
    const size = Math.ceil(this.balance.length * SPARE);
    const balance = new BigInt64Array(size);
    balance.set(this.balance);
    this.balance = balance;
    if (!this.#hasLots) return;
    const openRoot = new Int32Array(size);
    openRoot.set(this.openRoot);
    this.openRoot = openRoot;
    const usedUpRoot = new Int32Array(size);
    usedUpRoot.set(this.usedUpRoot);
    this.usedUpRoot = usedUpRoot;
  }
}

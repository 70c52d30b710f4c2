/**
 * What each account of one type holds, by replay, and the roots of its users' trees of lots. All of an account lies in
 * one record of 16 bytes, or of 32 with roots: ledgers name accounts in random order, and each place looked at is a wait for memory. Pure.
 */
import { hashWords } from '../../rules/int64-index.ts';
import { joinWords } from '../../rules/words.ts';

/** Of a record: the owner's id, low and high; the balance, low and high; the roots. */
const BALANCE = 2;
const OPEN_ROOT = 4;
const USED_UP_ROOT = 5;
const shiftWithLots = 3;
const shiftWithout = 2;
/** Records of a block, 1 or 2 MB: nothing is copied when accounts become more. */
const blockShift = 16;
const inBlock = 2 ** blockShift - 1;

export class AccountSums {
  #size = 0;
  readonly #recordShift: number;
  readonly #blocks: Int32Array[] = [];
  /** Number of an account + 1, 0 for an empty slot; length a power of two, at most half full. */
  #slots = new Int32Array(2048);

  constructor(hasLots: boolean) {
    this.#recordShift = hasLots ? shiftWithLots : shiftWithout;
  }

  /** Accounts, which are numbered 0, 1, 2 ... */
  get size(): number {
    return this.#size;
  }

  /** The account of an owner, whose id is given in words, or -1. */
  find(lo: number, hi: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hashWords(lo, hi) & mask; ; slot = (slot + 1) & mask) {
      const account = slots[slot] - 1;
      if (account < 0) return -1;
      const block = this.#blocks[account >>> blockShift];
      const at = (account & inBlock) << this.#recordShift;
      if (block[at] === lo && block[at + 1] === hi) return account;
    }
  }

  /** What most likely is the account of an owner, or -1: without a decision. */
  guess(lo: number, hi: number): number {
    return this.#slots[hashWords(lo, hi) & (this.#slots.length - 1)] - 1;
  }

  /** Brings a record nearer. */
  touch(account: number): number {
    const known = account < 0 ? 0 : account;
    return this.#blocks.length === 0 ? 0 : this.#blocks[known >>> blockShift][(known & inBlock) << this.#recordShift];
  }

  /** The account of an owner, made when it is new. */
  numberOf(lo: number, hi: number): number {
    const found = this.find(lo, hi);
    if (found >= 0) return found;
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow();
    const account = this.#size++;
    if ((account & inBlock) === 0) this.#blocks.push(new Int32Array(2 ** (blockShift + this.#recordShift)));
    const block = this.#blocks[account >>> blockShift];
    const at = (account & inBlock) << this.#recordShift;
    block[at] = lo;
    block[at + 1] = hi;
    this.#place(account, lo, hi);
    return account;
  }

  /** Adds 64 bits in words, and keeps what 64 bits hold of the sum. Returns false when that is not all of it. */
  add(account: number, lo: number, hi: number): boolean {
    const block = this.#blocks[account >>> blockShift];
    const at = ((account & inBlock) << this.#recordShift) + BALANCE;
    const before = block[at + 1];
    const low = (block[at] >>> 0) + (lo >>> 0);
    const high = (before + hi + (low > 0xffffffff ? 1 : 0)) | 0;
    block[at] = low;
    block[at + 1] = high;
    // Of two numbers of one sign, a sum of the other has left 64 bits.
    return ((before ^ high) & (hi ^ high)) >= 0;
  }

  isNegative(account: number): boolean {
    return this.#blocks[account >>> blockShift][((account & inBlock) << this.#recordShift) + BALANCE + 1] < 0;
  }

  /** Whether it holds what the words say. */
  holds(account: number, lo: number, hi: number): boolean {
    const block = this.#blocks[account >>> blockShift];
    const at = ((account & inBlock) << this.#recordShift) + BALANCE;
    return block[at] === lo && block[at + 1] === hi;
  }

  balanceOf(account: number): bigint {
    const block = this.#blocks[account >>> blockShift];
    const at = ((account & inBlock) << this.#recordShift) + BALANCE;
    return joinWords(block[at], block[at + 1]);
  }

  /** Tree of OpenLots: lots with points left. 0 for none. */
  openRoot(account: number): number {
    return this.#blocks[account >>> blockShift][((account & inBlock) << this.#recordShift) + OPEN_ROOT];
  }

  setOpenRoot(account: number, root: number): void {
    this.#blocks[account >>> blockShift][((account & inBlock) << this.#recordShift) + OPEN_ROOT] = root;
  }

  /** Tree of OpenLots: used-up lots that hold points today. 0 for none. */
  usedUpRoot(account: number): number {
    return this.#blocks[account >>> blockShift][((account & inBlock) << this.#recordShift) + USED_UP_ROOT];
  }

  setUsedUpRoot(account: number, root: number): void {
    this.#blocks[account >>> blockShift][((account & inBlock) << this.#recordShift) + USED_UP_ROOT] = root;
  }

  #place(account: number, lo: number, hi: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashWords(lo, hi) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = account + 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let account = 0; account < this.#size; account++) {
      const block = this.#blocks[account >>> blockShift];
      const at = (account & inBlock) << this.#recordShift;
      this.#place(account, block[at], block[at + 1]);
    }
  }
}

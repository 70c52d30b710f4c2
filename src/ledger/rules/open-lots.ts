/**
 * The lots of all users that are open: one number a lot, one search tree a user, ordered as points are taken
 * (ledger-lots.ts has the order). A tree is named by the number of its root; 0 is the empty one. All of a lot lies in one
 * record of 48 bytes: each other place would be another wait for memory. Pure.
 */

/** Of a record: its words 0 and 1, then numbers and points of 64 bits. */
const LEFT = 0;
const RIGHT = 1;
/** Journal and line as one number, in their order. A lot that was freed has 0. */
const KEY = 1;
const GRANTED_AT = 2;
/** Infinity: never. */
const EXPIRES_AT = 3;
/** Points that are left by replay, and that the table says are left today. */
const REMAINING = 4;
const STORED = 5;
const wordsOfLot = 12;
const numbersOfLot = 6;
/** More than the lines of a journal (ledger-journal.ts); with it, a double is exact up to 500 thousand million journals. */
const linesOfJournal = 16_384;
/** Records of a block, 768 KB: nothing is copied when lots become more. */
const blockShift = 14;
const inBlock = 2 ** blockShift - 1;

/** The same memory three times. */
interface LotBlock {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly points: BigInt64Array;
}

export class OpenLots {
  readonly #blocks: LotBlock[] = [];
  #end = 1;
  /** Freed numbers, chained by `LEFT`. */
  #free = 0;

  constructor() {
    this.#addBlock();
  }

  /** One more than the highest number that was ever given. */
  get end(): number {
    return this.#end;
  }

  isOpen(lot: number): boolean {
    return this.#key(lot) !== 0;
  }

  /** Of two lots, negative when `a` was opened first. */
  compareAge(a: number, b: number): number {
    return this.#key(a) - this.#key(b);
  }

  journalId(lot: number): number {
    return Math.floor(this.#key(lot) / linesOfJournal);
  }

  lineNo(lot: number): number {
    return this.#key(lot) % linesOfJournal;
  }

  /** Looks at the lot, and says nothing of it. */
  touch(lot: number): number {
    return this.#left(lot);
  }

  /** Points that are left by replay. */
  remaining(lot: number): bigint {
    return this.#blocks[lot >>> blockShift].points[(lot & inBlock) * numbersOfLot + REMAINING];
  }

  setRemaining(lot: number, points: bigint): void {
    this.#blocks[lot >>> blockShift].points[(lot & inBlock) * numbersOfLot + REMAINING] = points;
  }

  /** Points that the table says are left today. */
  stored(lot: number): bigint {
    return this.#blocks[lot >>> blockShift].points[(lot & inBlock) * numbersOfLot + STORED];
  }

  /** Number of a new lot, in no tree yet. `expiresAt` NaN: never. */
  open(
    journalId: number,
    lineNo: number,
    remaining: bigint,
    stored: bigint,
    grantedAt: number,
    expiresAt: number,
  ): number {
    let lot = this.#free;
    if (lot !== 0) this.#free = this.#left(lot);
    else {
      lot = this.#end++;
      if ((lot & inBlock) === 0) this.#addBlock();
    }
    const { words, numbers, points } = this.#blocks[lot >>> blockShift];
    const word = (lot & inBlock) * wordsOfLot;
    const at = (lot & inBlock) * numbersOfLot;
    words[word + LEFT] = 0;
    words[word + RIGHT] = 0;
    numbers[at + KEY] = journalId * linesOfJournal + lineNo;
    numbers[at + GRANTED_AT] = grantedAt;
    numbers[at + EXPIRES_AT] = Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt;
    points[at + REMAINING] = remaining;
    points[at + STORED] = stored;
    return lot;
  }

  /** Forgets a lot that is in no tree. */
  close(lot: number): void {
    this.#blocks[lot >>> blockShift].numbers[(lot & inBlock) * numbersOfLot + KEY] = 0;
    this.#setLeft(lot, this.#free);
    this.#free = lot;
  }

  /** Root of the tree with the lot added. */
  insert(root: number, lot: number): number {
    if (root === 0) return lot;
    if (priority(lot) > priority(root)) {
      this.#split(root, lot);
      this.#setLeft(lot, this.#splitLeft);
      this.#setRight(lot, this.#splitRight);
      return lot;
    }
    if (this.#compare(lot, root) < 0) this.#setLeft(root, this.insert(this.#left(root), lot));
    else this.#setRight(root, this.insert(this.#right(root), lot));
    return root;
  }

  /** Root of the tree without the lot, which must be in it. */
  remove(root: number, lot: number): number {
    if (root === lot) {
      const rest = this.#merge(this.#left(lot), this.#right(lot));
      this.#setLeft(lot, 0);
      this.#setRight(lot, 0);
      return rest;
    }
    if (this.#compare(lot, root) < 0) this.#setLeft(root, this.remove(this.#left(root), lot));
    else this.#setRight(root, this.remove(this.#right(root), lot));
    return root;
  }

  /** The lot of a tree whose points are taken first. */
  first(root: number): number {
    let lot = root;
    for (;;) {
      const left = this.#left(lot);
      if (left === 0) return lot;
      lot = left;
    }
  }

  /** The lot of a tree with that key and those times, or 0. */
  find(root: number, journalId: number, lineNo: number, grantedAt: number, expiresAt: number): number {
    const expiry = Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt;
    const key = journalId * linesOfJournal + lineNo;
    let lot = root;
    while (lot !== 0) {
      const { words, numbers } = this.#blocks[lot >>> blockShift];
      const word = (lot & inBlock) * wordsOfLot;
      const at = (lot & inBlock) * numbersOfLot;
      const order =
        compare(expiry, numbers[at + EXPIRES_AT]) || grantedAt - numbers[at + GRANTED_AT] || key - numbers[at + KEY];
      if (order === 0) return lot;
      lot = words[word + (order < 0 ? LEFT : RIGHT)];
    }
    return 0;
  }

  /** The lots of a tree that the journal opened, in their order; looks at all of them. */
  ofJournal(root: number, journalId: number, found: number[] = []): number[] {
    if (root === 0) return found;
    this.ofJournal(this.#left(root), journalId, found);
    if (this.journalId(root) === journalId) found.push(root);
    return this.ofJournal(this.#right(root), journalId, found);
  }

  #compare(a: number, b: number): number {
    const [blockA, blockB] = [this.#blocks[a >>> blockShift], this.#blocks[b >>> blockShift]];
    const [atA, atB] = [(a & inBlock) * numbersOfLot, (b & inBlock) * numbersOfLot];
    return (
      compare(blockA.numbers[atA + EXPIRES_AT], blockB.numbers[atB + EXPIRES_AT]) ||
      blockA.numbers[atA + GRANTED_AT] - blockB.numbers[atB + GRANTED_AT] ||
      blockA.numbers[atA + KEY] - blockB.numbers[atB + KEY]
    );
  }

  #splitLeft = 0;
  #splitRight = 0;

  /** Cuts a tree into the lots before `lot` and those after it. */
  #split(root: number, lot: number): void {
    if (root === 0) {
      this.#splitLeft = 0;
      this.#splitRight = 0;
    } else if (this.#compare(root, lot) < 0) {
      this.#split(this.#right(root), lot);
      this.#setRight(root, this.#splitLeft);
      this.#splitLeft = root;
    } else {
      this.#split(this.#left(root), lot);
      this.#setLeft(root, this.#splitRight);
      this.#splitRight = root;
    }
  }

  #merge(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    if (priority(a) > priority(b)) {
      this.#setRight(a, this.#merge(this.#right(a), b));
      return a;
    }
    this.#setLeft(b, this.#merge(a, this.#left(b)));
    return b;
  }

  #key(lot: number): number {
    return this.#blocks[lot >>> blockShift].numbers[(lot & inBlock) * numbersOfLot + KEY];
  }

  #left(lot: number): number {
    return this.#blocks[lot >>> blockShift].words[(lot & inBlock) * wordsOfLot + LEFT];
  }

  #right(lot: number): number {
    return this.#blocks[lot >>> blockShift].words[(lot & inBlock) * wordsOfLot + RIGHT];
  }

  #setLeft(lot: number, left: number): void {
    this.#blocks[lot >>> blockShift].words[(lot & inBlock) * wordsOfLot + LEFT] = left;
  }

  #setRight(lot: number, right: number): void {
    this.#blocks[lot >>> blockShift].words[(lot & inBlock) * wordsOfLot + RIGHT] = right;
  }

  #addBlock(): void {
    const memory = new ArrayBuffer(4 * wordsOfLot * 2 ** blockShift);
    this.#blocks.push({
      words: new Int32Array(memory),
      numbers: new Float64Array(memory),
      points: new BigInt64Array(memory),
    });
  }
}

/** Infinity less Infinity is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A tree whose priorities are as good as random stays flat, whatever order lots come in. */
function priority(lot: number): number {
  let h = Math.imul(lot ^ (lot >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

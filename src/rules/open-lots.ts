/**
 * The lots of all users that are open: one number a lot, one search tree a user, ordered as points are taken
 * (ledger-lots.ts has the order). A tree is named by the number of its root; 0 is the empty one. All of a lot lies in one
 * record of 64 bytes, a line of the processor's cache: each other place would be another wait for memory. Pure.
 */

/** Of a record: 32-bit words, then numbers and points of 64 bits. A lot that was freed has journal 0. */
const LEFT = 0;
const RIGHT = 1;
const LINE_NO = 2;
const JOURNAL_ID = 2;
const GRANTED_AT = 3;
/** Infinity: never. */
const EXPIRES_AT = 4;
/** Points it was opened with, that are left by replay, and that the table says are left today. */
const AMOUNT = 5;
const REMAINING = 6;
const STORED = 7;
const wordsShift = 4;
const numbersShift = 3;
/** Records of a block, 1 MB: nothing is copied when lots become more. */
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

  /** 0 for a lot that was freed. */
  journalId(lot: number): number {
    return this.#blocks[lot >>> blockShift].numbers[((lot & inBlock) << numbersShift) + JOURNAL_ID];
  }

  lineNo(lot: number): number {
    return this.#blocks[lot >>> blockShift].words[((lot & inBlock) << wordsShift) + LINE_NO];
  }

  amount(lot: number): bigint {
    return this.#blocks[lot >>> blockShift].points[((lot & inBlock) << numbersShift) + AMOUNT];
  }

  /** Points that are left by replay. */
  remaining(lot: number): bigint {
    return this.#blocks[lot >>> blockShift].points[((lot & inBlock) << numbersShift) + REMAINING];
  }

  setRemaining(lot: number, points: bigint): void {
    this.#blocks[lot >>> blockShift].points[((lot & inBlock) << numbersShift) + REMAINING] = points;
  }

  /** Points that the table says are left today. */
  stored(lot: number): bigint {
    return this.#blocks[lot >>> blockShift].points[((lot & inBlock) << numbersShift) + STORED];
  }

  /** Number of a new lot, in no tree yet. `expiresAt` NaN: never. */
  open(
    journalId: number,
    lineNo: number,
    amount: bigint,
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
    const word = (lot & inBlock) << wordsShift;
    const at = (lot & inBlock) << numbersShift;
    words[word + LEFT] = 0;
    words[word + RIGHT] = 0;
    words[word + LINE_NO] = lineNo;
    numbers[at + JOURNAL_ID] = journalId;
    numbers[at + GRANTED_AT] = grantedAt;
    numbers[at + EXPIRES_AT] = Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt;
    points[at + AMOUNT] = amount;
    points[at + REMAINING] = remaining;
    points[at + STORED] = stored;
    return lot;
  }

  /** Forgets a lot that is in no tree. */
  close(lot: number): void {
    this.#blocks[lot >>> blockShift].numbers[((lot & inBlock) << numbersShift) + JOURNAL_ID] = 0;
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
    let lot = root;
    while (lot !== 0) {
      const { words, numbers } = this.#blocks[lot >>> blockShift];
      const word = (lot & inBlock) << wordsShift;
      const at = (lot & inBlock) << numbersShift;
      const order =
        compare(expiry, numbers[at + EXPIRES_AT]) ||
        grantedAt - numbers[at + GRANTED_AT] ||
        journalId - numbers[at + JOURNAL_ID] ||
        lineNo - words[word + LINE_NO];
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
    const [atA, atB] = [(a & inBlock) << numbersShift, (b & inBlock) << numbersShift];
    return (
      compare(blockA.numbers[atA + EXPIRES_AT], blockB.numbers[atB + EXPIRES_AT]) ||
      blockA.numbers[atA + GRANTED_AT] - blockB.numbers[atB + GRANTED_AT] ||
      blockA.numbers[atA + JOURNAL_ID] - blockB.numbers[atB + JOURNAL_ID] ||
      this.lineNo(a) - this.lineNo(b)
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

  #left(lot: number): number {
    return this.#blocks[lot >>> blockShift].words[((lot & inBlock) << wordsShift) + LEFT];
  }

  #right(lot: number): number {
    return this.#blocks[lot >>> blockShift].words[((lot & inBlock) << wordsShift) + RIGHT];
  }

  #setLeft(lot: number, left: number): void {
    this.#blocks[lot >>> blockShift].words[((lot & inBlock) << wordsShift) + LEFT] = left;
  }

  #setRight(lot: number, right: number): void {
    this.#blocks[lot >>> blockShift].words[((lot & inBlock) << wordsShift) + RIGHT] = right;
  }

  #addBlock(): void {
    const memory = new ArrayBuffer(4 * 2 ** (blockShift + wordsShift));
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

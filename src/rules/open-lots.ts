/**
 * The lots of all users that are open, in typed arrays: one number a lot, one search tree a user, ordered as points are
 * taken (ledger-lots.ts has the order). A tree is named by the number of its root; 0 is the empty one. Pure.
 */

const SPARE = 1.5;

export class OpenLots {
  /** By lot; number 0 is none. A lot that was freed has journal 0. */
  journalId = new Float64Array(1024);
  lineNo = new Int32Array(1024);
  /** Points it was opened with, that are left by replay, and that the table says are left today. */
  amount = new BigInt64Array(1024);
  remaining = new BigInt64Array(1024);
  stored = new BigInt64Array(1024);
  grantedAt = new Float64Array(1024);
  /** Infinity: never. */
  expiresAt = new Float64Array(1024);
  #left = new Int32Array(1024);
  #right = new Int32Array(1024);
  #end = 1;
  /** Freed numbers, chained by `#left`. */
  #free = 0;

  /** One more than the highest number that was ever given. */
  get end(): number {
    return this.#end;
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
    if (lot !== 0) this.#free = this.#left[lot];
    else {
      lot = this.#end++;
      if (lot === this.journalId.length) this.#grow();
    }
    this.journalId[lot] = journalId;
    this.lineNo[lot] = lineNo;
    this.amount[lot] = amount;
    this.remaining[lot] = remaining;
    this.stored[lot] = stored;
    this.grantedAt[lot] = grantedAt;
    this.expiresAt[lot] = Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt;
    this.#left[lot] = 0;
    this.#right[lot] = 0;
    return lot;
  }

  /** Forgets a lot that is in no tree. */
  close(lot: number): void {
    this.journalId[lot] = 0;
    this.#left[lot] = this.#free;
    this.#free = lot;
  }

  /** Root of the tree with the lot added. */
  insert(root: number, lot: number): number {
    if (root === 0) return lot;
    if (priority(lot) > priority(root)) {
      this.#split(root, lot);
      this.#left[lot] = this.#splitLeft;
      this.#right[lot] = this.#splitRight;
      return lot;
    }
    if (this.#compare(lot, root) < 0) this.#left[root] = this.insert(this.#left[root], lot);
    else this.#right[root] = this.insert(this.#right[root], lot);
    return root;
  }

  /** Root of the tree without the lot, which must be in it. */
  remove(root: number, lot: number): number {
    if (root === lot) {
      const rest = this.#merge(this.#left[lot], this.#right[lot]);
      this.#left[lot] = 0;
      this.#right[lot] = 0;
      return rest;
    }
    if (this.#compare(lot, root) < 0) this.#left[root] = this.remove(this.#left[root], lot);
    else this.#right[root] = this.remove(this.#right[root], lot);
    return root;
  }

  /** The lot of a tree whose points are taken first. */
  first(root: number): number {
    let lot = root;
    while (this.#left[lot] !== 0) lot = this.#left[lot];
    return lot;
  }

  /** The lot of a tree with that key and those times, or 0. */
  find(root: number, journalId: number, lineNo: number, grantedAt: number, expiresAt: number): number {
    const expiry = Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt;
    let lot = root;
    while (lot !== 0) {
      const order =
        compare(expiry, this.expiresAt[lot]) ||
        grantedAt - this.grantedAt[lot] ||
        journalId - this.journalId[lot] ||
        lineNo - this.lineNo[lot];
      if (order === 0) return lot;
      lot = order < 0 ? this.#left[lot] : this.#right[lot];
    }
    return 0;
  }

  /** The lots of a tree that the journal opened, in their order; looks at all of them. */
  ofJournal(root: number, journalId: number, found: number[] = []): number[] {
    if (root === 0) return found;
    this.ofJournal(this.#left[root], journalId, found);
    if (this.journalId[root] === journalId) found.push(root);
    return this.ofJournal(this.#right[root], journalId, found);
  }

  #compare(a: number, b: number): number {
    return (
      compare(this.expiresAt[a], this.expiresAt[b]) ||
      this.grantedAt[a] - this.grantedAt[b] ||
      this.journalId[a] - this.journalId[b] ||
      this.lineNo[a] - this.lineNo[b]
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
      this.#split(this.#right[root], lot);
      this.#right[root] = this.#splitLeft;
      this.#splitLeft = root;
    } else {
      this.#split(this.#left[root], lot);
      this.#left[root] = this.#splitRight;
      this.#splitRight = root;
    }
  }

  #merge(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    if (priority(a) > priority(b)) {
      this.#right[a] = this.#merge(this.#right[a], b);
      return a;
    }
    this.#left[b] = this.#merge(a, this.#left[b]);
    return b;
  }

  #grow(): void {
    const size = Math.ceil(this.journalId.length * SPARE);
    this.journalId = grown(this.journalId, new Float64Array(size));
    this.lineNo = grown(this.lineNo, new Int32Array(size));
    this.amount = grown(this.amount, new BigInt64Array(size));
    this.remaining = grown(this.remaining, new BigInt64Array(size));
    this.stored = grown(this.stored, new BigInt64Array(size));
    this.grantedAt = grown(this.grantedAt, new Float64Array(size));
    this.expiresAt = grown(this.expiresAt, new Float64Array(size));
    this.#left = grown(this.#left, new Int32Array(size));
    this.#right = grown(this.#right, new Int32Array(size));
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

function grown<A extends Int32Array | BigInt64Array | Float64Array>(old: A, larger: A): A {
  larger.set(old as never);
  return larger;
}

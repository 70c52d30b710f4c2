/** Lots of points: in which order they are taken, and given back (domain.md section 5). Pure. */

/** A lot is named by the entry that opened it. */
export interface LotId {
  readonly journalId: bigint;
  readonly lineNo: number;
}

export interface Lot extends LotId {
  readonly userId: bigint;
  readonly amount: bigint;
  /** 0 <= remaining <= amount */
  remaining: bigint;
  /** UTC text `YYYY-MM-DD HH:MM:SS.sss`; texts of this form compare as the instants do. */
  readonly grantedAt: string;
  readonly expiresAt: string | null;
}

/** Points that an entry took from a lot; negative: gave back to it. */
export interface LotUse {
  readonly lot: LotId;
  /** The journal that had taken the points given back; 0n when points are taken. */
  readonly restoresId: bigint;
  readonly amount: bigint;
}

export function lotKey({ journalId, lineNo }: LotId): string {
  return `${journalId}.${lineNo}`;
}

/**
 * First in, first out: by expiry (never last), then grant time, then id. A reversal takes first what the reversed
 * journal, `first`, had brought: otherwise older points would pay for a mistake, and the mistaken lot would stay.
 */
export function compareLots(a: Lot, b: Lot, first?: bigint): number {
  if (first !== undefined && (a.journalId === first) !== (b.journalId === first)) return a.journalId === first ? -1 : 1;
  if (a.expiresAt !== b.expiresAt) {
    if (a.expiresAt === null) return 1;
    if (b.expiresAt === null) return -1;
    return a.expiresAt < b.expiresAt ? -1 : 1;
  }
  if (a.grantedAt !== b.grantedAt) return a.grantedAt < b.grantedAt ? -1 : 1;
  if (a.journalId !== b.journalId) return a.journalId < b.journalId ? -1 : 1;
  return a.lineNo - b.lineNo;
}

/** The open lots of one user, kept in the order in which they are taken. */
export class LotQueue {
  readonly #lots: Lot[] = [];
  #isSorted = true;

  add(lot: Lot): void {
    const last = this.#lots.at(-1);
    if (last !== undefined && compareLots(last, lot) > 0) this.#isSorted = false;
    this.#lots.push(lot);
  }

  /**
   * Which lots `amount` points would come from, or undefined when there are not enough; nothing is changed.
   * @param first the journal whose lots are to be taken before all others
   */
  plan(amount: bigint, first?: bigint): { readonly lot: Lot; readonly amount: bigint }[] | undefined {
    const uses: { lot: Lot; amount: bigint }[] = [];
    let left = amount;
    for (const lot of this.#inOrder(first)) {
      if (left === 0n) break;
      if (lot.remaining === 0n) continue;
      const taken = lot.remaining < left ? lot.remaining : left;
      uses.push({ lot, amount: taken });
      left -= taken;
    }
    return left === 0n ? uses : undefined;
  }

  /** Forgets a lot; one that is not there is no fault. */
  remove(lot: Lot): void {
    const at = this.#lots.indexOf(lot);
    if (at >= 0) this.#lots.splice(at, 1);
  }

  #inOrder(first: bigint | undefined): readonly Lot[] {
    if (!this.#isSorted) this.#lots.sort((a, b) => compareLots(a, b));
    this.#isSorted = true;
    return first === undefined ? this.#lots : this.#lots.toSorted((a, b) => compareLots(a, b, first));
  }
}

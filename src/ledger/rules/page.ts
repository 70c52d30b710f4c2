/**
 * A run of consecutive journals with all that hangs on them, as columns in the order of their keys: what verification
 * reads, checks and hands between threads. Joining it says which entries, lots and uses belong together. Pure.
 */
import { type AccountType, accountTypes } from './journal.ts';

/** Texts as UTF-8 bytes. */
export interface TextColumn {
  readonly at: Int32Array;
  readonly length: Int32Array;
}

/** Rows of settle_lot. Times are numbers that order as the instants do; a lot that never expires has NaN. */
export interface LotColumns {
  readonly size: number;
  readonly journalId: BigInt64Array;
  readonly lineNo: Int32Array;
  readonly userId: BigInt64Array;
  readonly amount: BigInt64Array;
  readonly remaining: BigInt64Array;
  readonly grantedAt: Float64Array;
  readonly expiresAt: Float64Array;
}

export interface LedgerPage {
  readonly journals: {
    readonly size: number;
    readonly id: BigInt64Array;
    /** 0n for none; a stored 0 is a violation of the page. */
    readonly reversesId: BigInt64Array;
    readonly lineCount: Int32Array;
    readonly hashVersion: Int32Array;
  };
  readonly entries: {
    readonly size: number;
    readonly journalId: BigInt64Array;
    readonly lineNo: Int32Array;
    readonly ownerId: BigInt64Array;
    /** `...Words`: the same memory in words, low and high. */
    readonly ownerWords: Int32Array;
    readonly amount: BigInt64Array;
    readonly amountWords: Int32Array;
    /** Index in `accountTypes`; `unknownType` for any other text. */
    readonly type: Uint8Array;
  };
  readonly lots: LotColumns;
  readonly uses: {
    readonly size: number;
    readonly journalId: BigInt64Array;
    readonly lineNo: Int32Array;
    readonly lotJournalId: BigInt64Array;
    readonly lotLineNo: Int32Array;
    readonly restoresId: BigInt64Array;
    readonly amount: BigInt64Array;
  };
  /** The lots that the page's journals give points back to, in order of their keys; they may be of any journal before. */
  readonly givenBack: LotColumns;
  readonly join: PageJoin;
  /** The first thing that was seen to be wrong without the journals before. */
  violation: PageViolation | undefined;
}

/** Ends are exclusive; each part begins where the one before ends. */
export interface PageJoin {
  /** By journal: the end of its entries. */
  readonly entryEnd: Int32Array;
  /** By entry: its lot, or -1. */
  readonly lotOf: Int32Array;
  /** By entry: the end of its uses. */
  readonly useEnd: Int32Array;
}

export interface PageViolation {
  /** Index of the journal at which it is met. */
  readonly journal: number;
  /** True when the journal's effects are to be judged before. */
  readonly isAfterEffects: boolean;
  readonly place: string;
  readonly problem: string;
}

export const unknownType = 255;
const encoder = new TextEncoder();
const typeBytes = accountTypes.map((type) => encoder.encode(type));

/** The account type that the bytes spell, as an index in `accountTypes`, or `unknownType`. */
export function readAccountType(bytes: Uint8Array, at: number, length: number): number {
  for (let code = 0; code < typeBytes.length; code++) {
    const spelled = typeBytes[code];
    if (spelled.length !== length) continue;
    let i = 0;
    while (i < length && spelled[i] === bytes[at + i]) i++;
    if (i === length) return code;
  }
  return unknownType;
}

export function accountTypeOf(code: number): AccountType {
  return accountTypes[code];
}

/** Keeps the violation that is met first. */
export function noteViolation(page: LedgerPage, violation: PageViolation): void {
  const known = page.violation;
  const isEarlier =
    known === undefined ||
    violation.journal < known.journal ||
    (violation.journal === known.journal && known.isAfterEffects && !violation.isAfterEffects);
  if (isEarlier) page.violation = violation;
}

/** Fills `page.join`, up to the first row that belongs to nothing, which is noted as the page's violation. */
export function joinPage(page: LedgerPage): void {
  const { journals, entries, lots, uses, join } = page;
  let e = 0;
  let l = 0;
  let u = 0;
  for (let j = 0; j < journals.size; j++) {
    const id = journals.id[j];
    let stray = e < entries.size && entries.journalId[e] < id ? strayRow('settle_entry', entries, e) : undefined;
    for (; e < entries.size && entries.journalId[e] === id; e++) {
      const line = entries.lineNo[e];
      const hasLot = l < lots.size && lots.journalId[l] === id && lots.lineNo[l] === line;
      join.lotOf[e] = hasLot ? l++ : -1;
      while (u < uses.size && uses.journalId[u] === id && uses.lineNo[u] === line) u++;
      join.useEnd[e] = u;
    }
    join.entryEnd[j] = e;
    // What is left of this journal, or of one before, hangs on no line.
    if (l < lots.size && lots.journalId[l] <= id) stray ??= strayRow('settle_lot', lots, l);
    if (u < uses.size && uses.journalId[u] <= id) stray ??= strayRow('settle_consumption', uses, u);
    if (stray === undefined) continue;
    noteViolation(page, { journal: j, isAfterEffects: false, place: `journal ${id}`, problem: stray });
    return;
  }
}

function strayRow(table: string, { journalId, lineNo }: Pick<LotColumns, 'journalId' | 'lineNo'>, row: number): string {
  return `${table} has a row for journal ${journalId[row]}, line ${lineNo[row]}, which does not exist`;
}

/** The row of a lot, by its key, or -1. */
export function findLot({ size, journalId, lineNo }: LotColumns, journal: bigint, line: number): number {
  let low = 0;
  let high = size - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = journalId[middle];
    if (found === journal && lineNo[middle] === line) return middle;
    if (found < journal || (found === journal && lineNo[middle] < line)) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

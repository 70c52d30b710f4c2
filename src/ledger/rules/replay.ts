/**
 * The ledger as its journals make it, replayed in order: each must follow from those before it. Holds the accounts and
 * the lots that are open, nothing of journals that are past. Pure; who reads and who hashes is elsewhere.
 */
import { AccountSums } from './account-sums.ts';
import { canonicalVersion } from './canonical.ts';
import { type AccountType, accountTypes, isGuarded } from './journal.ts';
import { OpenLots } from './open-lots.ts';
import { accountTypeOf, findLot, type LedgerPage, unknownType } from './page.ts';
import { Violation } from './violation.ts';

const userType = accountTypes.indexOf('user');
const guarded = accountTypes.map(isGuarded);
/** Few enough that what they need stays in the processor's caches until they are taken. */
const entriesAtOnce = 512;
const TWO_32 = 4_294_967_296;

export class LedgerReplay {
  /** Ids have no gaps, so as many journals as they say: numbers hold them, and what is beyond equals none of them. */
  lastId = 0;
  entries = 0;
  /** By index in `accountTypes`. */
  readonly accounts = accountTypes.map((_type, code) => new AccountSums(code === userType));
  readonly #lots = new OpenLots();
  /** By entry of the page that is taken: its account. */
  #accountOf = new Int32Array(0);
  /** Means nothing: what is looked at only in advance has to be kept, or the compiler leaves it out. */
  touched = 0;

  /** Takes the journals that follow, until one does not fit. @throws Violation */
  take(page: LedgerPage): void {
    const { journals, join, violation } = page;
    let entry = 0;
    let found = 0;
    for (let j = 0; j < journals.size; j++) {
      // What belongs to a journal that is missing hangs on nothing: the journal is named, wherever pages begin.
      if (Number(journals.id[j]) !== this.lastId + 1)
        throw new Violation(`journal ${this.lastId + 1}`, 'it is missing');
      if (violation?.journal === j && !violation.isAfterEffects)
        throw new Violation(violation.place, violation.problem);
      if (join.entryEnd[j] > found) {
        const end = Math.max(join.entryEnd[j], Math.min(found + entriesAtOnce, page.entries.size));
        this.#findAccounts(page, found, end);
        found = end;
      }
      this.#takeJournal(page, j, entry);
      if (violation?.journal === j) throw new Violation(violation.place, violation.problem);
      this.entries += join.entryEnd[j] - entry;
      entry = join.entryEnd[j];
    }
    if (violation !== undefined) throw new Violation(violation.place, violation.problem);
  }

  /** After the last journal: what is left of the lots must be what the table says. @throws Violation */
  requireLots(): void {
    const lots = this.#lots;
    let first = 0;
    for (let lot = 1; lot < lots.end; lot++) {
      if (!lots.isOpen(lot) || lots.remaining(lot) === lots.stored(lot)) continue;
      if (first === 0 || lots.compareAge(lot, first) < 0) first = lot;
    }
    if (first === 0) return;
    throw new Violation(
      this.#lotName(first),
      `${lots.stored(first)} points are left instead of ${lots.remaining(first)}`,
    );
  }

  /**
   * Accounts and first lots of all entries, one after another without a decision in between: so the processor waits for
   * many of them at once. Entries that turn out to be wrong are met later, at their journal.
   */
  #findAccounts({ entries }: LedgerPage, from: number, to: number): void {
    const { size, type: types, ownerWords } = entries;
    if (this.#accountOf.length < size) this.#accountOf = new Int32Array(Math.max(size * 2, 4096));
    const accountOf = this.#accountOf;
    const lots = this.#lots;
    let touched = 0;
    for (let e = from; e < to; e++) {
      if (types[e] === unknownType) continue;
      accountOf[e] = this.accounts[types[e]].guess(ownerWords[2 * e], ownerWords[2 * e + 1]);
    }
    for (let e = from; e < to; e++)
      if (types[e] !== unknownType) touched |= this.accounts[types[e]].touch(accountOf[e]);
    for (let e = from; e < to; e++) {
      if (types[e] !== unknownType)
        accountOf[e] = this.accounts[types[e]].numberOf(ownerWords[2 * e], ownerWords[2 * e + 1]);
    }
    for (let e = from; e < to; e++) {
      if (types[e] === userType) touched |= lots.touch(this.accounts[userType].openRoot(accountOf[e]));
    }
    this.touched = touched;
  }

  #takeJournal(page: LedgerPage, j: number, firstEntry: number): void {
    const { journals, entries, join } = page;
    const id = Number(journals.id[j]);
    const place = () => `journal ${id}`;
    if (journals.hashVersion[j] !== canonicalVersion)
      throw new Violation(place(), `unknown hash version ${journals.hashVersion[j]}`);
    const end = join.entryEnd[j];
    if (journals.lineCount[j] !== end - firstEntry)
      throw new Violation(place(), `it has ${end - firstEntry} entries instead of ${journals.lineCount[j]}`);
    const reversesId = journals.reversesId[j];
    if (reversesId < 0n || reversesId >= journals.id[j])
      throw new Violation(place(), `it reverses journal ${reversesId}, which does not come before it`);
    // Words are added apart: doubles are exact for more lines than a page has, where 64 bits would come round to 0.
    let high = 0;
    let low = 0;
    for (let e = firstEntry; e < end; e++) {
      if (entries.lineNo[e] !== e - firstEntry + 1)
        throw new Violation(`entry ${id}.${entries.lineNo[e]}`, `expected line ${e - firstEntry + 1}`);
      this.#takeEntry(page, e, reversesId);
      low += entries.amountWords[2 * e] >>> 0;
      high += entries.amountWords[2 * e + 1];
    }
    if (low % TWO_32 !== 0 || high + low / TWO_32 !== 0) {
      const sum = (BigInt(high) << 32n) + BigInt(low);
      throw new Violation(place(), `its entries sum to ${sum} instead of 0`);
    }
    this.lastId = id;
  }

  #takeEntry(page: LedgerPage, e: number, reversesId: bigint): void {
    const { entries, join } = page;
    const type = entries.type[e];
    if (type === unknownType) throw new Violation(entryName(page, e), 'there is no account of its type');
    const [amountLow, amountHigh] = [entries.amountWords[2 * e], entries.amountWords[2 * e + 1]];
    const sums = this.accounts[type];
    const account = this.#accountOf[e];
    if (!sums.add(account, amountLow, amountHigh))
      throw new Violation(entryName(page, e), `${accountName(page, e)} goes beyond 64 bits`);
    if (amountHigh < 0 && guarded[type] && sums.isNegative(account))
      throw new Violation(entryName(page, e), `${accountName(page, e)} falls to ${sums.balanceOf(account)}`);
    const usesFrom = e === 0 ? 0 : join.useEnd[e - 1];
    const usesTo = join.useEnd[e];
    const lot = join.lotOf[e];
    if (type !== userType) {
      if (lot >= 0 || usesTo > usesFrom)
        throw new Violation(entryName(page, e), `${accountName(page, e)} can have no lots`);
      return;
    }
    if (amountHigh < 0) {
      if (lot >= 0) throw new Violation(entryName(page, e), 'a debit opens no lot');
      this.#takeFirstIn(page, e, sums, account, reversesId);
    } else {
      let opened = entries.amount[e];
      for (let use = usesFrom; use < usesTo; use++) {
        this.#giveBack(page, e, use, sums, account);
        opened = BigInt.asIntN(64, opened + page.uses.amount[use]);
        // Each use is negative: one more could bring it round to more than 0.
        if (opened < 0n) throw new Violation(entryName(page, e), `it gives back more than its ${entries.amount[e]}`);
      }
      const found = lot < 0 ? 0n : page.lots.amount[lot];
      if (lot >= 0) this.#open(page, e, lot, sums, account);
      if (found !== opened) throw new Violation(entryName(page, e), `it opens a lot of ${found} instead of ${opened}`);
    }
  }

  /** The points must have come from the lots that were first in order. */
  #takeFirstIn(page: LedgerPage, e: number, sums: AccountSums, account: number, reversesId: bigint): void {
    const lots = this.#lots;
    const usesFrom = e === 0 ? 0 : page.join.useEnd[e - 1];
    const usesTo = page.join.useEnd[e];
    // A reversal takes first what the reversed journal had brought.
    const reversed = reversesId === 0n ? [] : lots.ofJournal(sums.openRoot(account), Number(reversesId));
    let left = -page.entries.amount[e];
    let taken = 0;
    while (left > 0n) {
      const lot = reversed.shift() ?? lots.first(sums.openRoot(account));
      if (lot === 0)
        throw new Violation(
          entryName(page, e),
          `the lots of ${accountName(page, e)} do not cover ${-page.entries.amount[e]}`,
        );
      const remaining = lots.remaining(lot);
      const points = remaining < left ? remaining : left;
      const use = findUse(page, usesFrom, usesTo, lots.journalId(lot), lots.lineNo(lot));
      if (use < 0 || page.uses.amount[use] !== points || page.uses.restoresId[use] !== 0n) {
        const found = use < 0 ? 0n : page.uses.amount[use];
        const name = this.#lotName(lot);
        throw new Violation(entryName(page, e), `it takes ${found} from ${name} instead of ${points}`);
      }
      taken++;
      left -= points;
      lots.setRemaining(lot, remaining - points);
      if (remaining === points) this.#usedUp(lot, sums, account);
    }
    if (taken !== usesTo - usesFrom)
      throw new Violation(entryName(page, e), `it takes from ${usesTo - usesFrom} lots instead of ${taken}`);
  }

  /** One that holds points today is kept: either they are given back later, or it does not fit in the end. */
  #usedUp(lot: number, sums: AccountSums, account: number): void {
    const lots = this.#lots;
    sums.setOpenRoot(account, lots.remove(sums.openRoot(account), lot));
    if (lots.stored(lot) === 0n) lots.close(lot);
    else sums.setUsedUpRoot(account, lots.insert(sums.usedUpRoot(account), lot));
  }

  #giveBack(page: LedgerPage, e: number, use: number, sums: AccountSums, account: number): void {
    const lots = this.#lots;
    const { givenBack, uses, entries } = page;
    const id = entries.journalId[e];
    const journal = uses.lotJournalId[use];
    const line = uses.lotLineNo[use];
    const points = -uses.amount[use];
    const restoresId = uses.restoresId[use];
    if (points <= 0n || restoresId < 1n || restoresId >= id)
      throw new Violation(entryName(page, e), `it gives nothing back to lot ${journal}.${line}`);
    const row = journal < id ? findLot(givenBack, journal, line) : -1;
    if (row < 0)
      throw new Violation(entryName(page, e), `it gives back to lot ${journal}.${line}, which does not exist`);
    if (givenBack.userId[row] !== entries.ownerId[e])
      throw new Violation(entryName(page, e), `lot ${journal}.${line} is not one of ${accountName(page, e)}`);
    const key = Number(journal);
    const [granted, expires] = [givenBack.grantedAt[row], givenBack.expiresAt[row]];
    let lot = lots.find(sums.openRoot(account), key, line, granted, expires);
    if (lot === 0) {
      lot = lots.find(sums.usedUpRoot(account), key, line, granted, expires);
      if (lot !== 0) sums.setUsedUpRoot(account, lots.remove(sums.usedUpRoot(account), lot));
      else lot = lots.open(key, line, 0n, givenBack.remaining[row], granted, expires);
      sums.setOpenRoot(account, lots.insert(sums.openRoot(account), lot));
    }
    if (points > givenBack.amount[row] - lots.remaining(lot))
      throw new Violation(entryName(page, e), `lot ${journal}.${line} is given back more than was taken`);
    lots.setRemaining(lot, lots.remaining(lot) + points);
  }

  #open({ lots: rows, entries }: LedgerPage, e: number, row: number, sums: AccountSums, account: number): void {
    const place = () => `lot ${rows.journalId[row]}.${rows.lineNo[row]}`;
    if (rows.userId[row] !== entries.ownerId[e])
      throw new Violation(place(), `it belongs to user:${rows.userId[row]} instead of user:${entries.ownerId[e]}`);
    const amount = rows.amount[row];
    if (amount <= 0n) throw new Violation(place(), `it was opened with ${amount}`);
    const [granted, expires] = [rows.grantedAt[row], rows.expiresAt[row]];
    const key = Number(rows.journalId[row]);
    const lot = this.#lots.open(key, rows.lineNo[row], amount, rows.remaining[row], granted, expires);
    sums.setOpenRoot(account, this.#lots.insert(sums.openRoot(account), lot));
  }

  #lotName(lot: number): string {
    return `lot ${this.#lots.journalId(lot)}.${this.#lots.lineNo(lot)}`;
  }
}

/** The use of a lot among those of one entry, which are in order of the lots' keys, or -1. */
function findUse({ uses }: LedgerPage, from: number, to: number, journalId: number, lineNo: number): number {
  let low = from;
  let high = to - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = Number(uses.lotJournalId[middle]) - journalId || uses.lotLineNo[middle] - lineNo;
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function entryName({ entries }: LedgerPage, e: number): string {
  return `entry ${entries.journalId[e]}.${entries.lineNo[e]}`;
}

function accountName({ entries }: LedgerPage, e: number): `${AccountType}:${bigint}` {
  return `${accountTypeOf(entries.type[e])}:${entries.ownerId[e]}`;
}

/**
 * The part of the ledger that a batch of journals touches, in memory: balances and open lots. Decides what each request
 * does to them, one after another, and takes a request that does not hold back as a whole. Pure.
 */
import {
  type AccountRef,
  type AccountType,
  accountKey,
  BALANCE_BEYOND_63_BITS,
  balanceMax,
  type EntryRequest,
  INSUFFICIENT_POINTS,
  isGuarded,
  type JournalRequest,
  LedgerError,
} from './journal.ts';
import { type Lot, LotQueue, type LotUse, lotKey } from './lots.ts';

export interface Account extends AccountRef {
  /** What it held before; known of accounts that may not fall below 0 and are taken from, and of all near 63 bits. */
  readonly held: bigint | undefined;
  /** What the journals add to it. */
  change: bigint;
  /** Entries of those journals that name it. */
  entries: number;
}

/** One line of a journal as it will be stored. */
export interface Line {
  readonly lineNo: number;
  readonly account: AccountRef;
  readonly amount: bigint;
  readonly lot: Lot | undefined;
  readonly uses: readonly LotUse[];
}

/** Points that an earlier journal took from a lot, less what was given back since. */
export interface Restorable {
  readonly journalId: bigint;
  readonly lot: Lot;
  left: bigint;
}

/** Most lines use no lot: they share it. */
const noUses: readonly LotUse[] = [];

export class LedgerBook {
  readonly #accounts = new Map<AccountType, Map<bigint, Account>>();
  /** Lots that were there before and have been changed. */
  readonly changedLots = new Map<string, Lot>();
  readonly #lots = new Map<string, Lot>();
  readonly #queues = new Map<bigint, LotQueue>();
  /** By key of the journal that took them, in the order in which they were taken. */
  readonly #restorables = new Map<string, Restorable[]>();
  #undo: (() => void)[] = [];

  /** Makes an account known; with what it holds, or undefined where that decides nothing. */
  addAccount({ type, ownerId }: AccountRef, held: bigint | undefined): void {
    let owners = this.#accounts.get(type);
    if (owners === undefined) {
      owners = new Map();
      this.#accounts.set(type, owners);
    }
    if (held === undefined && owners.has(ownerId)) return;
    owners.set(ownerId, { type, ownerId, held, change: 0n, entries: 0 });
  }

  /** The accounts that journals have entries of. */
  changedAccounts(): Account[] {
    return [...this.#accounts.values()].flatMap((owners) => [...owners.values()].filter(({ entries }) => entries > 0));
  }

  /** Makes a stored lot known; the same lot twice is one lot. */
  addLot(lot: Lot): Lot {
    const key = lotKey(lot);
    const known = this.#lots.get(key);
    if (known !== undefined) return known;
    this.#lots.set(key, lot);
    this.#queueOf(lot.userId).add(lot);
    return lot;
  }

  addRestorable(journalKey: string, restorable: Restorable): void {
    const list = this.#restorables.get(journalKey);
    if (list === undefined) this.#restorables.set(journalKey, [restorable]);
    else list.push(restorable);
  }

  /**
   * What the request does, as the journal `journalId`; afterwards the book is as if it were posted.
   * @throws LedgerError INSUFFICIENT_POINTS when a user or an escrow would fall below 0, BALANCE_BEYOND_63_BITS when an
   *   account would hold what no database keeps; the book is then as before.
   */
  apply(request: JournalRequest, journalId: bigint, reversesId: bigint | undefined): Line[] {
    this.#undo = [];
    try {
      return request.entries.map((entry, i) => this.#applyEntry(request, entry, journalId, i + 1, reversesId));
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    }
  }

  #applyEntry(
    request: JournalRequest,
    entry: EntryRequest,
    journalId: bigint,
    lineNo: number,
    reversesId: bigint | undefined,
  ): Line {
    const { account: ref, amount } = entry;
    const account = this.#accounts.get(ref.type)?.get(ref.ownerId);
    if (account === undefined) throw new Error(`account ${accountKey(ref)} was not loaded`);
    if (amount < 0n && isGuarded(ref.type)) {
      if (account.held === undefined) throw new Error(`what ${accountKey(ref)} holds was not loaded`);
      const balance = account.held + account.change;
      if (balance + amount < 0n) throw insufficient(request, ref, -amount, balance);
    }
    if (account.held !== undefined) {
      const balance = account.held + account.change + amount;
      if (balance > balanceMax || balance < -balanceMax) throw beyond(request, ref, balance);
    }
    account.change += amount;
    account.entries++;
    this.#undo.push(() => {
      account.change -= amount;
      account.entries--;
    });
    if (ref.type !== 'user') return { lineNo, account: ref, amount, lot: undefined, uses: noUses };
    if (amount < 0n)
      return { lineNo, account: ref, amount, lot: undefined, uses: this.#take(request, entry, reversesId) };

    const uses = this.#giveBack(request, entry);
    const left = uses.reduce((sum, use) => sum + use.amount, amount);
    const lot = left > 0n ? this.#open(request, entry, { journalId, lineNo }, left) : undefined;
    return { lineNo, account: ref, amount, lot, uses };
  }

  #take(request: JournalRequest, { account, amount }: EntryRequest, reversesId: bigint | undefined): LotUse[] {
    const queue = this.#queueOf(account.ownerId);
    const plan = queue.plan(-amount, reversesId);
    if (plan === undefined) throw insufficient(request, account, -amount, undefined);
    for (const { lot, amount: taken } of plan) this.#change(lot, -taken);
    return plan.map(({ lot, amount: taken }) => ({ lot, restoresId: 0n, amount: taken }));
  }

  /** What was taken last comes back first. */
  #giveBack({ restoresLotsOf }: JournalRequest, { account, amount }: EntryRequest): readonly LotUse[] {
    if (restoresLotsOf === undefined) return noUses;
    const uses: LotUse[] = [];
    let left = amount;
    for (const key of restoresLotsOf) {
      for (const restorable of (this.#restorables.get(key) ?? []).toReversed()) {
        if (left === 0n) return uses;
        if (restorable.lot.userId !== account.ownerId || restorable.left === 0n) continue;
        const given = restorable.left < left ? restorable.left : left;
        restorable.left -= given;
        this.#undo.push(() => {
          restorable.left += given;
        });
        this.#change(restorable.lot, given);
        uses.push({ lot: restorable.lot, restoresId: restorable.journalId, amount: -given });
        left -= given;
      }
    }
    return uses;
  }

  #open(
    request: JournalRequest,
    { account, lot: terms }: EntryRequest,
    id: Pick<Lot, 'journalId' | 'lineNo'>,
    amount: bigint,
  ): Lot {
    const grantedAt = terms?.grantedAt ?? `${request.businessDate} 00:00:00.000`;
    const expiresAt = terms?.expiresAt ?? null;
    const lot: Lot = { ...id, userId: account.ownerId, amount, remaining: amount, grantedAt, expiresAt };
    this.#queueOf(lot.userId).add(lot);
    // A lot of a request that is taken back stays in the queue, and is empty.
    this.#undo.push(() => {
      lot.remaining = 0n;
    });
    return lot;
  }

  #change(lot: Lot, by: bigint): void {
    const key = lotKey(lot);
    lot.remaining += by;
    if (lot.remaining < 0n || lot.remaining > lot.amount) throw new Error(`lot ${key} would hold ${lot.remaining}`);
    // One that this batch opened is stored with what is left of it in the end.
    if (this.#lots.has(key)) this.changedLots.set(key, lot);
    this.#undo.push(() => {
      lot.remaining -= by;
    });
  }

  #queueOf(userId: bigint): LotQueue {
    const known = this.#queues.get(userId);
    if (known !== undefined) return known;
    const queue = new LotQueue();
    this.#queues.set(userId, queue);
    return queue;
  }
}

function insufficient(
  { key }: JournalRequest,
  account: AccountRef,
  asked: bigint,
  held: bigint | undefined,
): LedgerError {
  const problem =
    held === undefined
      ? `the lots of ${accountKey(account)} do not cover ${asked} points`
      : `${accountKey(account)} has ${held} points, ${asked} are asked for`;
  return new LedgerError(INSUFFICIENT_POINTS, key, problem);
}

function beyond({ key }: JournalRequest, account: AccountRef, balance: bigint): LedgerError {
  return new LedgerError(
    BALANCE_BEYOND_63_BITS,
    key,
    `${accountKey(account)} would hold ${balance} points: an account holds at most ${balanceMax}, either way`,
  );
}

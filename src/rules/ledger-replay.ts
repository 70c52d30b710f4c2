/**
 * The ledger as its journals make it, replayed one by one: each must follow from those before it. Holds the accounts and
 * the lots that are open, nothing of journals that are past. Pure; who hashes and who reads is given from outside.
 */
import { type CanonicalJournal, canonicalVersion, chainStart } from './ledger-canonical.ts';
import { type AccountType, accountKey, accountTypes, isGuarded } from './ledger-journal.ts';
import { type Lot, LotQueue, type LotUse, lotKey } from './ledger-lots.ts';

/** A lot as it is stored: `remaining` is what is left of it today, not when it was opened. */
export interface StoredLot extends Omit<Lot, 'remaining'> {
  readonly remaining: bigint;
}

export interface StoredEntry {
  readonly lineNo: number;
  readonly accountType: string;
  readonly ownerId: bigint;
  readonly amount: bigint;
  readonly lot: StoredLot | undefined;
  readonly uses: readonly LotUse[];
}

export interface StoredJournal extends Omit<CanonicalJournal, 'entries'> {
  readonly lineCount: number;
  readonly hashVersion: number;
  readonly hash: string;
  readonly entries: readonly StoredEntry[];
}

/** What does not fit, and where: `journal 7`, `entry 7.2`, `lot 7.2`, `account user:3`. */
export class Misfit extends Error {
  readonly place: string;

  constructor(place: string, problem: string) {
    super(problem);
    this.name = 'Misfit';
    this.place = place;
  }
}

const types: ReadonlySet<string> = new Set(accountTypes);

interface ReplayedLot {
  readonly lot: Lot;
  /** What the table says is left of it today. */
  readonly stored: bigint;
}

export class LedgerReplay {
  lastId = 0n;
  lastHash = chainStart;
  entries = 0n;
  readonly balances = new Map<string, bigint>();
  readonly #lots = new Map<string, ReplayedLot>();
  readonly #queues = new Map<bigint, LotQueue>();
  readonly #hash: (journal: CanonicalJournal) => string;

  constructor(hash: (journal: CanonicalJournal) => string) {
    this.#hash = hash;
  }

  /**
   * Takes the next journal.
   * @param findLot lots that were used up and forgotten, for journals that give points back to them
   * @throws Misfit
   */
  take(journal: StoredJournal, findLot: (key: string) => StoredLot | undefined): void {
    const place = `journal ${journal.id}`;
    const expected = this.lastId + 1n;
    if (journal.id !== expected)
      throw new Misfit(`journal ${expected}`, `it is missing; the next one is ${journal.id}`);
    if (journal.hashVersion !== canonicalVersion)
      throw new Misfit(place, `unknown hash version ${journal.hashVersion}`);
    if (journal.previousHash !== this.lastHash)
      throw new Misfit(place, 'its previous hash is not that of the journal before');
    if (journal.lineCount !== journal.entries.length) {
      throw new Misfit(place, `it has ${journal.entries.length} entries instead of ${journal.lineCount}`);
    }
    if (journal.reversesId !== null && (journal.reversesId < 1n || journal.reversesId >= journal.id)) {
      throw new Misfit(place, `it reverses journal ${journal.reversesId}, which does not come before it`);
    }
    let sum = 0n;
    for (const [i, entry] of journal.entries.entries()) {
      if (entry.lineNo !== i + 1) throw new Misfit(`entry ${journal.id}.${entry.lineNo}`, `expected line ${i + 1}`);
      this.#takeEntry(journal, entry, findLot);
      sum += entry.amount;
    }
    if (sum !== 0n) throw new Misfit(place, `its entries sum to ${sum} instead of 0`);
    if (this.#hash(journal) !== journal.hash) throw new Misfit(place, 'its content does not have its hash');
    this.lastId = journal.id;
    this.lastHash = journal.hash;
    this.entries += BigInt(journal.entries.length);
  }

  /** After the last journal: what is left of the lots must be what the table says. @throws Misfit */
  requireLots(): void {
    for (const [key, { lot, stored }] of this.#lots) {
      if (lot.remaining !== stored)
        throw new Misfit(`lot ${key}`, `${stored} points are left instead of ${lot.remaining}`);
    }
  }

  #takeEntry(journal: StoredJournal, entry: StoredEntry, findLot: (key: string) => StoredLot | undefined): void {
    const place = `entry ${journal.id}.${entry.lineNo}`;
    const { accountType, ownerId, amount, lot, uses } = entry;
    if (!types.has(accountType)) throw new Misfit(place, `there is no account type ${accountType}`);
    const type = accountType as AccountType;
    const account = accountKey({ type, ownerId });
    const balance = (this.balances.get(account) ?? 0n) + amount;
    if (balance < 0n && amount < 0n && isGuarded(type)) throw new Misfit(place, `${account} falls to ${balance}`);
    this.balances.set(account, balance);
    if (type !== 'user') {
      if (lot !== undefined || uses.length > 0) throw new Misfit(place, `${account} can have no lots`);
      return;
    }
    if (amount < 0n) {
      if (lot !== undefined) throw new Misfit(place, 'a debit opens no lot');
      this.#requireFirstIn(place, journal, entry);
    } else {
      let opened = amount;
      for (const use of uses) opened -= this.#giveBack(place, journal, entry, use, findLot);
      if (lot !== undefined) this.#open(lot, ownerId);
      if ((lot?.amount ?? 0n) !== opened)
        throw new Misfit(place, `it opens a lot of ${lot?.amount ?? 0n} instead of ${opened}`);
    }
  }

  /** The points came from the lots that were first in order. */
  #requireFirstIn(place: string, { reversesId }: StoredJournal, { ownerId, amount, uses }: StoredEntry): void {
    const queue = this.#queueOf(ownerId);
    const plan = queue.plan(-amount, reversesId ?? undefined);
    if (plan === undefined) throw new Misfit(place, `the lots of user:${ownerId} do not cover ${-amount}`);
    const taken = new Map(uses.map((use) => [lotKey(use.lot), use]));
    if (taken.size !== plan.length)
      throw new Misfit(place, `it takes from ${taken.size} lots instead of ${plan.length}`);
    for (const { lot, amount: points } of plan) {
      const use = taken.get(lotKey(lot));
      if (use?.amount !== points || use.restoresId !== 0n) {
        throw new Misfit(place, `it takes ${use?.amount ?? 0n} from lot ${lotKey(lot)} instead of ${points}`);
      }
      lot.remaining -= points;
      this.#forgetUsedUp(lot);
    }
  }

  /** Returns the points given back. */
  #giveBack(
    place: string,
    { id }: StoredJournal,
    { ownerId }: StoredEntry,
    { lot: named, restoresId, amount }: LotUse,
    findLot: (key: string) => StoredLot | undefined,
  ): bigint {
    const key = lotKey(named);
    let lot = this.#lots.get(key)?.lot;
    if (lot === undefined) {
      const stored = named.journalId < id ? findLot(key) : undefined;
      if (stored === undefined) throw new Misfit(place, `it gives back to lot ${key}, which does not exist`);
      lot = this.#remember({ ...stored, remaining: 0n }, stored.remaining);
    }
    if (amount >= 0n || restoresId < 1n || restoresId >= id)
      throw new Misfit(place, `it gives nothing back to lot ${key}`);
    if (lot.userId !== ownerId) throw new Misfit(place, `lot ${key} is not one of user:${ownerId}`);
    lot.remaining -= amount;
    if (lot.remaining > lot.amount) throw new Misfit(place, `lot ${key} is given back more than was taken`);
    return -amount;
  }

  #open(stored: StoredLot, ownerId: bigint): void {
    const place = `lot ${lotKey(stored)}`;
    if (stored.userId !== ownerId)
      throw new Misfit(place, `it belongs to user:${stored.userId} instead of user:${ownerId}`);
    if (stored.amount <= 0n) throw new Misfit(place, `it was opened with ${stored.amount}`);
    this.#remember({ ...stored, remaining: stored.amount }, stored.remaining);
  }

  #remember(lot: Lot, stored: bigint): Lot {
    this.#lots.set(lotKey(lot), { lot, stored });
    this.#queueOf(lot.userId).add(lot);
    return lot;
  }

  /** One of which something should be left is kept: either it is given back later, or it is found at the end. */
  #forgetUsedUp(lot: Lot): void {
    const key = lotKey(lot);
    if (lot.remaining > 0n || this.#lots.get(key)?.stored !== 0n) return;
    this.#lots.delete(key);
    this.#queueOf(lot.userId).remove(lot);
  }

  #queueOf(userId: bigint): LotQueue {
    const known = this.#queues.get(userId);
    if (known !== undefined) return known;
    const queue = new LotQueue();
    this.#queues.set(userId, queue);
    return queue;
  }
}

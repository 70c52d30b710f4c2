/** Reads the part of the ledger that some requests touch: their accounts, open lots and what can be given back. */
import type { Transaction } from '../database/database.ts';
import { type Row, toBigInt, toNumber } from '../database/values.ts';
import { inSmallGroups } from './in-groups.ts';
import { readBalances } from './read-balances.ts';
import { LedgerBook } from './rules/book.ts';
import { type AccountRef, accountKey, isGuarded, type JournalRequest } from './rules/journal.ts';
import { compareLots, type Lot, lotKey } from './rules/lots.ts';

/**
 * @param ids of the journals that `restoresLotsOf` names, by key
 * @param isBounded false: it must be known of every account what it holds, because one may go beyond 63 bits
 */
export async function loadBook(
  tx: Transaction,
  requests: readonly JournalRequest[],
  ids: ReadonlyMap<string, bigint>,
  isBounded: boolean,
): Promise<LedgerBook> {
  const book = new LedgerBook();
  /** Of them it must be known what they hold; all others are only added to, or may hold less than nothing. */
  const known = new Map<string, AccountRef>();
  const debtors = new Set<bigint>();
  const restored = new Set<string>();
  for (const { entries, restoresLotsOf = [] } of requests) {
    for (const { account, amount } of entries) {
      book.addAccount(account, undefined);
      const isTakenFrom = amount < 0n && isGuarded(account.type);
      if (isTakenFrom || !isBounded) known.set(accountKey(account), account);
      if (isTakenFrom && account.type === 'user') debtors.add(account.ownerId);
    }
    for (const key of restoresLotsOf) restored.add(key);
  }
  await loadHoldings(tx, book, [...known.values()]);
  await loadOpenLots(tx, book, [...debtors]);
  await loadRestorables(tx, book, [...restored], ids);
  return book;
}

async function loadHoldings(tx: Transaction, book: LedgerBook, accounts: readonly AccountRef[]): Promise<void> {
  const balances = await readBalances(tx, accounts);
  for (const account of accounts) book.addAccount(account, balances.get(accountKey(account)) ?? 0n);
}

async function loadOpenLots(tx: Transaction, book: LedgerBook, users: readonly bigint[]): Promise<void> {
  for (const group of inSmallGroups(users)) {
    const rows = await tx('settle_lot')
      .whereIn('user_id', group.map(String))
      .where('remaining', '>', 0)
      .select('journal_id', 'line_no', 'user_id', 'amount', 'remaining', 'granted_at', 'expires_at');
    for (const row of rows) book.addLot(readLot(row));
  }
}

/** What the journals took, less what other journals have given back since. */
async function loadRestorables(
  tx: Transaction,
  book: LedgerBook,
  keys: readonly string[],
  ids: ReadonlyMap<string, bigint>,
): Promise<void> {
  for (const group of inSmallGroups(keys)) {
    const keyOf = new Map(group.map((key) => [ids.get(key) as bigint, key]));
    const journalIds = [...keyOf.keys()].map(String);
    const given = new Map<string, bigint>();
    const returns: Row[] = await tx('settle_consumption')
      .whereIn('restores_id', journalIds)
      .groupBy('restores_id', 'lot_journal_id', 'lot_line_no')
      .select('restores_id', 'lot_journal_id', 'lot_line_no')
      .sum({ amount: 'amount' });
    for (const row of returns) {
      given.set(`${row.restores_id}/${row.lot_journal_id}.${row.lot_line_no}`, -toBigInt(row.amount));
    }
    const taken = await tx('settle_consumption as c')
      .join('settle_lot as l', { 'l.journal_id': 'c.lot_journal_id', 'l.line_no': 'c.lot_line_no' })
      .whereIn('c.journal_id', journalIds)
      .where('c.restores_id', 0)
      .select('c.journal_id as taken_by', 'c.line_no as taken_line', 'c.amount as taken')
      .select('l.journal_id', 'l.line_no', 'l.user_id', 'l.amount', 'l.remaining', 'l.granted_at', 'l.expires_at');
    const rows = taken.map((row) => ({ lot: readLot(row), line: toNumber(row.taken_line), row }));
    rows.sort((a, b) => a.line - b.line || compareLots(a.lot, b.lot));
    for (const { lot: stored, row } of rows) {
      const lot = book.addLot(stored);
      const journalId = toBigInt(row.taken_by);
      const name = `${journalId}/${lotKey(lot)}`;
      // One journal can take from a lot by several lines: what was given back counts against the first of them.
      const takenPoints = toBigInt(row.taken);
      const back = given.get(name) ?? 0n;
      const counted = back < takenPoints ? back : takenPoints;
      given.set(name, back - counted);
      book.addRestorable(keyOf.get(journalId) as string, { journalId, lot, left: takenPoints - counted });
    }
  }
}

/** A row of settle_lot. */
export function readLot(row: Record<string, unknown>): Lot {
  return {
    journalId: toBigInt(row.journal_id),
    lineNo: toNumber(row.line_no),
    userId: toBigInt(row.user_id),
    amount: toBigInt(row.amount),
    remaining: toBigInt(row.remaining),
    grantedAt: String(row.granted_at),
    expiresAt: row.expires_at === null ? null : String(row.expires_at),
  };
}

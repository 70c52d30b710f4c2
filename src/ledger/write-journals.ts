/** Writes journals that have been decided, with everything that hangs on them, in bulk statements. */
import { bulkInsertAll } from '../database/bulk-insert.ts';
import type { InsertTarget } from '../database/dialect.ts';
import type { SqlValue } from '../database/values.ts';
import type { Account, Line } from './rules/book.ts';
import { canonicalVersion } from './rules/canonical.ts';
import type { JournalRequest } from './rules/journal.ts';
import type { Lot } from './rules/lots.ts';
import type { PostingContext } from './types.ts';

export interface DecidedJournal {
  readonly id: bigint;
  readonly request: JournalRequest;
  readonly reversesId: bigint | undefined;
  readonly lines: readonly Line[];
  readonly contentDigest: string;
  readonly previousHash: string;
  readonly hash: string;
}

const journalColumns = [
  'id',
  'journal_key',
  'kind',
  'business_date',
  'reason',
  'reverses_id',
  'line_count',
  'content_digest',
  'hash_version',
  'previous_hash',
  'hash',
];
const entryColumns = ['journal_id', 'line_no', 'account_type', 'owner_id', 'amount'];
const lotKeys = ['journal_id', 'line_no'];
const lotColumns = [...lotKeys, 'user_id', 'amount', 'remaining', 'granted_at', 'expires_at'];
const consumptionColumns = ['journal_id', 'line_no', 'lot_journal_id', 'lot_line_no', 'restores_id', 'amount'];
const accountKeys = ['account_type', 'owner_id'];

export async function writeJournals(
  { database: { dialect }, tx }: PostingContext,
  journals: readonly DecidedJournal[],
  changed: { readonly accounts: Iterable<Account>; readonly lots: Iterable<Lot> },
): Promise<void> {
  const replacedLots: InsertTarget = {
    table: 'settle_lot',
    columns: lotColumns,
    mode: 'replace-values',
    keys: lotKeys,
  };
  const balances: InsertTarget = {
    table: 'settle_account',
    columns: [...accountKeys, 'balance'],
    mode: 'add-values',
    keys: accountKeys,
  };
  await bulkInsertAll(tx, dialect, [
    { target: { table: 'settle_journal', columns: journalColumns }, rows: mapEach(journals, journalRow) },
    { target: { table: 'settle_entry', columns: entryColumns }, rows: entryRows(journals) },
    { target: { table: 'settle_lot', columns: lotColumns }, rows: openedLotRows(journals) },
    { target: { table: 'settle_consumption', columns: consumptionColumns }, rows: consumptionRows(journals) },
    { target: replacedLots, rows: mapEach(changed.lots, lotRow) },
    { target: balances, rows: mapEach([...changed.accounts].sort(byAccount), accountRow) },
  ]);
}

// Rows are made one at a time as they are written: all of them together would be several times what they are made from.

function* mapEach<T>(all: Iterable<T>, toRow: (one: T) => SqlValue[]): Generator<SqlValue[]> {
  for (const one of all) yield toRow(one);
}

function* entryRows(journals: readonly DecidedJournal[]): Generator<SqlValue[]> {
  for (const { id, lines } of journals) {
    for (const { lineNo, account, amount } of lines) yield [id, lineNo, account.type, account.ownerId, amount];
  }
}

function* openedLotRows(journals: readonly DecidedJournal[]): Generator<SqlValue[]> {
  for (const { lines } of journals) {
    for (const { lot } of lines) if (lot !== undefined) yield lotRow(lot);
  }
}

function* consumptionRows(journals: readonly DecidedJournal[]): Generator<SqlValue[]> {
  for (const { id, lines } of journals) {
    for (const { lineNo, uses } of lines) {
      for (const { lot, restoresId, amount } of uses) {
        yield [id, lineNo, lot.journalId, lot.lineNo, restoresId, amount];
      }
    }
  }
}

function journalRow(journal: DecidedJournal): SqlValue[] {
  const { key, kind, businessDate, reason } = journal.request;
  const { id, reversesId = null, lines, contentDigest, previousHash, hash } = journal;
  return [
    id,
    key,
    kind,
    businessDate,
    reason,
    reversesId,
    lines.length,
    contentDigest,
    canonicalVersion,
    previousHash,
    hash,
  ];
}

function lotRow({ journalId, lineNo, userId, amount, remaining, grantedAt, expiresAt }: Lot): SqlValue[] {
  return [journalId, lineNo, userId, amount, remaining, grantedAt, expiresAt];
}

function accountRow({ type, ownerId, change }: Account): SqlValue[] {
  return [type, ownerId, change];
}

/** In the order of the primary key: neighbours are written together. */
function byAccount(a: Account, b: Account): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  return a.ownerId < b.ownerId ? -1 : a.ownerId > b.ownerId ? 1 : 0;
}

/** Writes journals that have been decided, with everything that hangs on them, in bulk statements. */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { SqlValue } from '../database/values.ts';
import type { Account, Line } from '../rules/ledger-book.ts';
import { canonicalVersion } from '../rules/ledger-canonical.ts';
import type { JournalRequest } from '../rules/ledger-journal.ts';
import type { Lot } from '../rules/ledger-lots.ts';
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
  const journalRows: SqlValue[][] = [];
  const entryRows: SqlValue[][] = [];
  const lotRows: SqlValue[][] = [];
  const consumptionRows: SqlValue[][] = [];
  for (const journal of journals) {
    journalRows.push(journalRow(journal));
    for (const { lineNo, account, amount, lot, uses } of journal.lines) {
      entryRows.push([journal.id, lineNo, account.type, account.ownerId, amount]);
      if (lot !== undefined) lotRows.push(lotRow(lot));
      for (const use of uses) {
        consumptionRows.push([journal.id, lineNo, use.lot.journalId, use.lot.lineNo, use.restoresId, use.amount]);
      }
    }
  }
  await bulkInsert(tx, dialect, { table: 'settle_journal', columns: journalColumns }, journalRows);
  await bulkInsert(tx, dialect, { table: 'settle_entry', columns: entryColumns }, entryRows);
  await bulkInsert(tx, dialect, { table: 'settle_lot', columns: lotColumns }, lotRows);
  await bulkInsert(tx, dialect, { table: 'settle_consumption', columns: consumptionColumns }, consumptionRows);
  await bulkInsert(
    tx,
    dialect,
    { table: 'settle_lot', columns: lotColumns, mode: 'replace-values', keys: lotKeys },
    [...changed.lots].map(lotRow),
  );
  await bulkInsert(
    tx,
    dialect,
    { table: 'settle_account', columns: [...accountKeys, 'balance'], mode: 'add-values', keys: accountKeys },
    [...changed.accounts].sort(byAccount).map(({ type, ownerId, change }) => [type, ownerId, change]),
  );
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

/** In the order of the primary key: neighbours are written together. */
function byAccount(a: Account, b: Account): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  return a.ownerId < b.ownerId ? -1 : a.ownerId > b.ownerId ? 1 : 0;
}

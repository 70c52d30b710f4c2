/** The end of the chain: whoever posts locks it first, so all postings of a ledger stand in one line. */
import type { Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { type Row, toBigInt } from '../database/values.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { PostingContext } from './types.ts';

const TABLE = 'settle_ledger_head';
const columns = ['last_journal_id', 'last_hash'];

export interface LedgerHead {
  readonly lastJournalId: bigint;
  readonly lastHash: string;
}

/**
 * Waits until no other transaction is posting; none can until this one ends. The ledger's only lock that is waited for:
 * rows of accounts and lots are only written under it, so no two postings can deadlock, whatever accounts they share.
 */
export async function lockHead({ tx }: Pick<PostingContext, 'tx'>): Promise<LedgerHead> {
  return headOf(await lockRow(tx, TABLE, { id: 1 }, { columns }));
}

/** Where the chain ends, without a lock: what is read has been committed, and stays on the chain. */
export async function readHead(executor: Executor): Promise<LedgerHead> {
  return headOf(
    await executor(TABLE)
      .where({ id: 1 })
      .first(...columns),
  );
}

function headOf(row: Row | undefined): LedgerHead {
  if (row !== undefined) return { lastJournalId: toBigInt(row.last_journal_id), lastHash: String(row.last_hash) };
  throw new SettleError(
    'LEDGER_HEAD_MISSING',
    ExitCode.invariantBroken,
    'the ledger has lost the row that ends its chain',
    { hint: 'restore settle_ledger_head from a backup; nothing is posted until then' },
  );
}

export async function moveHead(tx: Transaction, { lastJournalId, lastHash }: LedgerHead): Promise<void> {
  await tx(TABLE).where({ id: 1 }).update({ last_journal_id: lastJournalId.toString(), last_hash: lastHash });
}

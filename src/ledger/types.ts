/** What the ledger is given and what it answers; the requests themselves are in src/ledger/rules/journal.ts. */
import type { Database, Transaction } from '../database/database.ts';
import type { JournalRequest } from './rules/journal.ts';

export type { AccountRef, AccountType, EntryRequest, JournalRequest, LotTerms } from './rules/journal.ts';

/** The transaction that the journals become part of: it is the caller's, who commits it or rolls it back. */
export interface PostingContext {
  readonly database: Pick<Database, 'dialect'>;
  readonly tx: Transaction;
}

export interface PostedJournal {
  readonly key: string;
  /** Its place in the chain, from 1. */
  readonly id: bigint;
  /** False when a journal of this key and content was there before. */
  readonly isNew: boolean;
}

export interface RejectedJournal {
  readonly request: JournalRequest;
  /** One of `refusalCodes`. */
  readonly code: string;
  /** One line, for people. */
  readonly reason: string;
}

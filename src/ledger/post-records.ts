/** Posts records: journals without entries, which put rows of other tables on the chain (src/ledger/rules/record.ts). */

import { lockHead, moveHead } from './head.ts';
import { linkJournal } from './link-journal.ts';
import { recordKind } from './rules/record.ts';
import type { PostingContext } from './types.ts';
import { type DecidedJournal, writeJournals } from './write-journals.ts';

export interface RecordRequest {
  readonly key: string;
  /** YYYY-MM-DD */
  readonly businessDate: string;
  /** For people: what was recorded. */
  readonly reason: string;
  /** Of the rows, in hexadecimal. */
  readonly digest: string;
}

/** In the caller's transaction, whose last lock should be that of the ledger's head. Keys must be new. */
export async function postRecords(context: PostingContext, records: readonly RecordRequest[]): Promise<void> {
  if (records.length === 0) return;
  let { lastJournalId, lastHash } = await lockHead(context);
  const journals: DecidedJournal[] = [];
  for (const { key, businessDate, reason, digest } of records) {
    const request = { key, kind: recordKind, businessDate, reason, entries: [] };
    const id = lastJournalId + 1n;
    const journal = { id, request, reversesId: undefined, lines: [], contentDigest: digest, previousHash: lastHash };
    const linked = linkJournal(journal);
    journals.push(linked);
    lastJournalId = id;
    lastHash = linked.hash;
  }
  await writeJournals(context, journals, { accounts: [], lots: [] });
  await moveHead(context.tx, { lastJournalId, lastHash });
}

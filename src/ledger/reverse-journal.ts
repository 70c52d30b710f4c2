/** Corrects a journal by its opposite, which names it. A journal is reversed once; a reversal is never reversed. */
import { toBigInt, toOneOf } from '../database/values.ts';
import { lockHead } from './head.ts';
import { postJournals } from './post-journals.ts';
import {
  accountTypes,
  type JournalRequest,
  LEDGER_ALREADY_REVERSED,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_JOURNAL_UNSOUND,
  LedgerError,
} from './rules/journal.ts';
import type { PostedJournal, PostingContext } from './types.ts';

/**
 * Posts the journal `reversal/KEY`: every entry with its sign turned. Points that the original took from lots go back to
 * them; points that it brought are taken from the lots that it opened, then from others first in, first out.
 * The same reversal again returns the one that is there.
 * @throws LedgerError LEDGER_JOURNAL_UNSOUND (a reason of blanks, too), LEDGER_JOURNAL_UNKNOWN, LEDGER_ALREADY_REVERSED
 *   (also when it is itself a reversal), LEDGER_KEY_CONFLICT when another date or reason was given before,
 *   INSUFFICIENT_POINTS when what it brought has been spent
 */
export async function reverseJournal(
  context: PostingContext,
  request: { readonly key: string; readonly reason: string; readonly businessDate: string },
): Promise<PostedJournal> {
  const { tx } = context;
  const { key, reason, businessDate } = request;
  if (reason.trim() === '')
    throw new LedgerError(LEDGER_JOURNAL_UNSOUND, `reversal/${key}`, 'a reversal needs a reason');
  await lockHead(context);
  const original = await tx('settle_journal').where({ journal_key: key }).first('id', 'reverses_id');
  if (original === undefined) throw new LedgerError(LEDGER_JOURNAL_UNKNOWN, key, 'there is no such journal');
  if (original.reverses_id !== null) {
    throw new LedgerError(LEDGER_ALREADY_REVERSED, key, 'it is itself a reversal', 'post a new journal instead');
  }
  const rows = await tx('settle_entry').where({ journal_id: original.id }).orderBy('line_no');
  const entries = rows.map((row) => ({
    account: {
      type: toOneOf(row.account_type, accountTypes, 'settle_entry.account_type'),
      ownerId: toBigInt(row.owner_id),
    },
    amount: -toBigInt(row.amount),
  }));
  const reversal: JournalRequest = {
    key: `reversal/${key}`,
    kind: 'reversal',
    businessDate,
    reason,
    // Backwards: what the original needed first is free again last.
    entries: entries.toReversed(),
    restoresLotsOf: [key],
    reverses: key,
  };
  const [posted] = await postJournals(context, [reversal]);
  return posted;
}

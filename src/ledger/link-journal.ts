/** Makes a journal a link of the chain: its hash covers all that is stored of it, and the hash before it. */

import { journalHash } from './digest.ts';
import type { CanonicalEntry } from './rules/canonical.ts';
import type { DecidedJournal } from './write-journals.ts';

export function linkJournal(journal: Omit<DecidedJournal, 'hash'>): DecidedJournal {
  const { id, request, reversesId = null, lines, contentDigest, previousHash } = journal;
  const { key, kind, businessDate, reason } = request;
  const entries: CanonicalEntry[] = lines.map(({ account, amount, lot, uses }) => ({
    accountType: account.type,
    ownerId: account.ownerId,
    amount,
    lot,
    uses,
  }));
  const canonical = { id, previousHash, key, kind, businessDate, reason, reversesId, contentDigest, entries };
  return { ...journal, hash: journalHash(canonical) };
}

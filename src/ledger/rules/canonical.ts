/**
 * The bytes of journals that are hashed, as text (UTF-8). Every field is written with its length before it, so that no
 * two journals share a text. A released version is never changed: old journals are verified by the one they carry.
 */
import { accountKey, type JournalRequest } from './journal.ts';
import type { Lot, LotUse } from './lots.ts';

export const canonicalVersion = 1;
/** What stands before the first journal. */
export const chainStart = '0'.repeat(64);

export interface CanonicalEntry {
  readonly accountType: string;
  readonly ownerId: bigint;
  readonly amount: bigint;
  /** The lot that it opened. */
  readonly lot?: Pick<Lot, 'userId' | 'amount' | 'grantedAt' | 'expiresAt'>;
  readonly uses: readonly LotUse[];
}

export interface CanonicalJournal {
  readonly id: bigint;
  readonly previousHash: string;
  readonly key: string;
  readonly kind: string;
  readonly businessDate: string;
  readonly reason: string;
  readonly reversesId: bigint | null;
  readonly contentDigest: string;
  readonly entries: readonly CanonicalEntry[];
}

/** What the hash of a journal is taken of: all that is stored of it, and the hash before it. */
export function canonicalJournal(journal: CanonicalJournal): string {
  let text = fields(
    `settle-journal-${canonicalVersion}`,
    journal.id,
    journal.previousHash,
    journal.key,
    journal.kind,
    journal.businessDate,
    journal.reason,
    journal.reversesId,
    journal.contentDigest,
    journal.entries.length,
  );
  for (const { accountType, ownerId, amount, lot, uses } of journal.entries) {
    text += fields(accountType, ownerId, amount, lot === undefined ? 0 : 1, uses.length);
    if (lot !== undefined) text += fields(lot.userId, lot.amount, lot.grantedAt, lot.expiresAt);
    for (const { lot: used, restoresId, amount: points } of inKeyOrder(uses)) {
      text += fields(used.journalId, used.lineNo, restoresId, points);
    }
  }
  return text;
}

/** What tells whether two requests of one key are the same. */
export function canonicalRequest(request: JournalRequest): string {
  const { key, kind, businessDate, reason, entries, restoresLotsOf = [], reverses = null } = request;
  let text = fields('settle-request-1', key, kind, businessDate, reason, reverses, restoresLotsOf.length);
  text += fields(...restoresLotsOf, entries.length);
  for (const { account, amount, lot } of entries) {
    text += fields(accountKey(account), amount, lot?.expiresAt ?? null, lot?.grantedAt ?? null);
  }
  return text;
}

/** The order of their primary key: rows have no other. */
function inKeyOrder(uses: readonly LotUse[]): readonly LotUse[] {
  if (uses.length < 2) return uses;
  return uses.toSorted(
    (a, b) =>
      compare(a.lot.journalId, b.lot.journalId) || a.lot.lineNo - b.lot.lineNo || compare(a.restoresId, b.restoresId),
  );
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fields(...values: readonly (string | number | bigint | null)[]): string {
  let text = '';
  for (const value of values) {
    if (value === null) text += '-;';
    else {
      const written = String(value);
      text += `${written.length}:${written};`;
    }
  }
  return text;
}

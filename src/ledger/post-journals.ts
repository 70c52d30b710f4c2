/**
 * Posts journals, in bulk: locks the head of the chain, reads what they touch, decides in memory, hashes, writes.
 * All in a transaction of the caller's, who should call this after its own statements: until it commits, no other
 * transaction can post.
 */
import type { Transaction } from '../database/database.ts';
import { giveTurn, turnIsDue } from '../database/turn.ts';
import { toBigInt } from '../database/values.ts';
import { contentDigest } from './digest.ts';
import { type LedgerHead, lockHead, moveHead } from './head.ts';
import { inGroups } from './in-groups.ts';
import { linkJournal } from './link-journal.ts';
import { loadBook } from './load-book.ts';
import { movesInterest, pointsOf, pointsOutstanding } from './points-outstanding.ts';
import type { Line } from './rules/book.ts';
import {
  accountKey,
  balanceMax,
  type JournalRequest,
  LEDGER_ALREADY_REVERSED,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_KEY_CONFLICT,
  LedgerError,
  refusalCodes,
  requireSound,
} from './rules/journal.ts';
import type { PostedJournal, PostingContext, RejectedJournal } from './types.ts';
import { type DecidedJournal, writeJournals } from './write-journals.ts';

export interface PostingResult {
  /** In the order of the requests, without the rejected ones. */
  readonly posted: readonly PostedJournal[];
  readonly rejected: readonly RejectedJournal[];
  /** What users and escrows that were taken from (at least) hold afterwards, by `accountKey`. */
  readonly holdings: ReadonlyMap<string, bigint>;
}

/**
 * Posts all requests, in their order, or none. A request whose key and content are in the ledger is answered with the
 * journal that is there.
 * @throws LedgerError (exit code 1, with `journalKey`), after which the caller rolls back:
 *   LEDGER_JOURNAL_UNSOUND, LEDGER_KEY_CONFLICT, LEDGER_JOURNAL_UNKNOWN (a key in `restoresLotsOf` or `reverses`),
 *   LEDGER_ALREADY_REVERSED, INSUFFICIENT_POINTS (a user or an escrow would fall below 0), BALANCE_BEYOND_63_BITS (an
 *   account would hold more than a signed 64-bit integer)
 */
export async function postJournals(
  context: PostingContext,
  requests: readonly JournalRequest[],
): Promise<readonly PostedJournal[]> {
  return (await postEveryJournal(context, requests)).posted;
}

/** As `postJournals`, and tells what is left where points were taken. `rejected` is empty. */
export async function postEveryJournal(
  context: PostingContext,
  requests: readonly JournalRequest[],
): Promise<PostingResult> {
  return await post(context, requests, (error) => {
    throw error;
  });
}

/** As `postJournals`, but passes over requests of `refusalCodes` (not covered, beyond 63 bits) and returns them. */
export async function postCoveredJournals(
  context: PostingContext,
  requests: readonly JournalRequest[],
): Promise<PostingResult> {
  return await post(context, requests, () => {});
}

/** What all batches of a posting share, and what they have come to. */
interface Posting extends PostingResult {
  readonly digests: ReadonlyMap<JournalRequest, string>;
  /** No account can come to hold more than 63 bits. */
  readonly isBounded: boolean;
  readonly onRejected: (error: LedgerError) => void;
  readonly posted: PostedJournal[];
  readonly rejected: RejectedJournal[];
  readonly holdings: Map<string, bigint>;
}

async function post(
  context: PostingContext,
  requests: readonly JournalRequest[],
  onRejected: Posting['onRejected'],
): Promise<PostingResult> {
  const digests = await checkAndDigest(requests);
  const result = { posted: [], rejected: [], holdings: new Map<string, bigint>() };
  if (requests.length === 0) return result;
  let head = await lockHead(context);
  const isBounded =
    !movesInterest(requests) && (await pointsOutstanding(context.tx)) + pointsOf(requests) <= balanceMax;
  const posting: Posting = { ...result, digests, isBounded, onRejected };
  for (const batch of untilReference(requests)) head = await postBatch(context, head, batch, posting);
  return result;
}

/** Before the chain is locked, unless the caller has done so: what others wait for is to be short. */
async function checkAndDigest(requests: readonly JournalRequest[]): Promise<ReadonlyMap<JournalRequest, string>> {
  const digests = new Map<JournalRequest, string>();
  for (const request of requests) {
    if (turnIsDue()) await giveTurn();
    requireSound(request);
    digests.set(request, contentDigest(request));
  }
  return digests;
}

/** Cuts the requests before each that refers to one before it, or repeats its key: it must find that one stored. */
function* untilReference(requests: readonly JournalRequest[]): Generator<readonly JournalRequest[]> {
  let batch: JournalRequest[] = [];
  let keys = new Set<string>();
  for (const request of requests) {
    const { key, restoresLotsOf = [], reverses } = request;
    if (
      keys.has(key) ||
      restoresLotsOf.some((one) => keys.has(one)) ||
      (reverses !== undefined && keys.has(reverses))
    ) {
      yield batch;
      batch = [];
      keys = new Set();
    }
    batch.push(request);
    keys.add(key);
  }
  if (batch.length > 0) yield batch;
}

async function postBatch(
  context: PostingContext,
  head: LedgerHead,
  requests: readonly JournalRequest[],
  { digests, isBounded, onRejected, posted, rejected, holdings }: Posting,
): Promise<LedgerHead> {
  const known = await findJournals(context.tx, requests);
  const fresh = requests.filter(({ key }) => !known.has(key));
  const ids = new Map([...known].map(([key, { id }]) => [key, id]));
  const reversed = await findReversed(context.tx, fresh, ids);
  const book = await loadBook(context.tx, fresh, ids, isBounded);
  const decided: DecidedJournal[] = [];
  let { lastJournalId, lastHash } = head;
  for (const request of requests) {
    if (turnIsDue()) await giveTurn();
    const { key, reverses } = request;
    const digest = digests.get(request) as string;
    const existing = known.get(key);
    if (existing !== undefined) {
      if (existing.contentDigest !== digest) throw keyConflict(key);
      posted.push({ key, id: existing.id, isNew: false });
      continue;
    }
    const reversesId = reverses === undefined ? undefined : (ids.get(reverses) as bigint);
    if (reversesId !== undefined) {
      if (reversed.has(reversesId))
        throw new LedgerError(LEDGER_ALREADY_REVERSED, key, `${reverses} was reversed before`);
      reversed.add(reversesId);
    }
    const id = lastJournalId + 1n;
    let lines: Line[];
    try {
      lines = book.apply(request, id, reversesId);
    } catch (error) {
      if (!(error instanceof LedgerError) || !refusalCodes.has(error.code)) throw error;
      onRejected(error);
      rejected.push({ request, code: error.code, reason: error.message });
      if (reversesId !== undefined) reversed.delete(reversesId);
      continue;
    }
    const journal = linkJournal({ id, request, reversesId, lines, contentDigest: digest, previousHash: lastHash });
    decided.push(journal);
    posted.push({ key, id, isNew: true });
    lastJournalId = id;
    lastHash = journal.hash;
  }
  if (decided.length === 0) return head;
  const accounts = book.changedAccounts();
  for (const account of accounts) {
    if (account.held !== undefined) holdings.set(accountKey(account), account.held + account.change);
  }
  await writeJournals(context, decided, {
    accounts,
    lots: book.changedLots.values(),
  });
  await moveHead(context.tx, { lastJournalId, lastHash });
  return { lastJournalId, lastHash };
}

interface KnownJournal {
  readonly id: bigint;
  readonly contentDigest: string;
}

/** Those of the requests' keys, and of the keys that they name, that are in the ledger. */
async function findJournals(tx: Transaction, requests: readonly JournalRequest[]): Promise<Map<string, KnownJournal>> {
  const keys = new Set<string>();
  for (const { key, restoresLotsOf = [], reverses } of requests) {
    keys.add(key);
    for (const named of restoresLotsOf) keys.add(named);
    if (reverses !== undefined) keys.add(reverses);
  }
  const known = new Map<string, KnownJournal>();
  for (const group of inGroups([...keys])) {
    const rows = await tx('settle_journal').whereIn('journal_key', group).select('id', 'journal_key', 'content_digest');
    for (const row of rows) {
      known.set(row.journal_key, { id: toBigInt(row.id), contentDigest: String(row.content_digest) });
    }
  }
  for (const { key, restoresLotsOf = [], reverses } of requests) {
    const missing = [...restoresLotsOf, ...(reverses === undefined ? [] : [reverses])].find(
      (named) => !known.has(named),
    );
    if (missing !== undefined)
      throw new LedgerError(LEDGER_JOURNAL_UNKNOWN, key, `it names ${missing}, which does not exist`);
  }
  return known;
}

/** Of the journals that the requests reverse, those that have been reversed before. */
async function findReversed(
  tx: Transaction,
  requests: readonly JournalRequest[],
  ids: ReadonlyMap<string, bigint>,
): Promise<Set<bigint>> {
  const wanted = requests.flatMap(({ reverses }) => (reverses === undefined ? [] : [String(ids.get(reverses))]));
  const found = new Set<bigint>();
  for (const group of inGroups(wanted)) {
    const rows = await tx('settle_journal').whereIn('reverses_id', group).pluck('reverses_id');
    for (const id of rows) found.add(toBigInt(id));
  }
  return found;
}

function keyConflict(key: string): LedgerError {
  return new LedgerError(
    LEDGER_KEY_CONFLICT,
    key,
    'a journal of this key is in the ledger, and its content is another',
    'a key names one event for ever: give the other event a key of its own',
  );
}

/**
 * `settle ledger verify`: replays the ledger of one moment from its first journal to its last, and compares what comes
 * out with accounts, lots and the head of the chain. A large one is read and hashed by threads, and replayed here.
 */
import { availableParallelism } from 'node:os';
import type { Database, Transaction } from '../database/database.ts';
import { withRowReader } from '../database/read-rows.ts';
import { readSnapshot } from '../database/snapshot.ts';
import type { ReadPage } from './page-reader.ts';
import { readPages } from './page-source.ts';
import { openPageThreads, type PageThreads } from './page-threads.ts';
import { headPlace, type LedgerState, readLedgerState } from './read-head.ts';
import { requireAccounts } from './require-accounts.ts';
import { ContradictedEnd, type Contradiction, type ExpectedEnd, requireOnChain } from './require-on-chain.ts';
import { requireRecords } from './require-records.ts';
import { chainStart } from './rules/canonical.ts';
import { LedgerReplay } from './rules/replay.ts';
import { Violation } from './rules/violation.ts';

export interface LedgerVerification {
  readonly sound: boolean;
  /** Journals and entries that fit. */
  readonly journals: bigint;
  readonly entries: bigint;
  /** Where the chain ends, of a sound ledger. `count`: journals up to there. */
  readonly head: { readonly id: bigint; readonly hash: string; readonly count: bigint } | undefined;
  /** The first thing that does not fit. */
  readonly violation: { readonly place: string; readonly problem: string } | undefined;
  /** Set when the ledger fits itself, and is not the one that an expected end is of. */
  readonly contradictsEnds?: Contradiction;
}

export interface VerifyOptions {
  /** Told after each page how many journals there were, and how many there are. */
  readonly onPage?: (done: bigint, total: bigint) => void;
  /**
   * Threads that read and hash beside the replay: how many, or open ones, which stay open. Default: two, and none for a
   * ledger of fewer than `journalsWorthThreads`.
   */
  readonly threads?: number | PageThreads;
  /** Ends that the chain is known to have had: each must still be on it. */
  readonly expected?: readonly ExpectedEnd[];
}

const threadsMax = 2;
/** Below, threads take longer to start than to read. */
const journalsWorthThreads = 50_000n;
/** Threads must see the ledger of the same moment. Where others post without a pause it is read here after so many tries. */
const agreementTries = 20;

/** Holds no lock that a posting needs. Throws what a database throws; that the ledger does not fit is no error. */
export async function verifyLedger(database: Database, options: VerifyOptions = {}): Promise<LedgerVerification> {
  const replay = new LedgerReplay();
  let head: LedgerVerification['head'];
  const { threads: asked } = options;
  let opened: PageThreads | undefined;
  const threadsFor = (lastId: bigint): PageThreads | undefined => {
    if (typeof asked === 'object') return asked;
    const count = asked ?? (lastId < journalsWorthThreads ? 0 : Math.min(threadsMax, availableParallelism()));
    if (count > 0) opened ??= openPageThreads(database, count);
    return opened;
  };
  const verify = async (tx: Transaction, isLastTry: boolean): Promise<boolean> => {
    const state = await readLedgerState(tx);
    const threads = isLastTry ? undefined : threadsFor(state.lastId);
    if (threads === undefined) {
      await withRowReader(database, tx, (reader) => replayAll(replay, state, readPages(reader, state.lastId), options));
    } else {
      if (!(await threads.see(state))) return false;
      await replayAll(replay, state, threads.pages(state.lastId), options);
    }
    await requireNoStrays(tx, state.lastId);
    replay.requireLots();
    await withRowReader(database, tx, (reader) => requireAccounts(reader, replay));
    await requireRecords(tx);
    await requireOnChain(tx, options.expected ?? []);
    head = { id: state.headId, hash: state.headHash, count: BigInt(replay.lastId) };
    return true;
  };
  try {
    for (let tries = 1; !(await readSnapshot(database, (tx) => verify(tx, tries === agreementTries))); ) tries++;
    return {
      sound: true,
      journals: BigInt(replay.lastId),
      entries: BigInt(replay.entries),
      head,
      violation: undefined,
    };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const violation = { place: error.place, problem: error.message };
    const counts = { journals: BigInt(replay.lastId), entries: BigInt(replay.entries) };
    const contradictsEnds = error instanceof ContradictedEnd ? error.by : undefined;
    return { sound: false, ...counts, head: undefined, violation, ...(contradictsEnds && { contradictsEnds }) };
  } finally {
    await opened?.close();
  }
}

async function replayAll(
  replay: LedgerReplay,
  { headId, headHash, lastId }: LedgerState,
  pages: AsyncIterable<ReadPage>,
  { onPage }: VerifyOptions,
): Promise<void> {
  let lastHash = chainStart;
  for await (const { page, end, follows, lastHash: pageHash } of pages) {
    // A journal that is missing is named as such before its successor is said to follow another.
    if (follows !== undefined && follows !== lastHash && Number(page.journals.id[0]) === replay.lastId + 1) {
      throw new Violation(`journal ${page.journals.id[0]}`, 'its previous hash is not that of the journal before');
    }
    replay.take(page);
    if (replay.lastId !== Number(end - 1n)) throw new Violation(`journal ${replay.lastId + 1}`, 'it is missing');
    lastHash = pageHash ?? lastHash;
    onPage?.(BigInt(replay.lastId), lastId);
  }
  if (headId !== BigInt(replay.lastId) || headHash !== lastHash) {
    throw new Violation(headPlace, `it names journal ${headId}, the chain ends with ${replay.lastId} or another hash`);
  }
}

/** Rows before the first journal or after the last were in no page. */
async function requireNoStrays(tx: Transaction, lastId: bigint): Promise<void> {
  const journal = await tx('settle_journal').where('id', '<', 1).first('id');
  if (journal !== undefined) throw new Violation(`journal ${journal.id}`, 'journals are numbered from 1');
  for (const table of ['settle_entry', 'settle_lot', 'settle_consumption']) {
    const row = await tx(table).where('journal_id', '<', 1).orWhere('journal_id', '>', lastId.toString()).first();
    if (row !== undefined) {
      throw new Violation(`${table} ${row.journal_id}.${row.line_no}`, `there is no journal ${row.journal_id}`);
    }
  }
}

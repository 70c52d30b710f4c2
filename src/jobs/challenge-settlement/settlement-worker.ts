/**
 * One range of challenges, in a worker thread: read those due with their members, decide, and in one transaction write
 * status, journals, payout records and notifications. A challenge that contradicts itself or the ledger is skipped and
 * left as it was.
 */
import type { Transaction } from '../../database/database.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { ChunkHandlers, ItemFaults, PartitionContext, Processed } from '../../engine/step.ts';
import { ExitCode, isSettleError, SettleError } from '../../errors.ts';
import { OPTIMISTIC_LOCK } from '../../repository/row.ts';
import { businessDay } from '../../rules/business-time.ts';
import { CHALLENGE_UNSOUND, decideChallenge, payoutTerms, unsound } from '../../rules/challenge-decision.ts';
import { judgeMember, PotTally } from '../../rules/challenge-payout.ts';
import {
  INSUFFICIENT_POINTS,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_JOURNAL_UNSOUND,
  LEDGER_KEY_CONFLICT,
} from '../../rules/ledger-journal.ts';
import { readBalances } from './balances.ts';
import { type DueChallenge, lockChallenges, updateStatus } from './challenge-store.ts';
import { type DueChunk, DueChunks } from './due-chunks.ts';
import { type Member, pageMembersOf } from './member-store.ts';
import { insertChallengeRecords } from './payout-store.ts';
import { type DecidedChallenge, SettlementWriter } from './settle-challenges.ts';

const LAST_KEY = 'lastKey';
/** Challenges that may be set aside in one range: they cost nothing, and none of them keeps others from settling. */
const skipLimit = Number.MAX_SAFE_INTEGER;

/** What is wrong with one challenge, not with the run. */
const skippable = [
  CHALLENGE_UNSOUND,
  INSUFFICIENT_POINTS,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_JOURNAL_UNSOUND,
  LEDGER_KEY_CONFLICT,
  'data',
];

export default async function openSettlementPartition(context: PartitionContext): Promise<ChunkHandlers> {
  return new SettlementPartition(context) as ChunkHandlers;
}

class SettlementPartition implements ChunkHandlers<DueChunk, readonly DecidedChallenge[]> {
  readonly faults: ItemFaults<DueChunk> = {
    skip: { limit: skipLimit, on: skippable },
    describe: ({ challenges: [challenge] }) => describe(challenge),
  };
  readonly #context: PartitionContext;
  readonly #date: string;
  readonly #zone: string;
  readonly #chunks: DueChunks;
  #lastId: bigint;
  /** Of the chunk that was read last. */
  #limit = 0;
  /** First instants of start dates, which most challenges have in common. */
  readonly #starts = new Map<string, number>();

  constructor(context: PartitionContext) {
    this.#context = context;
    this.#date = context.parameters.require('date');
    this.#zone = context.parameters.require('zone');
    this.#lastId = context.executionContext.getLong(LAST_KEY) ?? context.minId - 1n;
    const range = { date: this.#date, fromId: this.#lastId + 1n, toId: context.maxId };
    this.#chunks = new DueChunks(context.database, range);
  }

  async read(limit: number): Promise<DueChunk | undefined> {
    const chunk = await this.#chunks.next(limit);
    const last = chunk?.challenges.at(-1);
    if (last !== undefined) this.#lastId = last.id;
    this.#limit = limit;
    return chunk;
  }

  async process({ challenges, members: held }: DueChunk): Promise<Processed<readonly DecidedChallenge[]>> {
    const { knex } = this.#context.database;
    const output: DecidedChallenge[] = [];
    const skipped: SkippedRecord[] = [];
    for (const challenge of challenges) {
      const members: DecidedChallenge['members'] =
        held === undefined ? (tx) => pageMembersOf(tx, challenge) : () => [held.get(challenge.id)!];
      try {
        const pages = held === undefined ? pageMembersOf(knex, challenge) : [held.get(challenge.id)!];
        output.push(await this.#decide(challenge, pages, members));
      } catch (error) {
        if (!isSettleError(error) || error.code !== CHALLENGE_UNSOUND) throw error;
        skipped.push({ phase: 'process', ...describe(challenge), error: error.message });
      }
    }
    return {
      output,
      writeCount: output.length,
      filterCount: 0,
      processSkipCount: skipped.length,
      skipped,
    };
  }

  async write(output: readonly DecidedChallenge[], tx: Transaction): Promise<void> {
    if (output.length === 0) return;
    this.#chunks.readAhead(this.#limit);
    const { database, jobExecutionId } = this.#context;
    const run = { date: this.#date, zone: this.#zone, jobExecutionId };
    await this.#lock(output, tx);
    const ended = output.filter(({ decision }) => decision.to !== 'ONGOING');
    await insertChallengeRecords(database, tx, run, ended);
    for (const status of ['ONGOING', 'CANCELLED', 'FINISHED'] as const) {
      const ids = output.filter(({ decision }) => decision.to === status).map(({ challengeId }) => challengeId);
      await updateStatus(tx, status, ids);
    }
    const writer = new SettlementWriter(database, tx, run);
    for (const challenge of output) await writer.add(challenge);
    await writer.flush();
    await requireEscrows(output, writer.escrows, tx);
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
  }

  async close(): Promise<void> {
    await this.#chunks.close();
  }

  /** @throws SettleError CHALLENGE_UNSOUND */
  async #decide(
    challenge: DueChallenge,
    pages: AsyncIterable<readonly Member[]> | Iterable<readonly Member[]>,
    members: DecidedChallenge['members'],
  ): Promise<DecidedChallenge> {
    const terms = payoutTerms(challenge, this.#startOf(challenge.startDate));
    const tally = new PotTally();
    let unpaid = 0n;
    for await (const page of pages) {
      for (const member of page) {
        if (member.stake <= 0n) throw unsound(challenge.id, `the stake of member ${member.id} is ${member.stake}`);
        const { verdict } = judgeMember(terms, member);
        if (member.isPaid && verdict !== 'withdrawn') {
          throw unsound(challenge.id, `member ${member.id} had withdrawn and was refunded, and is back`);
        }
        tally.take(verdict, member.stake);
        if (!member.isPaid) unpaid += member.stake;
      }
    }
    const { escrow } = challenge;
    if (unpaid !== escrow) throw unsound(challenge.id, `its stakes sum to ${unpaid}, and its escrow holds ${escrow}`);
    const decision = decideChallenge(challenge, terms, tally, this.#date);
    return { challengeId: challenge.id, from: challenge.status, terms, tally, decision, members };
  }

  #startOf(date: string): number {
    let startMs = this.#starts.get(date);
    if (startMs === undefined) {
      startMs = businessDay(date, this.#zone).startMs;
      this.#starts.set(date, startMs);
    }
    return startMs;
  }

  async #lock(output: readonly DecidedChallenge[], tx: Transaction): Promise<void> {
    const ids = output.map(({ challengeId }) => challengeId);
    const statuses = await lockChallenges(tx, this.#context.database.dialect, ids);
    const changed = output.find(({ challengeId, from }) => statuses.get(challengeId) !== from);
    if (changed !== undefined) throw overtaken(changed.challengeId);
  }
}

/**
 * Nothing may be left behind, nor may anything have come in since the challenge was read.
 * @param known what is left in the escrows that something was taken from
 */
async function requireEscrows(
  output: readonly DecidedChallenge[],
  known: ReadonlyMap<bigint, bigint>,
  tx: Transaction,
): Promise<void> {
  const untouched = output.map(({ challengeId }) => challengeId).filter((id) => !known.has(id));
  const others = await readBalances(tx, 'escrow', untouched);
  for (const { challengeId, decision, tally } of output) {
    const expected = decision.to === 'ONGOING' ? tally.pot : 0n;
    if ((known.get(challengeId) ?? others.get(challengeId)) !== expected) throw overtaken(challengeId);
  }
}

/** A conflict, which the chunk loop answers by reading again. */
function overtaken(challengeId: bigint): SettleError {
  return new SettleError(
    OPTIMISTIC_LOCK,
    ExitCode.failed,
    `challenge ${challengeId} was changed while it was being settled`,
    { hint: 'start the run again: it continues from its last checkpoint' },
  );
}

function describe({ members: _members, escrow: _escrow, ...challenge }: DueChallenge): {
  readonly key: string;
  readonly payload: string;
} {
  const payload = JSON.stringify({ ...challenge, id: challenge.id.toString() });
  return { key: challenge.id.toString(), payload };
}

/**
 * One range of challenges, in a worker thread: read those due with their members, decide, and in one transaction write
 * status, journals, payout records and notifications. A challenge that contradicts itself or the ledger is skipped and
 * left as it was.
 */
import type { Transaction } from '../../database/database.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { Chunk, ChunkHandlers, ItemFaults, PartitionContext, Processed } from '../../engine/step.ts';
import { ExitCode, isSettleError, SettleError } from '../../errors.ts';
import { OPTIMISTIC_LOCK } from '../../repository/row.ts';
import { businessDay } from '../../rules/business-time.ts';
import {
  CHALLENGE_UNSOUND,
  type Challenge,
  decideChallenge,
  payoutTerms,
  unsound,
} from '../../rules/challenge-decision.ts';
import { judgeMember, PotTally } from '../../rules/challenge-payout.ts';
import {
  INSUFFICIENT_POINTS,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_JOURNAL_UNSOUND,
  LEDGER_KEY_CONFLICT,
} from '../../rules/ledger-journal.ts';
import { readBalances } from './balances.ts';
import { countMembers, lockChallenges, selectDue, updateStatus } from './challenge-store.ts';
import { type Member, pageMembersOf, readMembers } from './member-store.ts';
import { insertChallengeRecords } from './payout-store.ts';
import { type DecidedChallenge, SettlementWriter, sliceMembers } from './settle-challenges.ts';

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

interface DueChunk extends Chunk {
  readonly challenges: readonly Challenge[];
  /** Too many members to hold: then there is one challenge, and they are read in pages, twice. */
  readonly isLarge: boolean;
}

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
  #lastId: bigint;
  /** First instants of start dates, which most challenges have in common. */
  readonly #starts = new Map<string, number>();

  constructor(context: PartitionContext) {
    this.#context = context;
    this.#date = context.parameters.require('date');
    this.#zone = context.parameters.require('zone');
    this.#lastId = context.executionContext.getLong(LAST_KEY) ?? context.minId - 1n;
  }

  async read(limit: number): Promise<DueChunk | undefined> {
    const { database, maxId } = this.#context;
    const due = await selectDue(database.knex, this.#date, this.#lastId + 1n, maxId, limit);
    if (due.length === 0) return undefined;
    const counts = await countMembers(
      database.knex,
      due.map(({ id }) => id),
    );
    const challenges: Challenge[] = [];
    let members = 0;
    for (const challenge of due) {
      members += counts.get(challenge.id) ?? 0;
      if (members > sliceMembers && challenges.length > 0) break;
      challenges.push(challenge);
      if (members > sliceMembers) break;
    }
    const isLarge = challenges.length === 1 && members > sliceMembers;
    this.#lastId = challenges[challenges.length - 1].id;
    return { size: challenges.length, challenges, isLarge };
  }

  async process({ challenges, isLarge }: DueChunk): Promise<Processed<readonly DecidedChallenge[]>> {
    const { knex } = this.#context.database;
    const ids = challenges.map(({ id }) => id);
    const escrows = await readBalances(knex, 'escrow', ids);
    const held = isLarge ? undefined : await readMembers(knex, challenges);
    const output: DecidedChallenge[] = [];
    const skipped: SkippedRecord[] = [];
    for (const challenge of challenges) {
      const members: DecidedChallenge['members'] =
        held === undefined ? (tx) => pageMembersOf(tx, challenge) : () => [held.get(challenge.id)!];
      try {
        const escrow = escrows.get(challenge.id)!;
        const pages = held === undefined ? pageMembersOf(knex, challenge) : [held.get(challenge.id)!];
        output.push(await this.#decide(challenge, escrow, pages, members));
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
    await requireEscrows(output, tx);
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
  }

  async close(): Promise<void> {}

  /** @throws SettleError CHALLENGE_UNSOUND */
  async #decide(
    challenge: Challenge,
    escrow: bigint,
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

/** Nothing may be left behind, nor may anything have come in since the challenge was read. */
async function requireEscrows(output: readonly DecidedChallenge[], tx: Transaction): Promise<void> {
  const ids = output.map(({ challengeId }) => challengeId);
  const escrows = await readBalances(tx, 'escrow', ids);
  for (const { challengeId, decision, tally } of output) {
    const expected = decision.to === 'ONGOING' ? tally.pot : 0n;
    if (escrows.get(challengeId) !== expected) throw overtaken(challengeId);
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

function describe(challenge: Challenge): { readonly key: string; readonly payload: string } {
  const payload = JSON.stringify({ ...challenge, id: challenge.id.toString() });
  return { key: challenge.id.toString(), payload };
}

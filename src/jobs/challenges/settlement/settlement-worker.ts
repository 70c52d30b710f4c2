/**
 * One range of challenges, in a worker thread: read those due with their members, decide, and in one transaction make sure
 * that what was read still holds, and write status, journals, payout records and notifications. A challenge that
 * contradicts itself or the ledger is skipped and left as it was.
 */
import type { Executor, Transaction } from '../../../database/database.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import { isOfKind, type SkippedRecord } from '../../../engine/skip-policy.ts';
import type { ChunkHandlers, ItemFaults, PartitionContext, Processed } from '../../../engine/step.ts';
import {
  INSUFFICIENT_POINTS,
  LEDGER_JOURNAL_UNKNOWN,
  LEDGER_JOURNAL_UNSOUND,
  LEDGER_KEY_CONFLICT,
} from '../../../ledger/rules/journal.ts';
import { businessDay } from '../../../rules/business-time.ts';
import { CHALLENGE_UNSOUND, decideChallenge, isUnsound, payoutTerms, unsound } from '../rules/decision.ts';
import { judgeMember, PotTally } from '../rules/payout.ts';
import { readBalancesByOwner } from './balances.ts';
import { type DueChallenge, updateStatus } from './challenge-store.ts';
import { type DueChunk, DueChunks, type HeldMembers, type MemberLimits } from './due-chunks.ts';
import { type Member, pageMembersOf } from './member-store.ts';
import { insertChallengeRecords } from './payout-store.ts';
import { type DecidedChallenge, SettlementWriter, sliceMembers } from './settle-challenges.ts';
import { lockUnchanged, noteDigests, overtaken, requireDigests, requireSameEscrows } from './under-lock.ts';

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

/** What was read, and what is to become of it. */
interface DecidedChunk {
  readonly chunk: DueChunk;
  readonly decided: readonly DecidedChallenge[];
  /** Challenges that are left as they are. */
  readonly unsound: readonly DueChallenge[];
}

const memberLimits: MemberLimits = { heldMax: sliceMembers, pageMembers: 5_000 };

export default async function openSettlementPartition(context: PartitionContext): Promise<ChunkHandlers> {
  return openSettlement(context, memberLimits);
}

/** As the worker thread does, with limits that a test chooses. */
export function openSettlement(context: PartitionContext, limits: MemberLimits): ChunkHandlers {
  return new SettlementPartition(context, limits);
}

class SettlementPartition implements ChunkHandlers<DueChunk, DecidedChunk> {
  readonly faults: ItemFaults<DueChunk> = {
    skip: { limit: skipLimit, on: skippable },
    describe: ({ challenges: [challenge] }) => describe(challenge),
  };
  readonly #context: PartitionContext;
  readonly #limits: MemberLimits;
  readonly #date: string;
  readonly #zone: string;
  readonly #chunks: DueChunks;
  #lastId: bigint;
  /** Of the chunk that was read last. */
  #limit = 0;
  /** First instants of start dates, which most challenges have in common. */
  readonly #starts = new Map<string, number>();

  constructor(context: PartitionContext, limits: MemberLimits) {
    this.#context = context;
    this.#limits = limits;
    this.#date = context.parameters.require('date');
    this.#zone = context.parameters.require('zone');
    this.#lastId = context.executionContext.getLong(LAST_KEY) ?? context.minId - 1n;
    const range = { date: this.#date, fromId: this.#lastId + 1n, toId: context.maxId };
    this.#chunks = new DueChunks(context.database, range, limits);
  }

  async read(limit: number): Promise<DueChunk | undefined> {
    const chunk = await this.#chunks.next(limit);
    const last = chunk?.challenges.at(-1);
    if (last !== undefined) this.#lastId = last.id;
    this.#limit = limit;
    return chunk;
  }

  async process(chunk: DueChunk): Promise<Processed<DecidedChunk>> {
    const decided: DecidedChallenge[] = [];
    const unsound: DueChallenge[] = [];
    const skipped: SkippedRecord[] = [];
    for (const challenge of chunk.challenges) {
      try {
        decided.push(await this.#decide(challenge, chunk.held, this.#context.database.knex));
      } catch (error) {
        if (!isUnsound(error)) throw error;
        unsound.push(challenge);
        skipped.push({ phase: 'process', ...describe(challenge), error: error.message });
      }
    }
    return {
      output: { chunk, decided, unsound },
      writeCount: decided.length,
      filterCount: 0,
      processSkipCount: skipped.length,
      skipped,
    };
  }

  async write({ chunk, decided, unsound }: DecidedChunk, tx: Transaction): Promise<void> {
    this.#chunks.readAhead(this.#limit);
    const { database, jobExecutionId } = this.#context;
    const run = { date: this.#date, zone: this.#zone, jobExecutionId };
    await lockUnchanged(tx, database.dialect, chunk, unsound);
    if (chunk.held === undefined) for (const crowd of unsound) await this.#requireUnsound(crowd, tx);
    if (decided.length === 0) return;
    const ended = decided.filter(({ decision }) => decision.to !== 'ONGOING');
    await insertChallengeRecords(database, tx, run, ended);
    for (const status of ['ONGOING', 'CANCELLED', 'FINISHED'] as const) {
      const ids = decided.filter(({ decision }) => decision.to === status).map(({ challengeId }) => challengeId);
      await updateStatus(tx, status, ids);
    }
    const writer = new SettlementWriter(database, tx, run);
    try {
      for (const challenge of decided) await writer.add(challenge);
      await writer.flush();
    } catch (error) {
      // What the ledger refuses is the challenge's fault only where nobody has taken from its escrow since it was read.
      if (isOfKind(error, skippable)) await requireSameEscrows(database, chunk.challenges);
      throw error;
    }
    await requireEscrows(decided, writer.escrows, tx);
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
  }

  async close(): Promise<void> {
    await this.#chunks.close();
  }

  /** @throws SettleError CHALLENGE_UNSOUND */
  async #decide(challenge: DueChallenge, held: HeldMembers | undefined, executor: Executor): Promise<DecidedChallenge> {
    const { dialect } = this.#context.database;
    const { pageMembers } = this.#limits;
    if (held !== undefined) {
      const pages = [held.members.get(challenge.id)!];
      return await this.#decideOn(challenge, pages, () => pages);
    }
    const digests: string[] = [];
    const pages = noteDigests(pageMembersOf(executor, dialect, challenge, pageMembers), digests);
    return await this.#decideOn(challenge, pages, (tx) =>
      requireDigests(challenge.id, pageMembersOf(tx, dialect, challenge, pageMembers), digests),
    );
  }

  /** A crowd is read anew, because the pages behind the problem were not. */
  async #requireUnsound(crowd: DueChallenge, tx: Transaction): Promise<void> {
    try {
      await this.#decide(crowd, undefined, tx);
    } catch (error) {
      if (isUnsound(error)) return;
      throw error;
    }
    throw overtaken(crowd.id);
  }

  /** @param members reads all of them again, or throws that they have changed */
  async #decideOn(
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
    return { challengeId: challenge.id, terms, tally, decision, members };
  }

  #startOf(date: string): number {
    let startMs = this.#starts.get(date);
    if (startMs === undefined) {
      startMs = businessDay(date, this.#zone).startMs;
      this.#starts.set(date, startMs);
    }
    return startMs;
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
  const others = await readBalancesByOwner(tx, 'escrow', untouched);
  for (const { challengeId, decision, tally } of output) {
    const expected = decision.to === 'ONGOING' ? tally.pot : 0n;
    if ((known.get(challengeId) ?? others.get(challengeId)) !== expected) throw overtaken(challengeId);
  }
}

function describe({ members: _members, escrow: _escrow, ...challenge }: DueChallenge): {
  readonly key: string;
  readonly payload: string;
} {
  const payload = JSON.stringify({ ...challenge, id: challenge.id.toString() });
  return { key: challenge.id.toString(), payload };
}

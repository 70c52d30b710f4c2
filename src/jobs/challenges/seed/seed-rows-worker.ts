/** One range of `seed-rows` in a worker thread: make, insert, and note the last challenge with the rows. */
import { ChallengeSeed } from '../../../../seeds/challenges.ts';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Transaction } from '../../../database/database.ts';
import type { InsertTarget } from '../../../database/dialect.ts';
import { instantText } from '../../../database/instant.ts';
import type { SqlValue } from '../../../database/values.ts';
import type { Chunk, ChunkHandlers, PartitionContext } from '../../../engine/step.ts';
import { challengeSeedOptions } from './parameters.ts';

const LAST = 'lastChallenge';
/** Members that are held as rows at once. */
const SLICE_MEMBERS = 20_000;

const challengeTarget: InsertTarget = {
  table: 'challenge',
  columns: ['id', 'status', 'start_date', 'end_date', 'min_members', 'stake', 'fee_bp', 'no_winner_policy'],
};
const memberTarget: InsertTarget = {
  table: 'challenge_member',
  columns: ['id', 'challenge_id', 'user_id', 'stake', 'joined_at', 'quit_at'],
};
const proofTarget: InsertTarget = {
  table: 'challenge_proof',
  columns: ['id', 'challenge_id', 'user_id', 'proof_date'],
};
const escrowTarget: InsertTarget = { table: 'settle_account', columns: ['account_type', 'owner_id', 'balance'] };

interface Range extends Chunk {
  readonly first: number;
}

export default async function openSeedRows(context: PartitionContext): Promise<ChunkHandlers<Range, Range>> {
  const { database, executionContext, minId, maxId } = context;
  const { dialect } = database;
  const seed = new ChallengeSeed(challengeSeedOptions(context.parameters));
  const end = Number(maxId) + 1;
  let next = Number(executionContext.getLong(LAST) ?? minId - 1n) + 1;

  async function write({ first, size }: Range, tx: Transaction): Promise<void> {
    const challenges: SqlValue[][] = [];
    const escrows: SqlValue[][] = [];
    const members: SqlValue[][] = [];
    const proofs: SqlValue[][] = [];
    const flush = async () => {
      await bulkInsert(tx, dialect, memberTarget, members.splice(0));
      await bulkInsert(tx, dialect, proofTarget, proofs.splice(0));
    };
    for (let index = first; index < first + size; index++) {
      const challenge = seed.challenge(index);
      const { id, status, startDate, endDate, stake, feeBp, noWinnerPolicy } = challenge;
      challenges.push([id, status, startDate, endDate, 1, stake, feeBp, noWinnerPolicy]);
      let escrow = 0;
      for (let place = 0; place < challenge.memberCount; place++) {
        const member = seed.member(challenge, place);
        const { userId, joinedAt, quitAt } = member;
        escrow += member.stake;
        const quit = quitAt === null ? null : instantText(quitAt);
        members.push([member.id, id, userId, member.stake, instantText(joinedAt), quit]);
        for (const proof of seed.proofs(member)) proofs.push([proof.id, id, proof.userId, proof.date]);
        if (members.length >= SLICE_MEMBERS) await flush();
      }
      escrows.push(['escrow', id, escrow]);
    }
    await flush();
    await bulkInsert(tx, dialect, challengeTarget, challenges);
    await bulkInsert(tx, dialect, escrowTarget, escrows);
  }

  return {
    async read(limit) {
      if (next >= end) return undefined;
      const first = next;
      next = Math.min(first + limit, end);
      return { first, size: next - first };
    },
    process: (range) => ({ output: range, writeCount: range.size, filterCount: 0, processSkipCount: 0 }),
    write,
    saveState(state) {
      state.put(LAST, BigInt(next - 1));
    },
    async close() {},
  };
}

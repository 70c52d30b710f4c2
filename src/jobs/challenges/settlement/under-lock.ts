/**
 * What a settlement decides from is read before its locks, so that reading does not wait in line. Here it is compared
 * with what is there under them. What was read twice and was the same both times was like that in between, all of it
 * at once: the settlement stands in a serial order with every other writer, also with those that take no lock of ours.
 */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import type { Dialect } from '../../../database/dialect.ts';
import type { SettleError } from '../../../errors.ts';
import { optimisticLock } from '../../../repository/row.ts';
import { readBalancesByOwner } from './balances.ts';
import { type DueChallenge, isSameChallenge, lockChallenges } from './challenge-store.ts';
import type { DueChunk } from './due-chunks.ts';
import { type DigestedMembers, digestMembers, type Member } from './member-store.ts';

/**
 * Locks the challenges of a chunk.
 * @param unsound those of them that are to be left as they are, because of what was read
 * @throws SettleError OPTIMISTIC_LOCK when they, their members or proofs, or the escrow of an unsound one have changed
 */
export async function lockUnchanged(
  tx: Transaction,
  dialect: Dialect,
  { challenges, held }: DueChunk,
  unsound: readonly DueChallenge[],
): Promise<void> {
  const ids = challenges.map(({ id }) => id);
  const locked = await lockChallenges(tx, ids);
  for (const challenge of challenges) {
    const now = locked.get(challenge.id);
    if (now === undefined || !isSameChallenge(challenge, now)) throw overtaken(challenge.id);
  }
  if (held !== undefined && (await digestMembers(tx, dialect, ids)) !== held.digest) throw overtaken(ids[0]);
  await requireEscrowsOf(tx, unsound);
}

/**
 * Looks at the escrows from outside of the transaction that settles the challenges: as others have left them. On SQLite
 * nobody can have changed them since that began.
 * @throws SettleError OPTIMISTIC_LOCK when one does not hold what was read
 */
export async function requireSameEscrows(
  { knex, dialect }: Database,
  challenges: readonly DueChallenge[],
): Promise<void> {
  if (dialect.name !== 'sqlite') await requireEscrowsOf(knex, challenges);
}

async function requireEscrowsOf(executor: Executor, challenges: readonly DueChallenge[]): Promise<void> {
  const ids = challenges.map(({ id }) => id);
  const escrows = await readBalancesByOwner(executor, 'escrow', ids);
  for (const { id, escrow } of challenges) if (escrows.get(id) !== escrow) throw overtaken(id);
}

/** Notes the digests of pages as they go by. */
export async function* noteDigests(
  pages: AsyncIterable<DigestedMembers<Member[]>>,
  digests: string[],
): AsyncGenerator<readonly Member[]> {
  for await (const { members, digest } of pages) {
    digests.push(digest);
    yield members;
  }
}

/** The same pages again. @throws SettleError OPTIMISTIC_LOCK when one is not what was noted, before it is used */
export async function* requireDigests(
  challengeId: bigint,
  pages: AsyncIterable<DigestedMembers<Member[]>>,
  digests: readonly string[],
): AsyncGenerator<readonly Member[]> {
  let page = 0;
  for await (const { members, digest } of pages) {
    if (digest !== digests[page++]) throw overtaken(challengeId);
    yield members;
  }
  if (page !== digests.length) throw overtaken(challengeId);
}

/** A conflict, which the chunk loop answers by reading again. */
export function overtaken(challengeId: bigint): SettleError {
  return optimisticLock(
    `challenge ${challengeId}, or one that is settled with it, was changed while it was being settled`,
    { hint: 'start the run again: it continues from its last checkpoint' },
  );
}

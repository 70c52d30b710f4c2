/**
 * Step `expire-points`: user after user, one journal each, in transactions of some thousand. A lot is taken when its
 * expiry is at or before the end of the date; dates that were missed are caught up. A restart finds only what is left.
 */
import type { Executor, Transaction } from '../../../database/database.ts';
import { instantText } from '../../../database/instant.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { lockHead } from '../../../ledger/head.ts';
import { postJournals } from '../../../ledger/post-journals.ts';
import type { JournalRequest } from '../../../ledger/types.ts';
import { businessDay } from '../../../rules/business-time.ts';

/** Users a transaction; `--chunk` says otherwise. */
const usersAChunk = 1_000;
/** More values than this are in no statement. */
const usersAChunkMax = 10_000;
/** Lots that have expired in a transaction, but for a user who has more alone. */
const lotsATransaction = 20_000;

export async function expirePoints(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, parameters, signal, stepName, progress } = context;
  const date = parameters.require('date');
  const endText = instantText(businessDay(date, parameters.require('zone')).endMs);
  const limit = Math.min(context.options.chunkSize ?? usersAChunk, usersAChunkMax);
  let writeCount = 0;
  let after: bigint | undefined;
  for (;;) {
    signal.throwIfAborted();
    // Outside of the ledger's lock, because it may look at many lots that are still good.
    const found = await usersWithExpired(database.knex, endText, after, limit);
    if (found.length === 0) return { readCount: writeCount, writeCount };
    for (const users of byLots(found)) {
      signal.throwIfAborted();
      const posted = await context.transaction(async (tx) => {
        await lockHead({ tx });
        const requests = await requestsOf(tx, users, date, endText);
        await postJournals({ database, tx }, requests);
        return requests.length;
      });
      writeCount += posted;
      progress({ type: 'advanced', step: stepName, partition: undefined, rowsDone: writeCount });
    }
    after = found[found.length - 1].userId;
  }
}

interface UserWithExpired {
  readonly userId: bigint;
  readonly lots: number;
}

/** Users of years of missed nights have thousands of lots each, and a posting holds all of its users' lots in memory. */
function* byLots(found: readonly UserWithExpired[]): Generator<bigint[]> {
  let users: bigint[] = [];
  let total = 0;
  for (const { userId, lots } of found) {
    if (users.length > 0 && total + lots > lotsATransaction) {
      yield users;
      users = [];
      total = 0;
    }
    users.push(userId);
    total += lots;
  }
  yield users;
}

async function usersWithExpired(
  executor: Executor,
  endText: string,
  after: bigint | undefined,
  limit: number,
): Promise<UserWithExpired[]> {
  const query = executor('settle_lot')
    .where('remaining', '>', 0)
    .where('expires_at', '<=', endText)
    .groupBy('user_id')
    .orderBy('user_id')
    .limit(limit)
    .select('user_id')
    .count({ lots: '*' });
  if (after !== undefined) query.where('user_id', '>', after.toString());
  const rows: Row[] = await query;
  return rows.map((row) => ({ userId: toBigInt(row.user_id), lots: toNumber(row.lots) }));
}

/** Under the ledger's lock: what has expired now cannot be spent until it is posted. */
async function requestsOf(
  tx: Transaction,
  users: readonly bigint[],
  date: string,
  endText: string,
): Promise<JournalRequest[]> {
  const rows: Row[] = await tx('settle_lot')
    .whereIn('user_id', users.map(String))
    .where('remaining', '>', 0)
    .where('expires_at', '<=', endText)
    .groupBy('user_id')
    .orderBy('user_id')
    .select('user_id')
    .sum({ points: 'remaining' });
  const keys = rows.map((row) => `points-expiry/${date}/${row.user_id}`);
  const used = new Set(await tx('settle_journal').whereIn('journal_key', keys).pluck('journal_key'));
  const [{ last }] = await tx('settle_journal').max({ last: 'id' });
  return rows.map((row, i) => {
    const points = toBigInt(row.points);
    return {
      // A refund can bring back points that have expired, after they expired: they expire again, in a journal of its own.
      key: used.has(keys[i]) ? `${keys[i]}/after-${last}` : keys[i],
      kind: 'points-expiry',
      businessDate: date,
      reason: `points past their expiry at the end of ${date}`,
      // First in, first out goes by expiry: as many points as have expired are those that have.
      entries: [
        { account: { type: 'user', ownerId: toBigInt(row.user_id) }, amount: -points },
        { account: { type: 'breakage', ownerId: 0n }, amount: points },
      ],
    };
  });
}

/** Statements on challenge: which are due, the lock that a settlement holds, and what they become. */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { type Row, toBigInt, toNumber, toOneOf, toText } from '../../../database/values.ts';
import { inGroups } from '../../../ledger/in-groups.ts';
import type { Challenge } from '../rules/decision.ts';
import { type ChallengeStatus, challengeStatuses } from '../rules/status.ts';

const columns = 'id, status, start_date, end_date, min_members, threshold_percent, fee_bp, no_winner_policy';
/** What `isDue` of the rules says, so that the others need not be read; binds the date twice. */
const due = `((status IN ('WAITING', 'READY') AND start_date <= ?) OR (status = 'ONGOING' AND end_date < ?))`;

/** With what else must be known before its members are read. */
export interface DueChallenge extends Challenge {
  /** How many there are, withdrawn ones included. */
  readonly members: number;
  /** Points in its escrow account. */
  readonly escrow: bigint;
}

/** Every challenge that is due on `date`, by id, with how many members it has, withdrawn ones included. */
export async function* streamDueMembers(
  database: Database,
  date: string,
): AsyncGenerator<{ readonly id: bigint; readonly members: number }> {
  const members = '(SELECT COUNT(*) FROM challenge_member m WHERE m.challenge_id = c.id)';
  const sql = `SELECT c.id, ${members} AS members FROM challenge c WHERE ${due} ORDER BY c.id`;
  for await (const row of streamRows(database, sql, [date, date])) {
    yield { id: toBigInt(row.id), members: toNumber(row.members) };
  }
}

/** At most `limit` of those due, by id, from `fromId` to `toId`, both inside. */
export async function selectDue(
  executor: Executor,
  date: string,
  fromId: bigint,
  toId: bigint,
  limit: number,
): Promise<DueChallenge[]> {
  const members = '(SELECT COUNT(*) FROM challenge_member m WHERE m.challenge_id = c.id) AS members';
  const rows: Row[] = rowsOf(
    await executor.raw(
      `SELECT ${columns}, ${members}, e.balance AS escrow
        FROM challenge c LEFT JOIN settle_account e ON e.account_type = 'escrow' AND e.owner_id = c.id
        WHERE c.id BETWEEN ${fromId} AND ${toId} AND ${due} ORDER BY c.id LIMIT ${limit}`,
      [date, date],
    ),
  );
  return rows.map((row) => ({
    ...toChallenge(row),
    members: toNumber(row.members),
    escrow: row.escrow === null ? 0n : toBigInt(row.escrow),
  }));
}

/**
 * The challenges as they are now; they stay locked until the transaction ends: nobody joins meanwhile (imports take the
 * same lock), and nobody else settles them. `ids` ascend: everyone locks in that order.
 */
export async function lockChallenges(tx: Transaction, ids: readonly bigint[]): Promise<Map<bigint, Challenge>> {
  const challenges = new Map<bigint, Challenge>();
  for (const group of inGroups(ids)) {
    const rows: Row[] = await tx('challenge')
      .whereRaw(`id IN (${group.join(',')})`)
      .orderBy('id')
      .select(tx.raw(columns))
      .forUpdate();
    for (const challenge of rows.map(toChallenge)) challenges.set(challenge.id, challenge);
  }
  return challenges;
}

/** Whether nothing that decides about the challenge has changed. */
export function isSameChallenge(a: Challenge, b: Challenge): boolean {
  return (
    a.status === b.status &&
    a.startDate === b.startDate &&
    a.endDate === b.endDate &&
    a.minMembers === b.minMembers &&
    a.thresholdPercent === b.thresholdPercent &&
    a.feeBp === b.feeBp &&
    a.noWinnerPolicy === b.noWinnerPolicy
  );
}

export async function updateStatus(executor: Executor, status: ChallengeStatus, ids: readonly bigint[]): Promise<void> {
  for (const group of inGroups(ids)) {
    await executor.raw(`UPDATE challenge SET status = ? WHERE id IN (${group.join(',')})`, [status]);
  }
}

/** One challenge, or undefined. */
export async function findChallenge(executor: Executor, id: bigint): Promise<Challenge | undefined> {
  const row: Row | undefined = await executor('challenge')
    .where({ id: String(id) })
    .first(executor.raw(columns));
  return row === undefined ? undefined : toChallenge(row);
}

function toChallenge(row: Row): Challenge {
  return {
    id: toBigInt(row.id),
    status: toOneOf(row.status, challengeStatuses, 'challenge.status'),
    startDate: toText(row.start_date),
    endDate: toText(row.end_date),
    minMembers: toNumber(row.min_members),
    thresholdPercent: toNumber(row.threshold_percent),
    feeBp: toNumber(row.fee_bp),
    noWinnerPolicy: toText(row.no_winner_policy),
  };
}

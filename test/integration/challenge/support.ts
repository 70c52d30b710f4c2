/** What the tests of challenges share: points granted, files imported, runs, and the tables beside the oracle's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { challengeSettlementJob } from '../../../src/jobs/challenges/settlement/definition.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import {
  type OracleChallenge,
  type OracleMember,
  type OracleProof,
  oracleOutcome,
} from '../../oracles/challenge-settlement.ts';
import { randomOf } from '../../oracles/logs.ts';

export const ZONE = 'Asia/Seoul';
/** Of every user, unless a test says otherwise. */
export const GRANTED = 1_000_000n;

export interface ChallengeData {
  readonly challenges: readonly OracleChallenge[];
  readonly members: readonly OracleMember[];
  readonly proofs: readonly OracleProof[];
}

/** Gives every user of the data their points, then imports everything as files. */
export async function load(database: Database, data: ChallengeData, granted = GRANTED): Promise<void> {
  await grant(database, [...new Set(data.members.map(({ userId }) => userId))], granted);
  await importCsv(database, 'challenges', challengesCsv(data.challenges));
  await importCsv(database, 'members', membersCsv(data.members));
  await importCsv(database, 'proofs', proofsCsv(data.proofs));
}

export async function grant(database: Database, users: readonly bigint[], amount: bigint): Promise<void> {
  await database.transaction(async (tx) => {
    const journals = users.map((userId) => ({
      key: `grant:${userId}`,
      kind: 'grant',
      businessDate: '2026-01-01',
      reason: 'points to play with',
      entries: [
        { account: { type: 'grant', ownerId: 0n } as const, amount: -amount },
        { account: { type: 'user', ownerId: userId } as const, amount },
      ],
    }));
    await postJournals({ database, tx }, journals);
  });
}

/** Runs an import; throws what it failed with. */
export async function importCsv(database: Database, kind: ImportKind, csv: string): Promise<JobRunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'settle-challenge-'));
  try {
    const file = join(folder, `${kind}.csv`);
    await writeFile(file, csv);
    const { parameters } = await importParameters(kind, { file });
    const result = await runJob(database, importJob(kind), parameters);
    if (result.outcome === 'failed') throw result.error;
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function challengesCsv(challenges: readonly OracleChallenge[]): string {
  const rows = challenges.map(
    (c) =>
      `${c.id},${c.status},${c.startDate},${c.endDate},${c.minMembers},1,${c.thresholdPercent},${c.feeBp},${c.noWinnerPolicy}`,
  );
  const header = 'id,status,start_date,end_date,min_members,stake,threshold_percent,fee_bp,no_winner_policy';
  return [header, ...rows, ''].join('\n');
}

export function membersCsv(members: readonly OracleMember[]): string {
  const rows = members.map(
    (m) =>
      `${m.id},${m.challengeId},${m.userId},${m.stake},${time(m.joinedAt)},${m.quitAt === null ? '' : time(m.quitAt)}`,
  );
  return ['id,challenge_id,user_id,stake,joined_at,quit_at', ...rows, ''].join('\n');
}

export function proofsCsv(proofs: readonly OracleProof[]): string {
  const rows = proofs.map((p, index) => `${index + 1},${p.challengeId},${p.userId},${p.date}`);
  return ['id,challenge_id,user_id,proof_date', ...rows, ''].join('\n');
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Runs the settlement; throws what it failed with. */
export async function settleChallenges(
  database: Database,
  date: string,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  const result = await runJob(database, challengeSettlementJob, { date, zone: ZONE }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** Asserts that statuses, payouts, balances, lots and notifications are what plain loops make of the data. */
export async function expectAsOracle(
  database: Database,
  data: ChallengeData,
  date: string,
  granted = GRANTED,
): Promise<void> {
  const statuses = new Map<bigint, string>();
  const paid = new Map<bigint, bigint>();
  const users = new Map<bigint, bigint>();
  let house = 0n;
  const membersOf = Map.groupBy(data.members, ({ challengeId }) => challengeId);
  const proofsOf = Map.groupBy(data.proofs, ({ challengeId }) => challengeId);
  for (const challenge of data.challenges) {
    const members = membersOf.get(challenge.id) ?? [];
    const outcome = oracleOutcome(challenge, members, proofsOf.get(challenge.id) ?? [], date, ZONE);
    statuses.set(challenge.id, outcome.status);
    house += outcome.fee + outcome.house;
    for (const [memberId, points] of outcome.paid) paid.set(memberId, points);
    for (const { id, userId, stake } of members) {
      users.set(userId, (users.get(userId) ?? granted) - stake + (outcome.paid.get(id) ?? 0n));
    }
  }
  const { knex } = database;
  const challenges = await knex('challenge').select('id', 'status');
  expect(new Map(challenges.map((row) => [toBigInt(row.id), row.status]))).toEqual(statuses);
  const payouts = await knex('settle_payout').select('member_id', 'payout');
  expect(new Map(payouts.map((row) => [toBigInt(row.member_id), toBigInt(row.payout)]))).toEqual(paid);

  const accounts = await knex('settle_account').select('account_type', 'owner_id', 'balance');
  const balances = new Map(accounts.map((row) => [`${row.account_type}:${row.owner_id}`, toBigInt(row.balance)]));
  for (const [userId, points] of users) expect(balances.get(`user:${userId}`), `user ${userId}`).toBe(points);
  expect(balances.get('house:0') ?? 0n).toBe(house);
  for (const [id, status] of statuses) {
    if (status !== 'FINISHED' && status !== 'CANCELLED') continue;
    expect(balances.get(`escrow:${id}`) ?? 0n, `escrow of ${id}`).toBe(0n);
  }
  expect([...balances.values()].reduce((a, b) => a + b, 0n)).toBe(0n);

  const lots = await knex('settle_lot').groupBy('user_id').select('user_id').sum({ remaining: 'remaining' });
  for (const row of lots as { user_id: unknown; remaining: unknown }[]) {
    expect(toBigInt(row.remaining), `lots of ${row.user_id}`).toBe(balances.get(`user:${row.user_id}`));
  }
  const outbox = await knex('settle_outbox').orderBy('id').select('id', 'key');
  expect(outbox.map((row) => Number(row.id))).toEqual(outbox.map((_row, index) => index + 1));
  expect(new Set(outbox.map((row) => row.key)).size).toBe(paid.size);
}

/** Challenges of every kind, reproducible: statuses, quitters, strangers, repeats, fees, policies, missed nights. */
export function randomData(count: number, seed: number): ChallengeData {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)];
  const challenges: OracleChallenge[] = [];
  const members: OracleMember[] = [];
  const proofs: OracleProof[] = [];
  for (let i = 1; i <= count; i++) {
    const id = BigInt(i * 3);
    const start = Date.UTC(2026, 4, 18 + below(18));
    const days = 1 + below(12);
    const startDate = dateOf(start);
    challenges.push({
      id,
      status: pick(['WAITING', 'READY', 'READY', 'ONGOING', 'ONGOING', 'ONGOING']),
      startDate,
      endDate: dateOf(start + (days - 1) * DAY),
      minMembers: below(4),
      thresholdPercent: pick([0, 50, 70, 70, 100]),
      feeBp: pick([0, 0, 250, 3_333, 10_000]),
      noWinnerPolicy: pick(['refund', 'house']),
    });
    const stake = BigInt(1 + below(50));
    for (let m = below(7); m > 0; m--) {
      const userId = BigInt(1 + below(count));
      // Joining in the same millisecond happens; midnight in Seoul is 15:00 UTC of the day before.
      const joinedAt = start - DAY + below(3) * 1_000;
      const quitAt = pick([null, null, null, null, start - 9 * HOUR - 1, start - 9 * HOUR, start + HOUR]);
      const own = pick([stake, stake, BigInt(1 + below(50))]);
      members.push({ id: BigInt(members.length + 1), challengeId: id, userId, stake: own, joinedAt, quitAt });
      const diligence = random() + 0.3;
      for (let day = -1; day <= days; day++) {
        for (let again = 0; again < 2; again++) {
          if (random() < diligence) proofs.push({ challengeId: id, userId, date: dateOf(start + day * DAY) });
        }
      }
    }
    if (random() < 0.3) proofs.push({ challengeId: id, userId: BigInt(count + i), date: startDate });
  }
  return { challenges, members, proofs };
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

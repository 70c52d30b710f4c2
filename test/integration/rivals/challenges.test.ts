/**
 * Challenges with a rival at every statement: proofs, quitters, members who come and go, other terms, a cancellation.
 * Whatever the rival has committed before a settlement looks again under its locks counts; what comes later does not.
 */
import { test } from 'vitest';
import type { Database, Transaction } from '../../../src/database/database.ts';
import type { ChunkStep } from '../../../src/engine/step.ts';
import { challengeSettlementJob } from '../../../src/jobs/challenges/settlement/definition.ts';
import type { MemberLimits } from '../../../src/jobs/challenges/settlement/due-chunks.ts';
import { openSettlement } from '../../../src/jobs/challenges/settlement/settlement-worker.ts';
import { stakeJournal, stakeKey } from '../../../src/jobs/challenges/settlement/stake.ts';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { reverseJournal } from '../../../src/ledger/reverse-journal.ts';
import { INSUFFICIENT_POINTS } from '../../../src/ledger/rules/journal.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import type { OracleChallenge, OracleMember, OracleProof } from '../../oracles/challenge-settlement.ts';
import { describeRivals, rivalTimeout } from '../../support/describe-rivals.ts';
import { isThorough, spread } from '../../support/thorough.ts';
import { type ChallengeData, expectAsOracle, grant, ZONE } from '../challenge/support.ts';

const date = '2026-06-01';
const ended: Omit<OracleChallenge, 'id'> = {
  status: 'ONGOING',
  startDate: '2026-05-25',
  endDate: '2026-05-31',
  minMembers: 1,
  thresholdPercent: 70,
  feeBp: 1_000,
  noWinnerPolicy: 'refund',
};

/** Member `10 * challenge + n`, user `100 + n`; 5 of 7 days are 71 %. */
function member(challengeId: bigint, n: bigint, stake: bigint, proofDays: number): [OracleMember, OracleProof[]] {
  const userId = 100n + n;
  const id = challengeId * 10n + n;
  const joinedAt = Date.UTC(2026, 4, 20) + Number(n);
  const dates = Array.from({ length: proofDays }, (_, day) => `2026-05-${25 + day}`);
  return [
    { id, challengeId, userId, stake, joinedAt, quitAt: null },
    dates.map((day) => ({ challengeId, userId, date: day })),
  ];
}

const people = [
  ...[member(1n, 1n, 10n, 7), member(1n, 2n, 7n, 4), member(1n, 3n, 5n, 1)],
  ...[member(2n, 1n, 3n, 0), member(2n, 4n, 3n, 0)],
  ...[member(3n, 2n, 4n, 1), member(3n, 3n, 6n, 0)],
  ...[member(4n, 1n, 8n, 5), member(4n, 3n, 9n, 4), member(4n, 4n, 2n, 6)],
];

const data: ChallengeData = {
  challenges: [
    { id: 1n, ...ended },
    { id: 2n, ...ended, status: 'WAITING', startDate: date, endDate: '2026-06-07', minMembers: 2 },
    { id: 3n, ...ended },
    { id: 4n, ...ended },
  ],
  members: people.map(([one]) => one),
  proofs: people.flatMap(([, proofs]) => proofs),
};

/** As the platform fills its tables, with the stakes on the ledger. */
async function prepare(database: Database): Promise<void> {
  const { knex } = database;
  await grant(database, [...new Set(data.members.map(({ userId }) => userId))], 1_000_000n);
  await knex('challenge').insert(
    data.challenges.map((one) => ({
      id: Number(one.id),
      status: one.status,
      start_date: one.startDate,
      end_date: one.endDate,
      min_members: one.minMembers,
      stake: 1,
      threshold_percent: one.thresholdPercent,
      fee_bp: one.feeBp,
      no_winner_policy: one.noWinnerPolicy,
    })),
  );
  await database.transaction(async (tx) => {
    for (const one of data.members) await insertMember(tx, one);
    await postJournals(
      { database, tx },
      data.members.map((one) => stakeJournal(one, '2026-05-20')),
    );
  });
  await knex('challenge_proof').insert(data.proofs.map((proof, i) => proofRow(i + 1, proof)));
}

async function insertMember(tx: Transaction, { id, challengeId, userId, stake, joinedAt }: OracleMember) {
  await tx('challenge_member').insert({
    id: Number(id),
    challenge_id: Number(challengeId),
    user_id: Number(userId),
    stake: Number(stake),
    joined_at: sqlTime(joinedAt),
    quit_at: null,
  });
}

function proofRow(id: number, { challengeId, userId, date: day }: OracleProof) {
  return { id, challenge_id: Number(challengeId), user_id: Number(userId), proof_date: day };
}

function sqlTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

const quitAt = Date.UTC(2026, 4, 27);
const withdrawnAt = Date.UTC(2026, 4, 21);
const lastProof: OracleProof = { challengeId: 1n, userId: 102n, date: '2026-05-31' };
const proofOfFourth: OracleProof = { challengeId: 4n, userId: 103n, date: '2026-05-31' };
const [latecomer] = member(3n, 4n, 20n, 0);

interface Rival {
  readonly name: string;
  readonly write: (database: Database, tx: Transaction) => Promise<unknown>;
  /** The data as it leaves them, where the oracle knows of it. */
  readonly changed?: (before: ChallengeData) => ChallengeData;
}

const quitter = (id: bigint, at: number) => (before: ChallengeData) => ({
  ...before,
  members: before.members.map((one) => (one.id === id ? { ...one, quitAt: at } : one)),
});
const withProof = (proof: OracleProof) => (before: ChallengeData) => ({ ...before, proofs: [...before.proofs, proof] });

const rivals: readonly Rival[] = [
  {
    name: 'the last proof of a member',
    write: (_, tx) => tx('challenge_proof').insert(proofRow(999, lastProof)),
    changed: withProof(lastProof),
  },
  {
    name: 'a proof in a challenge that is read ahead',
    write: (_, tx) => tx('challenge_proof').insert(proofRow(999, proofOfFourth)),
    changed: withProof(proofOfFourth),
  },
  {
    name: 'a winner who quits',
    write: (_, tx) =>
      tx('challenge_member')
        .where({ id: 11 })
        .update({ quit_at: sqlTime(quitAt) }),
    changed: quitter(11n, quitAt),
  },
  {
    name: 'a member who has withdrawn, which leaves too few to begin',
    write: (_, tx) =>
      tx('challenge_member')
        .where({ id: 21 })
        .update({ quit_at: sqlTime(withdrawnAt) }),
    changed: quitter(21n, withdrawnAt),
  },
  {
    name: 'one who quits and one who proves, at once',
    write: async (_, tx) => {
      await tx('challenge_member')
        .where({ id: 11 })
        .update({ quit_at: sqlTime(quitAt) });
      await tx('challenge_proof').insert(proofRow(999, lastProof));
    },
    changed: (before) => withProof(lastProof)(quitter(11n, quitAt)(before)),
  },
  {
    name: 'a member who joins late, without the lock of the challenge',
    write: async (database, tx) => {
      await insertMember(tx, latecomer);
      await postJournals({ database, tx }, [stakeJournal(latecomer, '2026-05-30')]);
    },
    changed: (before) => ({ ...before, members: [...before.members, latecomer] }),
  },
  {
    name: 'a member who is removed, with the stake',
    write: async (database, tx) => {
      await tx('challenge_member').where({ id: 43 }).delete();
      await reverse(database, tx, stakeKey(4n, 43n));
    },
    changed: (before) => ({ ...before, members: before.members.filter(({ id }) => id !== 43n) }),
  },
  {
    name: 'a stake that is reversed, which leaves an unsound challenge',
    write: (database, tx) => reverse(database, tx, stakeKey(4n, 43n)),
  },
  {
    name: 'another threshold',
    write: (_, tx) => tx('challenge').where({ id: 1, status: 'ONGOING' }).update({ threshold_percent: 50 }),
    changed: (before) => ({
      ...before,
      challenges: before.challenges.map((one) => (one.id === 1n ? { ...one, thresholdPercent: 50 } : one)),
    }),
  },
  {
    name: 'a cancellation',
    write: (_, tx) => tx('challenge').where({ id: 4, status: 'ONGOING' }).update({ status: 'CANCELLED' }),
  },
];

/** What comes too late leaves everything as it is. */
async function reverse(database: Database, tx: Transaction, key: string): Promise<void> {
  await reverseJournal({ database, tx }, { key, reason: 'left', businessDate: '2026-05-30' });
}

async function writeOrLeave(database: Database, { write }: Rival): Promise<void> {
  try {
    await database.transaction((tx) => write(database, tx));
  } catch (error) {
    if ((error as { code?: unknown }).code !== INSUFFICIENT_POINTS) throw error;
  }
}

function settleInProcess(limits: MemberLimits): (database: Database) => Promise<void> {
  const step: ChunkStep = {
    kind: 'chunk',
    name: 'challenge-settlement',
    chunkSize: 2,
    open: async (context) => {
      const range = { partition: 0, minId: 1n, maxId: 4n, chunkSize: 2 };
      return openSettlement({ ...context, ...range, planDetail: null, shared: undefined }, limits);
    },
  };
  return async (database) => {
    const result = await runJob(database, { ...challengeSettlementJob, steps: [step] }, { date, zone: ZONE });
    if (result.outcome === 'failed') throw result.error;
  };
}

async function picture({ knex, ...database }: Database): Promise<unknown> {
  const settled = ['challenge_id', 'status', 'members', 'winners', 'pot', 'fee', 'house', 'refunded', 'distributable'];
  const paid = ['member_id', 'verdict', 'proof_days', 'kind', 'stake', 'payout', 'extra_point', 'journal_key'];
  const { violation = 'none' } = await verifyLedger({ knex, ...database });
  return {
    challenges: await knex('challenge').orderBy('id').select('id', 'status', 'threshold_percent'),
    members: await knex('challenge_member').orderBy('id').select('id', 'quit_at'),
    settled: await knex('settle_challenge').orderBy('challenge_id').select(settled),
    paid: await knex('settle_payout').orderBy('member_id').select(paid),
    accounts: await knex('settle_account').orderBy(['account_type', 'owner_id']).where('balance', '<>', 0),
    lots: await knex('settle_lot').groupBy('user_id').orderBy('user_id').select('user_id').sum({ left: 'remaining' }),
    told: await knex('settle_outbox').orderBy('key').select('topic', 'key', 'payload'),
    skipped: await knex('settle_skipped').orderBy('item_key').select('item_key', 'error'),
    violation,
  };
}

describeRivals('challenges and their rivals', import.meta.url, ({ name, expectSerial }) => {
  const limits: Record<string, MemberLimits> = {
    together: { heldMax: 10_000, pageMembers: 5_000 },
    'as crowds, in pages': { heldMax: 2, pageMembers: 2 },
  };
  const ways = Object.keys(limits).flatMap((way) => rivals.map((rival) => ({ way, rival })));
  const chosen = isThorough ? ways : ways.filter((_, at) => at % 5 === { sqlite: 0, mariadb: 1, mysql: 3 }[name]);

  test.each(chosen)('$rival.name; settled $way', rivalTimeout, async ({ way, rival }) => {
    await expectSerial(
      `${way} ${rival.name}`,
      {
        prepare,
        run: settleInProcess(limits[way]),
        rival: (database) => writeOrLeave(database, rival),
        picture,
        checkSerial: async (database, order) => {
          if (order === 'before' && rival.changed !== undefined) {
            await expectAsOracle(database, rival.changed(data), date);
          }
        },
      },
      (points) => spread(name, points, 23),
    );
  });
});

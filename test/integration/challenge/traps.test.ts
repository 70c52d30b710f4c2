/** What must not happen to a challenge's money: bad ones in the way of good ones, crowds, strangers, two runs at once. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import { toBigInt } from '../../../src/database/values.ts';
import {
  type MemberView,
  pageMemberViews,
  readChallenge,
} from '../../../src/jobs/challenges/settlement/read-challenge.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { replaySkipped } from '../../../src/steps/replay.ts';
import type { OracleChallenge, OracleMember, OracleProof } from '../../oracles/challenge-settlement.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  type ChallengeData,
  expectAsOracle,
  GRANTED,
  grant,
  importCsv,
  load,
  membersCsv,
  randomData,
  settleChallenges,
} from './support.ts';

const week: OracleChallenge = {
  id: 1n,
  status: 'READY',
  startDate: '2026-05-25',
  endDate: '2026-05-31',
  minMembers: 1,
  thresholdPercent: 70,
  feeBp: 0,
  noWinnerPolicy: 'refund',
};

function member(id: bigint, stake: bigint, changes: Partial<OracleMember> = {}): OracleMember {
  return { id, challengeId: 1n, userId: 100n + id, stake, joinedAt: Date.UTC(2026, 4, 20), quitAt: null, ...changes };
}

/** Proofs of the first `days` days of the week. */
function proofsOf(userId: bigint, days: number, challengeId = 1n): OracleProof[] {
  return Array.from({ length: days }, (_, day) => ({ challengeId, userId, date: `2026-05-${25 + day}` }));
}

describe.each(sampledDatabases(import.meta.url))('challenges on $name', ({ name }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(name);
  });
  afterEach(async () => await bench.drop());

  async function payouts(): Promise<Record<string, bigint>> {
    const rows = await bench.database.knex('settle_payout').orderBy('member_id').select('member_id', 'payout');
    return Object.fromEntries(rows.map((row) => [row.member_id, toBigInt(row.payout)]));
  }

  test('a pot of 7 among 3, proofs of strangers and repeats, on a Monday that is a 1st', async () => {
    // 5 of 7 days are 71 %. The loser repeats one date five times: 14 %. 7/3 = 2 1/3: the point left goes to member 1.
    const data: ChallengeData = {
      challenges: [week],
      members: [member(1n, 1n), member(2n, 1n), member(3n, 1n), member(4n, 4n)],
      proofs: [
        ...[101n, 102n, 103n, 999n].flatMap((user) => proofsOf(user, 5)),
        ...Array.from({ length: 5 }, () => proofsOf(104n, 1)[0]),
      ],
    };
    await load(bench.database, data);
    await settleChallenges(bench.database, '2026-05-31');
    expect(await payouts()).toEqual({});
    await settleChallenges(bench.database, '2026-06-01');
    expect(await payouts()).toEqual({ 1: 3n, 2: 2n, 3: 2n, 4: 0n });
    await expectAsOracle(bench.database, data, '2026-06-01');
  });

  test.each([
    // Nobody won. Refund: 10 and 5 go back, the quitter's 7 to the house. House: all 22.
    ['refund', { 1: 10n, 2: 0n, 3: 5n }],
    ['house', { 1: 0n, 2: 0n, 3: 0n }],
  ])('without a winner, policy %s', async (noWinnerPolicy, expected) => {
    const data: ChallengeData = {
      challenges: [{ ...week, noWinnerPolicy, feeBp: 500 }],
      members: [member(1n, 10n), member(2n, 7n, { quitAt: Date.UTC(2026, 4, 26) }), member(3n, 5n)],
      proofs: [],
    };
    await load(bench.database, data);
    await settleChallenges(bench.database, '2026-06-01');
    expect(await payouts()).toEqual(expected);
    await expectAsOracle(bench.database, data, '2026-06-01');
  });

  test('a refund gives the points back to the lots that they came from', async () => {
    await load(bench.database, { challenges: [{ ...week, minMembers: 2 }], members: [member(1n, 10n)], proofs: [] });
    const lots = () => bench.database.knex('settle_lot').select();
    expect((await lots()).map(({ remaining }) => toBigInt(remaining))).toEqual([GRANTED - 10n]);
    await settleChallenges(bench.database, '2026-05-25');
    expect((await lots()).map(({ remaining }) => toBigInt(remaining))).toEqual([GRANTED]);
  });

  test('a challenge that contradicts itself or the ledger is left alone, and the others settle', async () => {
    const good = randomData(40, 7);
    await load(bench.database, good);
    const { knex, dialect } = bench.database;
    const columns = ['id', 'status', 'start_date', 'end_date', 'min_members', 'stake', 'fee_bp'];
    await bulkInsert(knex, dialect, { table: 'challenge', columns }, [
      [5_000, 'ONGOING', '2026-05-25', '2026-05-20', 1, 1, 0],
      [5_001, 'ONGOING', '2026-05-20', '2026-05-25', 1, 1, 20_000],
      [5_002, 'ONGOING', '2026-05-20', '2026-05-25', 1, 1, 0],
    ]);
    // This stake never came to the ledger.
    const memberColumns = ['id', 'challenge_id', 'user_id', 'stake', 'joined_at'];
    await bulkInsert(knex, dialect, { table: 'challenge_member', columns: memberColumns }, [
      [9_000, 5_002, 1, 5, '2026-05-20 00:00:00.000'],
    ]);
    const result = await settleChallenges(bench.database, '2026-06-30', { workers: 2, chunkSize: 9, partitions: 3 });
    expect(result.exitCode).toBe(3);
    const skipped = await knex('settle_skipped').orderBy('item_key').select('item_key', 'error');
    expect(skipped.map(({ item_key }) => item_key)).toEqual(['5000', '5001', '5002']);
    expect(skipped[2].error).toBe('challenge 5002: its stakes sum to 5, and its escrow holds 0');
    const left = await knex('challenge').where('id', '>=', 5_000).pluck('status');
    expect(left).toEqual(['ONGOING', 'ONGOING', 'ONGOING']);
    await knex('challenge').where('id', '>=', 5_000).del();
    await expectAsOracle(bench.database, good, '2026-06-30');
  });

  test('a refund of a stake that the ledger knows nothing of is found in writing, and scanned for', async () => {
    const data = { challenges: [week, { ...week, id: 2n }], members: [member(1n, 10n)], proofs: [] };
    await load(bench.database, data);
    const { knex } = bench.database;
    await knex('challenge_member').where({ id: 1 }).update({ id: 77 });
    const result = await settleChallenges(bench.database, '2026-06-01');
    expect(result.exitCode).toBe(3);
    const [skip] = await knex('settle_skipped').select('item_key', 'error');
    expect(skip).toMatchObject({ item_key: '1', error: expect.stringContaining('challenge:1:stake:77') });
    expect(await knex('challenge').orderBy('id').pluck('status')).toEqual(['READY', 'CANCELLED']);
    expect(await knex('settle_payout')).toEqual([]);
  });

  test('members without the points, of no challenge or of one that is over are set aside, the rest goes on', async () => {
    await load(bench.database, {
      challenges: [week, { ...week, id: 2n, status: 'FINISHED' }],
      members: [],
      proofs: [],
    });
    await grant(bench.database, [101n, 102n], 10n);
    const rows = [
      member(1n, 6n),
      member(2n, 6n, { userId: 101n }),
      member(3n, 4n, { userId: 101n }),
      member(4n, 1n, { userId: 102n, challengeId: 2n }),
      member(5n, 1n, { userId: 102n, challengeId: 3n }),
      member(6n, 1n, { userId: 102n }),
    ];
    const result = await importCsv(bench.database, 'members', membersCsv(rows));
    expect(result.exitCode).toBe(3);
    const { knex } = bench.database;
    expect(await knex('challenge_member').orderBy('id').pluck('id')).toEqual([1, 3, 6]);
    expect(await knex('settle_skipped').orderBy('item_key').pluck('item_key')).toEqual(['line 3', 'line 5', 'line 6']);
    // Said again, with somebody who has quit since: nothing is staked twice.
    const quitAt = Date.UTC(2026, 4, 30);
    await importCsv(bench.database, 'members', membersCsv([{ ...rows[0], quitAt }, rows[2]]));
    const escrow = await knex('settle_account').where({ account_type: 'escrow', owner_id: 1 }).first('balance');
    expect(toBigInt(escrow.balance)).toBe(11n);
    expect(await knex('challenge_member').whereNotNull('quit_at').pluck('id')).toEqual([1]);
  });

  test('a member that was set aside joins when it is replayed with the points there', async () => {
    await load(bench.database, { challenges: [week], members: [], proofs: [] });
    const { execution } = await importCsv(bench.database, 'members', membersCsv([member(1n, 6n)]));
    const how = { logger: pino({ level: 'silent' }), signal: new AbortController().signal };
    const replay = () => replaySkipped(bench.database, importJob('members'), execution, how);
    expect((await replay()).failed.map(({ error }) => error)).toEqual([
      'member 1: user 101 has 0 points, and the stake is 6',
    ]);
    await grant(bench.database, [101n], 10n);
    expect((await replay()).replayed).toBe(1);
    expect(await bench.database.knex('challenge_member').pluck('id')).toEqual([1]);
  });

  test('a crowd is settled in pages, with the same result', async () => {
    const size = 21_000;
    const members = Array.from({ length: size }, (_, i) =>
      // Thousands join in the same millisecond.
      member(BigInt(i + 1), BigInt(1 + (i % 3)), { joinedAt: Date.UTC(2026, 4, 20) + (i % 3) }),
    );
    const proofs = members.filter((_, i) => i % 4 > 0).flatMap(({ userId }) => proofsOf(userId, 5));
    const data = { challenges: [{ ...week, feeBp: 100 }], members, proofs: [] };
    await load(bench.database, data, 10n);
    const columns = ['id', 'challenge_id', 'user_id', 'proof_date'];
    const rows = proofs.map(({ challengeId, userId, date }, i) => [i, challengeId, userId, date]);
    await bulkInsert(bench.database.knex, bench.database.dialect, { table: 'challenge_proof', columns }, rows);
    await settleChallenges(bench.database, '2026-06-01');
    const winners = members.filter((_, i) => i % 4 > 0);
    const sum = (all: readonly OracleMember[]) => all.reduce((total, { stake }) => total + stake, 0n);
    const [pot, weight] = [sum(members), sum(winners)];
    const shared = pot - (pot - weight) / 100n;
    const paid = new Map(members.map(({ id }) => [id, 0n]));
    for (const { id, stake } of winners) paid.set(id, (shared * stake) / weight);
    const left = shared - [...paid.values()].reduce((a, b) => a + b, 0n);
    const key = ({ stake, joinedAt, id }: OracleMember) =>
      Number((shared * stake) % weight) * -1e8 + (joinedAt % 10) * 1e6 + Number(id);
    for (const { id } of [...winners].sort((a, b) => key(a) - key(b)).slice(0, Number(left))) {
      paid.set(id, paid.get(id)! + 1n);
    }
    const stored = await bench.database.knex('settle_payout').select('member_id', 'payout');
    expect(new Map(stored.map((row) => [toBigInt(row.member_id), toBigInt(row.payout)]))).toEqual(paid);
    const [{ rows: notified }] = await bench.database.knex('settle_outbox').count({ rows: '*' });
    expect(Number(notified)).toBe(size);
    const shown: MemberView[] = [];
    for await (const page of pageMemberViews(bench.database, 1n)) shown.push(...page);
    const inOrder = [...members].sort((a, b) => a.joinedAt - b.joinedAt || Number(a.id - b.id));
    expect(shown.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
    expect(shown.reduce((sum, { outcome }) => sum + outcome!.payout, 0n)).toBe(shared);
    expect((await readChallenge(bench.database, 1n)).journals.length).toBeGreaterThan(2);
  }, 120_000);

  test('two runs at once over the same hot user: every challenge once, nobody fails', async () => {
    const base = randomData(300, 99);
    // User 1 is in every challenge.
    const hot = base.challenges.map(({ id }, i) =>
      member(BigInt(100_000 + i), 3n, { challengeId: id, userId: 1n, joinedAt: Date.UTC(2026, 4, 1) }),
    );
    const data = { ...base, members: [...base.members, ...hot] };
    await load(bench.database, data);
    const options = { workers: 2, partitions: 4, chunkSize: 20 };
    await Promise.all([
      settleChallenges(bench.database, '2026-06-29', options),
      settleChallenges(bench.database, '2026-06-30', options),
    ]);
    await expectAsOracle(bench.database, data, '2026-06-30');
  }, 120_000);
});

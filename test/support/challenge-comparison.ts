/**
 * Settled challenges beside plain loops over all rows (test/oracles/challenge-settlement.ts): statuses, payouts, what
 * every account holds, lots. Reads the tables side by side in order of challenges, so that a million members fit. Knows
 * nothing of vitest: test/soak uses it too.
 */
import type { Database } from '../../src/database/database.ts';
import { parseInstant } from '../../src/database/instant.ts';
import { openDatabase } from '../../src/database/open.ts';
import { streamRows } from '../../src/database/stream-rows.ts';
import { toBigInt } from '../../src/database/values.ts';
import { type OracleMember, oracleOutcome } from '../oracles/challenge-settlement.ts';

/** Differences told at most: what is wrong once is often wrong everywhere. */
const differencesMax = 20;

type Row = Record<string, unknown>;

/** Statuses as they are now; of before a settlement they are what the oracle starts from. */
export async function readStatuses(database: Database): Promise<Map<bigint, string>> {
  const statuses = new Map<bigint, string>();
  for await (const row of streamRows(database, 'SELECT id, status FROM challenge', [])) {
    statuses.set(toBigInt(row.id), String(row.status));
  }
  return statuses;
}

/**
 * What is not as the oracle has it after settling `date`, in words; empty when all is.
 * @param before statuses before the settlement, when nobody had been paid anything
 * @param granted points that every user was granted
 */
export async function differencesFromOracle(
  database: Database,
  before: ReadonlyMap<bigint, string>,
  { date, zone }: { readonly date: string; readonly zone: string },
  granted: bigint,
): Promise<string[]> {
  const differences: string[] = [];
  const expect = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected && differences.length < differencesMax) {
      differences.push(`${what}: ${found} instead of ${expected}`);
    }
  };
  // A stream each takes a connection: on SQLite a database has but one.
  const readers = await Promise.all([1, 2, 3].map(() => openDatabase(database.url, { create: false })));
  const membersOf = grouped(readers[0], 'SELECT * FROM challenge_member ORDER BY challenge_id, joined_at, id');
  const proofsOf = grouped(readers[1], 'SELECT * FROM challenge_proof ORDER BY challenge_id, user_id, proof_date');
  const payoutsOf = grouped(readers[2], 'SELECT * FROM settle_payout ORDER BY challenge_id, member_id');
  const balances = new Map<string, bigint>();
  const add = (account: string, points: bigint) => balances.set(account, (balances.get(account) ?? 0n) + points);
  const holds = new Map<bigint, bigint>();
  let notifications = 0;

  for await (const row of streamRows(database, 'SELECT * FROM challenge ORDER BY id', [])) {
    const id = toBigInt(row.id);
    const members = (await membersOf(id)).map(memberOf);
    const proofs = (await proofsOf(id)).map((proof) => ({
      challengeId: id,
      userId: toBigInt(proof.user_id),
      date: String(proof.proof_date),
    }));
    const challenge = {
      id,
      status: before.get(id)!,
      startDate: String(row.start_date),
      endDate: String(row.end_date),
      minMembers: Number(row.min_members),
      thresholdPercent: Number(row.threshold_percent),
      feeBp: Number(row.fee_bp),
      noWinnerPolicy: String(row.no_winner_policy),
    };
    const outcome = oracleOutcome(challenge, members, proofs, date, zone);
    expect(`status of challenge ${id}`, row.status, outcome.status);
    const paid = new Map((await payoutsOf(id)).map((payout) => [toBigInt(payout.member_id), toBigInt(payout.payout)]));
    expect(`payouts of challenge ${id}`, paid.size, outcome.paid.size);
    notifications += outcome.paid.size;
    for (const [memberId, points] of outcome.paid) expect(`payout of member ${memberId}`, paid.get(memberId), points);
    let escrow = -outcome.fee - outcome.house;
    for (const member of members) {
      const back = outcome.paid.get(member.id) ?? 0n;
      escrow += member.stake - back;
      holds.set(member.userId, (holds.get(member.userId) ?? granted) - member.stake + back);
    }
    add(`escrow:${id}`, escrow);
    add('house:0', outcome.fee + outcome.house);
  }
  for (const reader of readers) await reader.close();
  for (const [userId, points] of holds) add(`user:${userId}`, points);
  await compareBalances(database, balances, granted, expect);
  const [{ rows }] = await database.knex('settle_outbox').count({ rows: '*' });
  expect('notifications', Number(rows), notifications);
  return differences;
}

async function compareBalances(
  database: Database,
  balances: ReadonlyMap<string, bigint>,
  granted: bigint,
  expect: (what: string, found: unknown, expected: unknown) => void,
): Promise<void> {
  let total = 0n;
  let named = 0;
  for await (const row of streamRows(database, 'SELECT * FROM settle_account', [])) {
    const balance = toBigInt(row.balance);
    const account = `${row.account_type}:${row.owner_id}`;
    total += balance;
    if (balances.has(account)) named++;
    // Users who have staked nothing hold what they were granted; what all were granted came from one account.
    if (row.account_type === 'user') expect(account, balance, balances.get(account) ?? granted);
    else if (row.account_type !== 'grant') expect(account, balance, balances.get(account) ?? 0n);
  }
  expect('sum of all accounts', total, 0n);
  const silent = [...balances].filter(([account, points]) => points === 0n && !account.startsWith('user:')).length;
  expect('accounts that there are', named >= balances.size - silent, true);
  const lots = 'SELECT user_id, SUM(remaining) AS remaining FROM settle_lot GROUP BY user_id';
  for await (const row of streamRows(database, lots, [])) {
    const expected = balances.get(`user:${row.user_id}`) ?? granted;
    expect(`lots of user ${row.user_id}`, toBigInt(row.remaining), expected);
  }
}

function memberOf(row: Row): OracleMember {
  return {
    id: toBigInt(row.id),
    challengeId: toBigInt(row.challenge_id),
    userId: toBigInt(row.user_id),
    stake: toBigInt(row.stake),
    joinedAt: parseInstant(String(row.joined_at)),
    quitAt: row.quit_at === null ? null : parseInstant(String(row.quit_at)),
  };
}

/** Rows of a query in order of challenge_id, handed out challenge by challenge; ids asked for must ascend. */
function grouped(database: Database, sql: string): (id: bigint) => Promise<Row[]> {
  const rows = streamRows(database, sql, [])[Symbol.asyncIterator]();
  let next: IteratorResult<Row> | undefined;
  return async (id) => {
    const group: Row[] = [];
    next ??= await rows.next();
    while (!next.done && toBigInt(next.value.challenge_id) <= id) {
      if (toBigInt(next.value.challenge_id) === id) group.push(next.value);
      next = await rows.next();
    }
    return group;
  };
}

/** Reads members in join order with what they have proved: of many small challenges at once, or of a large one in pages. */
import type { Executor } from '../../database/database.ts';
import { parseInstant } from '../../database/instant.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import { inSmallGroups } from '../../ledger/in-groups.ts';
import type { Challenge } from '../../rules/challenge-decision.ts';
import { rowsOf } from './challenge-store.ts';

/** Members of a large challenge that are in memory at once. */
const pageMembers = 5_000;

export interface Member {
  readonly id: bigint;
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly stake: bigint;
  readonly quitAtMs: number | null;
  /** Distinct dates within the challenge. */
  readonly proofDays: number;
  /** Got the stake back before, as one who withdrew. */
  readonly isPaid: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of a query are what the driver gives
type Row = any;

const columns = 'm.id, m.challenge_id, m.user_id, m.stake, m.quit_at, p.member_id AS paid';
const source = `FROM challenge_member m LEFT JOIN settle_payout p ON p.member_id = m.id`;

/** All members of the challenges, by challenge, each list in join order. */
export async function readMembers(
  executor: Executor,
  challenges: readonly Challenge[],
): Promise<Map<bigint, Member[]>> {
  const members = new Map<bigint, Member[]>(challenges.map(({ id }) => [id, []]));
  for (const group of inSmallGroups(challenges)) {
    const ids = group.map(({ id }) => id.toString()).join(',');
    const rows = rowsOf(
      await executor.raw(
        `SELECT ${columns} ${source} WHERE m.challenge_id IN (${ids}) ORDER BY m.challenge_id, m.joined_at, m.id`,
      ),
    );
    const proofs = rowsOf(await executor.raw(proofDaysSql(`p.challenge_id IN (${ids})`)));
    const days = new Map<string, number>();
    for (const row of proofs) days.set(`${row.challenge_id}/${row.user_id}`, toNumber(row.days));
    for (const row of rows) {
      const member = toMember(row, days.get(`${row.challenge_id}/${row.user_id}`) ?? 0);
      members.get(member.challengeId)!.push(member);
    }
  }
  return members;
}

/** The members of one challenge in join order, a page at a time. */
export async function* pageMembersOf(executor: Executor, challenge: Challenge): AsyncGenerator<Member[]> {
  const id = challenge.id.toString();
  const select = `SELECT ${columns}, m.joined_at ${source}`;
  const order = 'ORDER BY m.joined_at, m.id LIMIT';
  let last: Row | undefined;
  for (;;) {
    const rows: Row[] = [];
    if (last === undefined) {
      rows.push(...rowsOf(await executor.raw(`${select} WHERE m.challenge_id = ${id} ${order} ${pageMembers}`)));
    } else {
      // First those who joined in the same millisecond, then the later ones: each is one run of the index.
      const same = `${select} WHERE m.challenge_id = ${id} AND m.joined_at = ? AND m.id > ${last.id}`;
      rows.push(...rowsOf(await executor.raw(`${same} ${order} ${pageMembers}`, [last.joined_at])));
      const left = pageMembers - rows.length;
      const later = `${select} WHERE m.challenge_id = ${id} AND m.joined_at > ?`;
      if (left > 0) rows.push(...rowsOf(await executor.raw(`${later} ${order} ${left}`, [last.joined_at])));
    }
    if (rows.length === 0) return;
    last = rows.at(-1);
    const users = rows.map((row) => row.user_id).join(',');
    const where = `p.challenge_id = ${id} AND p.user_id IN (${users})`;
    const proofs = rowsOf(await executor.raw(proofDaysSql(where)));
    const days = new Map<string, number>(proofs.map((row) => [String(row.user_id), toNumber(row.days)]));
    yield rows.map((row) => toMember(row, days.get(String(row.user_id)) ?? 0));
    if (rows.length < pageMembers) return;
  }
}

/** Distinct proof dates within the challenge, a row for each user that has one; strangers included. */
function proofDaysSql(where: string): string {
  return `SELECT p.challenge_id, p.user_id, COUNT(DISTINCT p.proof_date) AS days
    FROM challenge_proof p JOIN challenge c ON c.id = p.challenge_id
    WHERE ${where} AND p.proof_date BETWEEN c.start_date AND c.end_date
    GROUP BY p.challenge_id, p.user_id`;
}

function toMember(row: Row, proofDays: number): Member {
  return {
    id: toBigInt(row.id),
    challengeId: toBigInt(row.challenge_id),
    userId: toBigInt(row.user_id),
    stake: toBigInt(row.stake),
    quitAtMs: row.quit_at === null ? null : parseInstant(row.quit_at),
    proofDays,
    isPaid: row.paid !== null,
  };
}

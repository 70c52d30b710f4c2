/**
 * Reads members in join order with what they have proved: of many small challenges at once, or of a large one in pages;
 * with a digest of all that was read, and the same digest of what is there now, which the database computes.
 */
import type { Executor } from '../../../database/database.ts';
import type { Dialect } from '../../../database/dialect.ts';
import { parseInstant } from '../../../database/instant.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { type Row, toBigInt, toNumber, toText } from '../../../database/values.ts';
import { inSmallGroups } from '../../../ledger/in-groups.ts';
import type { Challenge } from '../rules/decision.ts';

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

/** Members, and the digest of the rows that they were made from, proofs of strangers included. */
export interface DigestedMembers<T> {
  readonly members: T;
  readonly digest: string;
}

const columns = 'm.id, m.challenge_id, m.user_id, m.stake, m.quit_at, p.member_id AS paid';
const source = `FROM challenge_member m LEFT JOIN settle_payout p ON p.member_id = m.id`;

/** All members of the challenges, by challenge, each list in join order. */
export async function readMembers(
  executor: Executor,
  dialect: Dialect,
  challenges: readonly Challenge[],
): Promise<DigestedMembers<Map<bigint, Member[]>>> {
  const members = new Map<bigint, Member[]>(challenges.map(({ id }) => [id, []]));
  const digest = new InputDigest();
  for (const group of inSmallGroups(challenges)) {
    const ids = group.map(({ id }) => id.toString()).join(',');
    const rows = rowsOf(
      await executor.raw(
        `SELECT ${columns}, ${memberDigest(dialect)} AS digest ${source}
          WHERE m.challenge_id IN (${ids}) ORDER BY m.challenge_id, m.joined_at, m.id`,
      ),
    );
    const proofs = rowsOf(await executor.raw(proofDaysSql(dialect, `p.challenge_id IN (${ids})`)));
    digest.add(rows, proofs);
    const days = new Map<string, number>();
    for (const row of proofs) days.set(`${row.challenge_id}/${row.user_id}`, toNumber(row.days));
    for (const row of rows) {
      const member = toMember(row, days.get(`${row.challenge_id}/${row.user_id}`) ?? 0);
      members.get(member.challengeId)!.push(member);
    }
  }
  return { members, digest: digest.text };
}

/** The digest that `readMembers` would give now. */
export async function digestMembers(
  executor: Executor,
  dialect: Dialect,
  challengeIds: readonly bigint[],
): Promise<string> {
  const digest = new InputDigest();
  for (const group of inSmallGroups(challengeIds)) {
    const ids = group.join(',');
    const members = `SELECT ${memberDigest(dialect)} AS digest ${source} WHERE m.challenge_id IN (${ids})`;
    const proofs = proofDaysSql(dialect, `p.challenge_id IN (${ids})`);
    const [memberSum, proofSum] = [await sumDigests(executor, members), await sumDigests(executor, proofs)];
    digest.addSums(memberSum, proofSum);
  }
  return digest.text;
}

/** The members of one challenge in join order, so many a page; each page has a digest of its own. */
export async function* pageMembersOf(
  executor: Executor,
  dialect: Dialect,
  challenge: Challenge,
  pageMembers: number,
): AsyncGenerator<DigestedMembers<Member[]>> {
  const id = challenge.id.toString();
  const select = `SELECT ${columns}, m.joined_at, ${memberDigest(dialect)} AS digest ${source}`;
  const order = 'ORDER BY m.joined_at, m.id LIMIT';
  let last: Row | undefined;
  for (;;) {
    const rows: Row[] = [];
    if (last === undefined) {
      rows.push(...rowsOf(await executor.raw(`${select} WHERE m.challenge_id = ${id} ${order} ${pageMembers}`)));
    } else {
      // First those who joined in the same millisecond, then the later ones: each is one run of the index.
      const same = `${select} WHERE m.challenge_id = ${id} AND m.joined_at = ? AND m.id > ${toBigInt(last.id)}`;
      rows.push(...rowsOf(await executor.raw(`${same} ${order} ${pageMembers}`, [toText(last.joined_at)])));
      const left = pageMembers - rows.length;
      const later = `${select} WHERE m.challenge_id = ${id} AND m.joined_at > ?`;
      if (left > 0) rows.push(...rowsOf(await executor.raw(`${later} ${order} ${left}`, [toText(last.joined_at)])));
    }
    if (rows.length === 0) return;
    last = rows.at(-1);
    const users = rows.map((row) => toBigInt(row.user_id)).join(',');
    const where = `p.challenge_id = ${id} AND p.user_id IN (${users})`;
    const proofs = rowsOf(await executor.raw(proofDaysSql(dialect, where)));
    const days = new Map<string, number>(proofs.map((row) => [String(row.user_id), toNumber(row.days)]));
    const digest = new InputDigest();
    digest.add(rows, proofs);
    const members = rows.map((row) => toMember(row, days.get(String(row.user_id)) ?? 0));
    yield { members, digest: digest.text };
    if (rows.length < pageMembers) return;
  }
}

/** Distinct proof dates within the challenge, a row for each user that has one; strangers included. */
function proofDaysSql(dialect: Dialect, where: string): string {
  const days = 'COUNT(DISTINCT p.proof_date)';
  const digest = dialect.rowDigest(['p.challenge_id', 'p.user_id', days]);
  return `SELECT p.challenge_id, p.user_id, ${days} AS days, ${digest} AS digest
    FROM challenge_proof p JOIN challenge c ON c.id = p.challenge_id
    WHERE ${where} AND p.proof_date BETWEEN c.start_date AND c.end_date
    GROUP BY p.challenge_id, p.user_id`;
}

/** Of all that decides about a member, the place in the join order included. */
function memberDigest(dialect: Dialect): string {
  return dialect.rowDigest([
    'm.id',
    'm.challenge_id',
    'm.user_id',
    'm.stake',
    'm.joined_at',
    'm.quit_at',
    'p.member_id',
  ]);
}

interface DigestSum {
  readonly rows: number;
  readonly sum: number;
}

async function sumDigests(executor: Executor, sql: string): Promise<DigestSum> {
  const counted = `SELECT COUNT(*) AS counted, SUM(digest) AS total FROM (${sql}) digested`;
  const [{ counted: rows, total }] = rowsOf(await executor.raw(counted));
  return { rows: toNumber(rows), sum: toNumber(total ?? 0) };
}

/** Numbers and sums of rows; the sums of millions of 32-bit numbers are exact. */
class InputDigest {
  #members: DigestSum = { rows: 0, sum: 0 };
  #proofs: DigestSum = { rows: 0, sum: 0 };

  add(members: readonly Row[], proofs: readonly Row[]): void {
    this.addSums(sumOf(members), sumOf(proofs));
  }

  addSums(members: DigestSum, proofs: DigestSum): void {
    this.#members = { rows: this.#members.rows + members.rows, sum: this.#members.sum + members.sum };
    this.#proofs = { rows: this.#proofs.rows + proofs.rows, sum: this.#proofs.sum + proofs.sum };
  }

  get text(): string {
    const [members, proofs] = [this.#members, this.#proofs];
    return `${members.rows}/${members.sum} ${proofs.rows}/${proofs.sum}`;
  }
}

function sumOf(rows: readonly Row[]): DigestSum {
  let sum = 0;
  for (const { digest } of rows) sum += toNumber(digest);
  return { rows: rows.length, sum };
}

function toMember(row: Row, proofDays: number): Member {
  return {
    id: toBigInt(row.id),
    challengeId: toBigInt(row.challenge_id),
    userId: toBigInt(row.user_id),
    stake: toBigInt(row.stake),
    quitAtMs: row.quit_at === null ? null : parseInstant(toText(row.quit_at)),
    proofDays,
    isPaid: row.paid !== null,
  };
}

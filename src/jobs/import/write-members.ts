/**
 * Step `write-members`: the file's rows into challenge_member, and each stake from the lots of its user into the escrow
 * of the challenge. A line that holds no member, whose user has not the points, or whose challenge takes nobody any more,
 * is set aside and can be replayed. A member that is there already, or that the file names twice alike, is passed over;
 * that it quit since is noted.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import { instantText, parseInstant } from '../../database/instant.ts';
import { type Row, toBigInt, toText } from '../../database/values.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import { LEDGER_JOURNAL_UNSOUND, LEDGER_KEY_CONFLICT, refusalCodes } from '../../ledger/rules/journal.ts';
import { requireOneRow } from '../../repository/row.ts';
import { businessDateOf, defaultZone } from '../../rules/business-time.ts';
import { readBalancesByOwner } from '../challenges/settlement/balances.ts';
import { lockChallenges } from '../challenges/settlement/challenge-store.ts';
import { stakeJournal } from '../challenges/settlement/stake.ts';
import type { MemberRow } from './challenge-rows.ts';
import { type FileLine, isProblem, readAgain } from './file-line.ts';
import { FileRows, rowsExpected } from './file-rows.ts';
import { readingOf } from './reading.ts';
import { memberFields, openMemberRows } from './row-source.ts';

const CHUNK_ROWS = 5_000;
/** The error of a row that cannot become a member. */
export const MEMBER_REFUSED = 'MEMBER_REFUSED';
const refusedByLedger = [LEDGER_KEY_CONFLICT, LEDGER_JOURNAL_UNSOUND, ...refusalCodes];

const target: InsertTarget = {
  table: 'challenge_member',
  columns: ['id', 'challenge_id', 'user_id', 'stake', 'joined_at', 'quit_at'],
};

type MemberLine = FileLine<MemberRow>;

interface Output {
  readonly joining: readonly MemberRow[];
  /** Members that are there, and have quit since. */
  readonly quitting: readonly MemberRow[];
}

export const writeMembersStep: ChunkStep = {
  kind: 'chunk',
  name: 'write-members',
  chunkSize: CHUNK_ROWS,
  async open(context) {
    const { database } = context;
    const rows = await FileRows.open(context, openMemberRows);
    const handlers: ChunkHandlers<ItemChunk<MemberLine>, Output> = {
      faults: {
        skip: { limit: Number.MAX_SAFE_INTEGER, on: [MEMBER_REFUSED, ...refusedByLedger] },
        describe: ({ items: [{ key, payload }] }) => ({ key, payload }),
      },
      read: (limit) => rows.readChunk(limit),
      async process({ items, size }) {
        const { output, writeCount, skipped } = await sortLines(database.knex, items);
        const filterCount = size - writeCount - skipped.length;
        return { output, writeCount, filterCount, processSkipCount: skipped.length, skipped };
      },
      write: (output, tx) => writeMembers(database, tx, output),
      saveState: (state) => rows.saveState(state),
      close: async () => rows.close(),
    };
    return { ...handlers, totalExpected: rowsExpected(context) };
  },
  async replay({ payload }, { database, parameters }, tx) {
    const member = memberOf(payload, parameters);
    if (isProblem(member)) throw refused(member.problem);
    const { output, problems } = await sortMembers(tx, [member]);
    const problem = problems.get(member);
    if (problem !== undefined) throw refused(problem);
    await writeMembers(database, tx, output);
  },
};

interface SortedLines {
  readonly output: Output;
  /** Lines that change something. */
  readonly writeCount: number;
  readonly skipped: readonly SkippedRecord[];
}

async function sortLines(executor: Executor, lines: readonly MemberLine[]): Promise<SortedLines> {
  const members = lines.flatMap(({ content }) => (isProblem(content) ? [] : [content]));
  const { output, writeCount, problems } = await sortMembers(executor, members);
  const skipped: SkippedRecord[] = [];
  for (const { line, key, payload, content } of lines) {
    const problem = isProblem(content) ? content.problem : problems.get(content);
    if (problem !== undefined) skipped.push({ phase: 'process', key, payload, error: `line ${line}: ${problem}` });
  }
  return { output, writeCount, skipped };
}

interface SortedMembers {
  readonly output: Output;
  readonly writeCount: number;
  /** Why those that cannot be taken cannot. */
  readonly problems: ReadonlyMap<MemberRow, string>;
}

/**
 * Which rows are new, which tell that somebody quit, which are known, and which cannot be taken. A row is judged as if
 * those before it were there already, so that it does not matter which of them are in one chunk.
 */
async function sortMembers(executor: Executor, rows: readonly MemberRow[]): Promise<SortedMembers> {
  const known = await readMembers(executor, new Set(rows.map(({ id }) => id)));
  const challenges = await readById(executor, 'challenge', new Set(rows.map(({ challengeId }) => challengeId)));
  const users = [...new Set(rows.map(({ userId }) => userId))];
  const points = await readBalancesByOwner(executor, 'user', users);
  const joining = new Map<bigint, MemberRow>();
  const quitting: MemberRow[] = [];
  const problems = new Map<MemberRow, string>();
  let writeCount = 0;
  for (const member of rows) {
    const { id, userId, stake, quitAtMs } = member;
    const there = known.get(id);
    const problem =
      there === undefined ? refusal(member, challenges.get(member.challengeId), points) : contradiction(member, there);
    if (problem !== undefined) {
      problems.set(member, `member ${id}: ${problem}`);
      continue;
    }
    if (there === undefined) {
      points.set(userId, points.get(userId)! - stake);
      joining.set(id, member);
    } else if (there.quitAtMs === null && quitAtMs !== null) {
      if (joining.has(id)) joining.set(id, member);
      else quitting.push(member);
    } else continue;
    known.set(id, member);
    writeCount++;
  }
  return { output: { joining: [...joining.values()], quitting }, writeCount, problems };
}

function refusal(
  member: MemberRow,
  challenge: Row | undefined,
  points: ReadonlyMap<bigint, bigint>,
): string | undefined {
  if (challenge === undefined) return `there is no challenge ${member.challengeId}`;
  if (challenge.status === 'FINISHED' || challenge.status === 'CANCELLED') {
    return `challenge ${member.challengeId} is ${challenge.status}`;
  }
  const left = points.get(member.userId) ?? 0n;
  if (left >= member.stake) return undefined;
  return `user ${member.userId} has ${left} points, and the stake is ${member.stake}`;
}

/** What is different about the member that is there; whoever has quit cannot come back under the same id. */
function contradiction(member: MemberRow, there: MemberRow): string | undefined {
  const isSame =
    there.challengeId === member.challengeId &&
    there.userId === member.userId &&
    there.stake === member.stake &&
    there.joinedAtMs === member.joinedAtMs &&
    (there.quitAtMs === null || there.quitAtMs === member.quitAtMs);
  return isSame ? undefined : 'it is there already, with other values';
}

async function writeMembers(database: Database, tx: Transaction, { joining, quitting }: Output): Promise<void> {
  const { dialect } = database;
  const ids = [...new Set([...joining, ...quitting].map(({ challengeId }) => challengeId))];
  // Under the lock that a settlement takes, so that no stake comes into an escrow that is just being emptied.
  const challenges = await lockChallenges(tx, ids.sort(ascending));
  for (const { id, challengeId } of [...joining, ...quitting]) {
    const status = challenges.get(challengeId)?.status;
    if (status === 'FINISHED' || status === 'CANCELLED')
      throw refused(`member ${id}: challenge ${challengeId} is over`);
  }
  for (const { id, quitAtMs } of quitting) {
    const changed = await tx('challenge_member')
      .where({ id: String(id), quit_at: null })
      .update({ quit_at: instantText(quitAtMs!) });
    // Somebody else has noted it, or removed the member, since it was read: the chunk is read again.
    requireOneRow(changed, `member ${id}`);
  }
  await bulkInsert(
    tx,
    dialect,
    target,
    joining.map((row) => [
      row.id,
      row.challengeId,
      row.userId,
      row.stake,
      instantText(row.joinedAtMs),
      row.quitAtMs === null ? null : instantText(row.quitAtMs),
    ]),
  );
  await postJournals(
    { database, tx },
    joining.map((row) => stakeJournal(row, businessDateOf(row.joinedAtMs, defaultZone))),
  );
}

async function readById(executor: Executor, table: string, ids: ReadonlySet<bigint>): Promise<Map<bigint, Row>> {
  const rows: Row[] = await executor(table).whereIn('id', [...ids].map(String));
  return new Map(rows.map((row) => [toBigInt(row.id), row]));
}

async function readMembers(executor: Executor, ids: ReadonlySet<bigint>): Promise<Map<bigint, MemberRow>> {
  const rows = await readById(executor, 'challenge_member', ids);
  return new Map([...rows].map(([id, row]) => [id, toMember(id, row)]));
}

function toMember(id: bigint, row: Row): MemberRow {
  return {
    id,
    challengeId: toBigInt(row.challenge_id),
    userId: toBigInt(row.user_id),
    stake: toBigInt(row.stake),
    joinedAtMs: parseInstant(toText(row.joined_at)),
    quitAtMs: row.quit_at === null ? null : parseInstant(toText(row.quit_at)),
  };
}

/** The row of a record that was set aside: the fields of its line, or, of version 0.1.0, the row itself. */
function memberOf(payload: string, parameters: JobParameters): MemberRow | { readonly problem: string } {
  const kept: unknown = JSON.parse(payload);
  if (typeof kept !== 'object' || kept === null || !('joinedAtMs' in kept)) {
    const { columns, parse } = memberFields();
    return readAgain(payload, columns, readingOf(parameters), parse);
  }
  const { id, challengeId, userId, stake, joinedAtMs, quitAtMs } = JSON.parse(payload);
  const [memberId, challenge, user, points] = [id, challengeId, userId, stake].map(BigInt);
  return { id: memberId, challengeId: challenge, userId: user, stake: points, joinedAtMs, quitAtMs };
}

function refused(problem: string): SettleError {
  return new SettleError(MEMBER_REFUSED, ExitCode.failed, problem, { hint: 'replay it when the cause is removed' });
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

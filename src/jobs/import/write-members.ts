/**
 * Step `write-members`: the file's rows into challenge_member, and each stake from the lots of its user into the escrow
 * of the challenge. A row whose user has not the points, or whose challenge takes nobody any more, is skipped and can be
 * replayed. A member that is there already is passed over; that it quit since is noted.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import { instantText, parseInstant } from '../../database/instant.ts';
import { toBigInt } from '../../database/values.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import { businessDateOf, defaultZone } from '../../rules/business-time.ts';
import { LEDGER_KEY_CONFLICT, refusalCodes } from '../../rules/ledger-journal.ts';
import { readBalances } from '../challenge-settlement/balances.ts';
import { lockChallenges } from '../challenge-settlement/challenge-store.ts';
import { stakeJournal } from '../challenge-settlement/stake.ts';
import type { MemberRow } from './challenge-rows.ts';
import { FILE_ROWS } from './check-file.ts';
import { openMemberRows } from './row-source.ts';
import { ROWS_DONE } from './write-views.ts';

const CHUNK_ROWS = 5_000;
/** The error of a row that cannot become a member. */
export const MEMBER_REFUSED = 'MEMBER_REFUSED';

const target: InsertTarget = {
  table: 'challenge_member',
  columns: ['id', 'challenge_id', 'user_id', 'stake', 'joined_at', 'quit_at'],
};

// biome-ignore lint/suspicious/noExplicitAny: rows of a query are what the driver gives
type Row = any;

interface Output {
  readonly joining: readonly MemberRow[];
  /** Members that are there, and have quit since. */
  readonly quitting: readonly MemberRow[];
}

export const writeMembersStep: ChunkStep = {
  kind: 'chunk',
  name: 'write-members',
  chunkSize: CHUNK_ROWS,
  async open({ database, parameters, executionContext, jobContext }) {
    let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
    const source = await openMemberRows(parameters);
    try {
      await source.skip(Number(rowsDone));
    } catch (error) {
      source.close();
      throw error;
    }
    const handlers: ChunkHandlers<ItemChunk<MemberRow>, Output> = {
      faults: {
        skip: { limit: Number.MAX_SAFE_INTEGER, on: [MEMBER_REFUSED, ...refusalCodes, LEDGER_KEY_CONFLICT] },
        describe: ({ items: [member] }) => describeMember(member),
      },
      async read(limit) {
        const items = await source.read(limit);
        rowsDone += BigInt(items?.length ?? 0);
        return items === undefined ? undefined : { items, size: items.length };
      },
      async process({ items, size }) {
        const { output, skipped } = await sortMembers(database.knex, items);
        const writeCount = output.joining.length + output.quitting.length;
        const filterCount = size - writeCount - skipped.length;
        return { output, writeCount, filterCount, processSkipCount: skipped.length, skipped };
      },
      write: (output, tx) => writeMembers(database, tx, output),
      saveState(state) {
        state.put(ROWS_DONE, rowsDone);
      },
      async close() {
        source.close();
      },
    };
    const fileRows = jobContext.getLong(FILE_ROWS);
    return {
      ...(handlers as ChunkHandlers),
      totalExpected: fileRows === undefined ? undefined : Number(fileRows),
    };
  },
  async replay({ payload }, { database }, tx) {
    const { output, skipped } = await sortMembers(tx, [memberOf(payload)]);
    if (skipped.length > 0) throw refused(skipped[0].error);
    await writeMembers(database, tx, output);
  },
};

/** Which rows are new, which tell that somebody quit, which are known, and which cannot be taken. */
async function sortMembers(
  executor: Executor,
  rows: readonly MemberRow[],
): Promise<{ output: Output; skipped: SkippedRecord[] }> {
  const known = await readById(executor, 'challenge_member', new Set(rows.map(({ id }) => id)));
  const challenges = await readById(executor, 'challenge', new Set(rows.map(({ challengeId }) => challengeId)));
  const users = [...new Set(rows.map(({ userId }) => userId))];
  const points = await readBalances(executor, 'user', users);
  const joining: MemberRow[] = [];
  const quitting: MemberRow[] = [];
  const skipped: SkippedRecord[] = [];
  const inFile = new Set<bigint>();
  for (const member of rows) {
    const there = known.get(member.id);
    let problem: string | undefined;
    if (inFile.has(member.id)) problem = 'its id is in the file twice';
    else if (there !== undefined) {
      problem = contradiction(member, there);
      if (problem === undefined && there.quit_at === null && member.quitAtMs !== null) quitting.push(member);
    } else {
      problem = refusal(member, challenges.get(member.challengeId), points);
      if (problem === undefined) {
        points.set(member.userId, points.get(member.userId)! - member.stake);
        joining.push(member);
      }
    }
    inFile.add(member.id);
    if (problem === undefined) continue;
    const error = `member ${member.id}: ${problem}`;
    skipped.push({ phase: 'process', ...describeMember(member), error });
  }
  return { output: { joining, quitting }, skipped };
}

function refusal(member: MemberRow, challenge: Row, points: ReadonlyMap<bigint, bigint>): string | undefined {
  if (challenge === undefined) return `there is no challenge ${member.challengeId}`;
  if (challenge.status === 'FINISHED' || challenge.status === 'CANCELLED') {
    return `challenge ${member.challengeId} is ${challenge.status}`;
  }
  const left = points.get(member.userId) ?? 0n;
  if (left >= member.stake) return undefined;
  return `user ${member.userId} has ${left} points, and the stake is ${member.stake}`;
}

/** What is different about the member that is there; whoever has quit cannot come back under the same id. */
function contradiction(member: MemberRow, there: Row): string | undefined {
  const isSame =
    toBigInt(there.challenge_id) === member.challengeId &&
    toBigInt(there.user_id) === member.userId &&
    toBigInt(there.stake) === member.stake &&
    parseInstant(there.joined_at) === member.joinedAtMs &&
    (there.quit_at === null || parseInstant(there.quit_at) === member.quitAtMs);
  return isSame ? undefined : 'it is there already, with other values';
}

async function writeMembers(database: Database, tx: Transaction, { joining, quitting }: Output): Promise<void> {
  const { dialect } = database;
  const ids = [...new Set([...joining, ...quitting].map(({ challengeId }) => challengeId))];
  // Under the lock that a settlement takes, so that no stake comes into an escrow that is just being emptied.
  const statuses = await lockChallenges(tx, dialect, ids.sort(ascending));
  for (const { id, challengeId } of [...joining, ...quitting]) {
    const status = statuses.get(challengeId);
    if (status === 'FINISHED' || status === 'CANCELLED')
      throw refused(`member ${id}: challenge ${challengeId} is over`);
  }
  for (const { id, quitAtMs } of quitting) {
    await tx('challenge_member')
      .where({ id: String(id) })
      .update({ quit_at: instantText(quitAtMs!) });
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

function describeMember(member: MemberRow): { readonly key: string; readonly payload: string } {
  const payload = JSON.stringify(member, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));
  return { key: member.id.toString(), payload };
}

function memberOf(payload: string): MemberRow {
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

/**
 * Steps `seed-grants` and `seed-stakes`: the journals of synthetic challenges, as the ledger would have posted them, but
 * made from what is known beforehand instead of from what is stored. Every user has one lot, of the grant.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChallengeSeed, type SeedMember } from '../../../../seeds/challenges.ts';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../../database/database.ts';
import type { InsertTarget } from '../../../database/dialect.ts';
import type { Chunk, ChunkHandlers, ChunkStep } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { contentDigest } from '../../../ledger/digest.ts';
import { lockHead, moveHead } from '../../../ledger/head.ts';
import { linkJournal } from '../../../ledger/link-journal.ts';
import type { Line } from '../../../ledger/rules/book.ts';
import type { EntryRequest, JournalRequest } from '../../../ledger/types.ts';
import { type DecidedJournal, writeJournals } from '../../../ledger/write-journals.ts';
import { addDays } from '../../../rules/business-time.ts';
import { stakeJournal } from '../settlement/stake.ts';
import { challengeSeedOptions, grantOf } from './parameters.ts';

const NEXT = 'next';
/** Users of one grant's journal, which has one line more. */
const USERS_A_GRANT = 5_000;
const GRANTS_A_CHUNK = 4;
const STAKES_A_CHUNK = 50_000;
/** Journals that are linked while those before are being written. */
const SLICE_STAKES = 5_000;
/** Days before the first challenges are due, on which points were granted. */
const GRANT_DAYS_BEFORE = 400;

const accountTarget: InsertTarget = { table: 'settle_account', columns: ['account_type', 'owner_id', 'balance'] };

interface Range extends Chunk {
  readonly first: number;
}
type Linked = Pick<DecidedJournal, 'request' | 'lines'>;
/** Makes the journal at `index`, counted from 0 within the step, with its id. */
type Make = (index: number, id: bigint) => Linked;

export const seedGrantsStep: ChunkStep = {
  kind: 'chunk',
  name: 'seed-grants',
  chunkSize: GRANTS_A_CHUNK,
  async open(context) {
    const seed = new ChallengeSeed(challengeSeedOptions(context.parameters));
    const { options } = seed;
    const granted = grantOf(options);
    const staked = await stakesByUser(seed);
    const businessDate = addDays(options.date, -GRANT_DAYS_BEFORE);
    const grantedAt = `${businessDate} 00:00:00.000`;
    const make: Make = (index, id) => {
      const first = index * USERS_A_GRANT + 1;
      const count = Math.min(USERS_A_GRANT, options.users - first + 1);
      const total = granted * BigInt(count);
      const source: EntryRequest = { account: { type: 'grant', ownerId: 0n }, amount: -total };
      const entries = [source];
      const lines: Line[] = [{ lineNo: 1, ...source, lot: undefined, uses: [] }];
      for (let i = 0; i < count; i++) {
        const userId = BigInt(first + i);
        const entry: EntryRequest = { account: { type: 'user', ownerId: userId }, amount: granted };
        const remaining = granted - BigInt(staked[first + i]);
        const lot = { journalId: id, lineNo: i + 2, userId, amount: granted, remaining, grantedAt, expiresAt: null };
        entries.push(entry);
        lines.push({ lineNo: i + 2, ...entry, lot, uses: [] });
      }
      const reason = 'points to stake';
      return { request: { key: `seed:grant:${first}`, kind: 'grant', businessDate, reason, entries }, lines };
    };
    return openJournals(context, grantCount(options.users), 0, 1, make, async (tx, { first, size }) => {
      const from = first * USERS_A_GRANT + 1;
      const to = Math.min((first + size) * USERS_A_GRANT, options.users);
      const rows = Array.from({ length: to - from + 1 }, (_, i) => [
        'user',
        from + i,
        granted - BigInt(staked[from + i]),
      ]);
      const { dialect } = context.database;
      await bulkInsert(tx, dialect, accountTarget, rows);
      if (first > 0) return;
      await bulkInsert(tx, dialect, accountTarget, [['grant', 0, -granted * BigInt(options.users)]]);
    });
  },
};

export const seedStakesStep: ChunkStep = {
  kind: 'chunk',
  name: 'seed-stakes',
  chunkSize: STAKES_A_CHUNK,
  async open(context) {
    const seed = new ChallengeSeed(challengeSeedOptions(context.parameters));
    const memberAt = membersInOrder(seed);
    const make: Make = (index) => {
      const member = memberAt(index);
      const { userId, stake } = member;
      const request = requestOf(member);
      const journalId = BigInt(Math.floor((userId - 1) / USERS_A_GRANT) + 1);
      const lot = { journalId, lineNo: ((userId - 1) % USERS_A_GRANT) + 2 };
      const [debit, credit] = request.entries;
      return {
        request,
        lines: [
          { lineNo: 1, ...debit, lot: undefined, uses: [{ lot, restoresId: 0n, amount: BigInt(stake) }] },
          { lineNo: 2, ...credit, lot: undefined, uses: [] },
        ],
      };
    };
    return openJournals(context, seed.memberCount, grantCount(seed.options.users), SLICE_STAKES, make);
  },
};

function grantCount(users: number): number {
  return Math.ceil(users / USERS_A_GRANT);
}

function requestOf({ id, challengeId, userId, stake, joinDate }: SeedMember): JournalRequest {
  return stakeJournal(
    { id: BigInt(id), challengeId: BigInt(challengeId), userId: BigInt(userId), stake: BigInt(stake) },
    joinDate,
  );
}

/** Points that each user has staked in all, by id. */
async function stakesByUser(seed: ChallengeSeed): Promise<Float64Array> {
  const staked = new Float64Array(seed.options.users + 1);
  for (let index = 0; index < seed.options.challenges; index++) {
    const challenge = seed.challenge(index);
    for (let place = 0; place < challenge.memberCount; place++) {
      const { userId, stake } = seed.member(challenge, place);
      staked[userId] += stake;
    }
    // The thread has a heartbeat to keep.
    if (index % 10_000 === 0) await nextTurn();
  }
  return staked;
}

/** Members by their place among all of them, from 0; in order, each challenge is made once. */
function membersInOrder(seed: ChallengeSeed): (index: number) => SeedMember {
  let at = 0;
  let challenge = seed.challenge(0);
  return (index) => {
    const id = index + 1;
    if (id < seed.firstMemberId(at)) at = 0;
    while (id >= seed.firstMemberId(at + 1)) at++;
    if (challenge.id !== at + 1) challenge = seed.challenge(at);
    return seed.member(challenge, id - seed.firstMemberId(at));
  };
}

/** Writes journals `0` to `count - 1`, whose ids begin after `before`. `also` is written with each chunk. */
function openJournals(
  { database, executionContext }: StepContext,
  count: number,
  before: number,
  slice: number,
  make: Make,
  also: (tx: Transaction, range: Range) => Promise<void> = async () => {},
): ChunkHandlers & { readonly totalExpected: number } {
  let next = Number(executionContext.getLong(NEXT) ?? 0n);
  const handlers: ChunkHandlers<Range, Range> = {
    async read(limit) {
      if (next >= count) return undefined;
      const first = next;
      next = Math.min(first + limit, count);
      return { first, size: next - first };
    },
    process: (range) => ({ output: range, writeCount: range.size, filterCount: 0, processSkipCount: 0 }),
    async write(range, tx) {
      await append(database, tx, range, before, slice, make);
      await also(tx, range);
    },
    saveState(state) {
      state.put(NEXT, BigInt(next));
    },
    async close() {},
  };
  return { ...handlers, totalExpected: count };
}

/** Appends journals to the chain; while a slice of them is being written, the next one is linked. */
async function append(
  database: Database,
  tx: Transaction,
  { first, size }: Range,
  before: number,
  slice: number,
  make: Make,
): Promise<void> {
  const context = { database, tx };
  let { lastJournalId, lastHash } = await lockHead(context);
  if (lastJournalId !== BigInt(before + first)) throw overtaken();
  let written: Promise<void> = Promise.resolve();
  for (let at = first; at < first + size; at += slice) {
    const journals: DecidedJournal[] = [];
    for (let index = at; index < Math.min(at + slice, first + size); index++) {
      const id = lastJournalId + 1n;
      const { request, lines } = make(index, id);
      const journal = { id, request, reversesId: undefined, lines, contentDigest: contentDigest(request) };
      const linked = linkJournal({ ...journal, previousHash: lastHash });
      journals.push(linked);
      lastJournalId = id;
      lastHash = linked.hash;
    }
    await written;
    written = writeJournals(context, journals, { accounts: [], lots: [] });
    written.catch(() => {
      // Thrown where it is awaited.
    });
    await nextTurn();
  }
  await written;
  await moveHead(tx, { lastJournalId, lastHash });
}

function overtaken(): SettleError {
  return new SettleError('SEED_NOT_EMPTY', ExitCode.usage, 'somebody else has posted while the ledger was seeded', {
    hint: 'seed challenges into a database of its own',
  });
}

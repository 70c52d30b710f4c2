/**
 * A ledger to measure on: true journals by the ledger's own rules and hashes, written past the posting path because that
 * stands in line. Challenges of five: each member is granted points that expire, stakes them, and two win the pot, or
 * all are refunded. Which users take part is mixed, so that neighbours in the chain are strangers.
 */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/database.ts';
import type { SqlValue } from '../database/values.ts';
import { contentDigest, journalHash } from '../ledger/digest.ts';
import { type CanonicalEntry, canonicalVersion, chainStart } from '../ledger/rules/canonical.ts';
import { type AccountRef, accountKey, type JournalRequest } from '../ledger/rules/journal.ts';

const membersAChallenge = 5;
/** Of the grants, stakes and the one journal that ends a challenge; of every fourth one, which is cancelled, more. */
const entriesAChallenge = 23.75;
const stake = 40;
/** Challenges whose journals stand together: grants first, then stakes, then ends, as nights bring them. */
const challengesARound = 2_000;
const businessDate = '2026-11-20';
const grantedAt = '2026-11-19 15:00:00.000';
const expiresAt = '2027-11-19 15:00:00.000';
const startOfDate = `${businessDate} 00:00:00.000`;
const rowsAWrite = 20_000;

const tables = {
  settle_journal:
    'id journal_key kind business_date reason reverses_id line_count content_digest hash_version previous_hash hash',
  settle_entry: 'journal_id line_no account_type owner_id amount',
  settle_consumption: 'journal_id line_no lot_journal_id lot_line_no restores_id amount',
  settle_lot: 'journal_id line_no user_id amount remaining granted_at expires_at',
  settle_account: 'account_type owner_id balance',
} as const;
type Table = keyof typeof tables;

interface Lot {
  readonly journalId: bigint;
  readonly lineNo: number;
  readonly amount: bigint;
  readonly expiresAt: string | null;
  readonly grantedAt: string;
}

/** Fills an empty ledger with about that many entries of a tenth as many users. Returns how many there are. */
export async function fillLedger(database: Database, entriesWanted: number): Promise<number> {
  const writer = new Writer(database);
  const challenges = Math.max(1, Math.round(entriesWanted / entriesAChallenge));
  const users = Math.max(membersAChallenge, Math.round(entriesWanted / 10));
  const chain = new Chain(writer, users);
  for (let from = 0; from < challenges; from += challengesARound) {
    const round = Array.from({ length: Math.min(challengesARound, challenges - from) }, (_, i) => from + i);
    const members = round.flatMap((challenge) => membersOf(challenge, users).map((user) => ({ challenge, user })));
    for (const { challenge, user } of members) chain.grant(challenge, user);
    const stakes = members.map(({ challenge, user }) => chain.stake(challenge, user));
    round.forEach((challenge, i) => {
      chain.end(challenge, stakes.slice(i * membersAChallenge, (i + 1) * membersAChallenge));
    });
    await writer.writeFull();
  }
  await chain.finish();
  return chain.entries;
}

/** No user twice in a challenge: steps of a prime through all of them. */
function membersOf(challenge: number, users: number): number[] {
  const first = challenge * membersAChallenge;
  return Array.from({ length: membersAChallenge }, (_, i) => 1 + Math.floor(((first + i) * 7_368_787) % users));
}

interface Stake {
  readonly user: number;
  readonly journalId: bigint;
  readonly key: string;
  readonly lot: bigint;
}

class Chain {
  entries = 0;
  readonly #writer: Writer;
  /** By user: journals of grants whose points are there, oldest first. Every one of them is of one stake. */
  readonly #grants: bigint[][];
  /** Grants that were staked and not given back. */
  readonly #spent = new Set<bigint>();
  readonly #lots: {
    readonly user: number;
    readonly journalId: bigint;
    readonly lineNo: number;
    readonly amount: bigint;
  }[] = [];
  readonly #balances = new Map<string, { readonly account: AccountRef; balance: bigint }>();
  #lastId = 0n;
  #lastHash = chainStart;

  constructor(writer: Writer, users: number) {
    this.#writer = writer;
    this.#grants = Array.from({ length: users + 1 }, () => []);
  }

  grant(challenge: number, user: number): void {
    const lot = { expiresAt, grantedAt };
    const request = requestOf(`grant/${challenge}/${user}`, 'grant', [grantSource, -stake], [userOf(user), stake]);
    const entries = [request.entries[0], { ...request.entries[1], lot }];
    const id = this.#post({ ...request, entries }, [{}, { lot: { ...lot, amount: BigInt(stake) } }]);
    this.#grants[user].push(id);
  }

  stake(challenge: number, user: number): Stake {
    const key = `challenge/${challenge}/stake/${user}`;
    const lot = this.#grants[user].shift()!;
    const request = requestOf(key, 'challenge-stake', [userOf(user), -stake], [escrowOf(challenge), stake]);
    const journalId = this.#post(request, [{ uses: [{ lot, restoresId: 0n, amount: BigInt(stake) }] }, {}]);
    this.#spent.add(lot);
    return { user, journalId, key, lot };
  }

  end(challenge: number, stakes: readonly Stake[]): void {
    const pot = stake * stakes.length;
    if (challenge % 4 === 3) {
      const back = stakes.map(({ user }): [AccountRef, number] => [userOf(user), stake]);
      const request = requestOf(
        `challenge/${challenge}/refund`,
        'challenge-refund',
        [escrowOf(challenge), -pot],
        ...back,
      );
      const uses = stakes.map(({ lot, journalId }) => ({ lot, restoresId: journalId, amount: BigInt(-stake) }));
      this.#post({ ...request, restoresLotsOf: stakes.map(({ key }) => key) }, [
        {},
        ...uses.map((use) => ({ uses: [use] })),
      ]);
      for (const { user, lot } of stakes) {
        this.#spent.delete(lot);
        this.#grants[user].push(lot);
        this.#grants[user].sort((a, b) => (a < b ? -1 : 1));
      }
      return;
    }
    const winners = stakes.slice(0, 2).map(({ user }): [AccountRef, number] => [userOf(user), pot / 2]);
    const request = requestOf(
      `challenge/${challenge}/payout`,
      'challenge-payout',
      [escrowOf(challenge), -pot],
      ...winners,
    );
    const lot = { amount: BigInt(pot / 2), expiresAt: null, grantedAt: startOfDate };
    this.#post(request, [{}, { lot }, { lot }]);
  }

  /** Lots as they are in the end, accounts, and the head. */
  async finish(): Promise<void> {
    for (const { user, journalId, lineNo, amount } of this.#lots) {
      const isGrant = amount === BigInt(stake);
      const times = isGrant ? [grantedAt, expiresAt] : [startOfDate, null];
      this.#writer.add('settle_lot', [
        journalId,
        lineNo,
        user,
        amount,
        this.#spent.has(journalId) ? 0 : amount,
        ...times,
      ]);
      await this.#writer.writeFull();
    }
    for (const { account, balance } of this.#balances.values()) {
      this.#writer.add('settle_account', [account.type, account.ownerId, balance]);
      await this.#writer.writeFull();
    }
    await this.#writer.finish(this.#lastId, this.#lastHash);
  }

  #post(
    request: JournalRequest,
    effects: readonly {
      readonly lot?: Omit<Lot, 'journalId' | 'lineNo'>;
      readonly uses?: readonly { readonly lot: bigint; readonly restoresId: bigint; readonly amount: bigint }[];
    }[],
  ): bigint {
    const id = ++this.#lastId;
    const entries = request.entries.map(({ account: { type, ownerId }, amount }, i): CanonicalEntry => {
      const { lot, uses = [] } = effects[i];
      const named = uses.map((use) => ({ ...use, lot: { journalId: use.lot, lineNo: 2 } }));
      return { accountType: type, ownerId, amount, uses: named, ...(lot && { lot: { ...lot, userId: ownerId } }) };
    });
    const { key, kind, reason } = request;
    const digest = contentDigest(request);
    const previousHash = this.#lastHash;
    const canonical = { id, previousHash, key, kind, businessDate, reason, reversesId: null, contentDigest: digest };
    this.#lastHash = journalHash({ ...canonical, entries });
    this.#writer.add('settle_journal', [
      ...[id, key, kind, businessDate, reason, null, entries.length],
      ...[digest, canonicalVersion, previousHash, this.#lastHash],
    ]);
    request.entries.forEach(({ account, amount }, i) => {
      this.#book(account, amount);
      this.#writer.add('settle_entry', [id, i + 1, account.type, account.ownerId, amount]);
      const { lot, uses = [] } = effects[i];
      if (lot !== undefined)
        this.#lots.push({ user: Number(account.ownerId), journalId: id, lineNo: i + 1, amount: lot.amount });
      for (const use of uses)
        this.#writer.add('settle_consumption', [id, i + 1, use.lot, 2, use.restoresId, use.amount]);
    });
    this.entries += entries.length;
    return id;
  }

  #book(account: AccountRef, amount: bigint): void {
    const key = accountKey(account);
    const known = this.#balances.get(key);
    if (known === undefined) this.#balances.set(key, { account, balance: amount });
    else known.balance += amount;
  }
}

/** Rows by table, written when there are enough. */
class Writer {
  readonly #database: Database;
  readonly #rows = new Map<Table, SqlValue[][]>();

  constructor(database: Database) {
    this.#database = database;
  }

  add(table: Table, row: SqlValue[]): void {
    const rows = this.#rows.get(table);
    if (rows === undefined) this.#rows.set(table, [row]);
    else rows.push(row);
  }

  async writeFull(least = rowsAWrite): Promise<void> {
    if (![...this.#rows.values()].some(({ length }) => length >= least)) return;
    await this.#database.transaction(async (tx) => {
      for (const [table, rows] of this.#rows) {
        await bulkInsert(tx, this.#database.dialect, { table, columns: tables[table].split(' ') }, rows);
      }
    });
    this.#rows.clear();
  }

  async finish(lastId: bigint, lastHash: string): Promise<void> {
    await this.writeFull(1);
    const head = { last_journal_id: lastId.toString(), last_hash: lastHash };
    await this.#database.knex('settle_ledger_head').where({ id: 1 }).update(head);
  }
}

const grantSource: AccountRef = { type: 'grant', ownerId: 0n };

function userOf(user: number): AccountRef {
  return { type: 'user', ownerId: BigInt(user) };
}

function escrowOf(challenge: number): AccountRef {
  return { type: 'escrow', ownerId: BigInt(challenge + 1) };
}

function requestOf(key: string, kind: string, ...entries: readonly [AccountRef, number][]): JournalRequest {
  const reason = `${kind} of the benchmark`;
  return {
    key,
    kind,
    businessDate,
    reason,
    entries: entries.map(([account, amount]) => ({ account, amount: BigInt(amount) })),
  };
}

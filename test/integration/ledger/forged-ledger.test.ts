/** Ledgers whose hashes, head, lots and accounts all fit each other, made by who can write every table: sums that wrap. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockHead, moveHead } from '../../../src/ledger/head.ts';
import { linkJournal } from '../../../src/ledger/link-journal.ts';
import { openPageThreads } from '../../../src/ledger/page-threads.ts';
import type { Line } from '../../../src/ledger/rules/book.ts';
import type { Lot, LotUse } from '../../../src/ledger/rules/lots.ts';
import { type LedgerVerification, verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { writeJournals } from '../../../src/ledger/write-journals.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { escrow, grant, grantSource, move, post, user } from './support.ts';

type Forged = Pick<Line, 'account' | 'amount'> & {
  /** Points of the lot that it opens, all of them left. */
  readonly opens?: bigint;
  readonly uses?: readonly LotUse[];
};

const max = 2n ** 63n - 1n;
const grantedAt = '2026-11-20 00:00:00.000';

describe.each(sampledDatabases(import.meta.url))('verifying a forged ledger on $name', ({ name }) => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await openBench(name);
  });
  afterEach(() => bench.drop());

  /** Appends a journal as nobody may post it. */
  async function forge(entries: readonly Forged[], changedLots: readonly Lot[] = []): Promise<void> {
    const { database } = bench;
    await database.transaction(async (tx) => {
      const head = await lockHead({ tx });
      const id = head.lastJournalId + 1n;
      const lines = entries.map(({ account, amount, opens, uses = [] }, i): Line => {
        const lineNo = i + 1;
        const terms = { journalId: id, lineNo, userId: account.ownerId, grantedAt, expiresAt: null };
        const lot = opens === undefined ? undefined : { ...terms, amount: opens, remaining: opens };
        return { lineNo, account, amount, lot, uses };
      });
      const request = { key: `forged ${id}`, kind: 'grant', businessDate: '2026-11-20', reason: '', entries };
      const contentDigest = 'd'.repeat(64);
      const journal = linkJournal({
        id,
        request,
        reversesId: undefined,
        lines,
        contentDigest,
        previousHash: head.lastHash,
      });
      const accounts = entries.map(({ account, amount }) => ({
        ...account,
        change: amount,
        entries: 1,
        held: undefined,
      }));
      await writeJournals({ database, tx }, [journal], { accounts, lots: changedLots });
      await moveHead(tx, { lastJournalId: id, lastHash: journal.hash });
    });
  }

  async function verify(): Promise<LedgerVerification> {
    const plain = await verifyLedger(bench.database, { threads: 0 });
    const threads = openPageThreads(bench.database, 2, { journalsARun: 1n });
    try {
      expect(await verifyLedger(bench.database, { threads })).toEqual(plain);
    } finally {
      await threads.close();
    }
    return plain;
  }

  test('points out of nothing, 2^64 of them', async () => {
    await post(bench.database, [grant('good', 9, 5)]);
    await forge([
      { account: user(1), amount: max, opens: max },
      { account: user(2), amount: max, opens: max },
      { account: user(3), amount: 2n, opens: 2n },
    ]);
    expect(await verify()).toMatchObject({
      sound: false,
      journals: 1n,
      violation: { place: 'journal 2', problem: `its entries sum to ${2n ** 64n} instead of 0` },
    });
  });

  test('a credit that gives back 2^64 points more than it brings', async () => {
    const { database } = bench;
    const amount = 2n ** 62n;
    const lots: Lot[] = [];
    for (const id of [1, 3, 5, 7]) {
      await forge([
        { account: grantSource, amount: -amount },
        { account: user(1), amount, opens: amount },
      ]);
      const lot = { journalId: BigInt(id), lineNo: 2, userId: 1n, amount, grantedAt, expiresAt: null };
      await forge(
        [
          { account: user(1), amount: -amount, uses: [use(id, 0, amount)] },
          { account: grantSource, amount },
        ],
        [{ ...lot, remaining: 0n }],
      );
      lots.push({ ...lot, remaining: amount });
    }
    // What is forged well is sound.
    expect(await verify()).toMatchObject({ sound: true, journals: 8n });
    await post(database, [grant('paid', 1, 7), move('stake', user(1), escrow(5), 7)]);
    await forge(
      [
        { account: escrow(5), amount: -7n },
        { account: user(1), amount: 7n, opens: 7n, uses: [1, 3, 5, 7].map((id) => use(id, id + 1, -amount)) },
      ],
      lots,
    );
    const { sound, journals, violation } = await verify();
    expect({ sound, journals, violation }).toEqual({
      sound: false,
      journals: 10n,
      violation: { place: 'entry 11.2', problem: 'it gives back more than its 7' },
    });
  });
});

/** Of the lot that line 2 of a journal opened. */
function use(journalId: number, restoresId: number, amount: bigint): LotUse {
  return { lot: { journalId: BigInt(journalId), lineNo: 2 }, restoresId: BigInt(restoresId), amount };
}

/** Posting: idempotency, refusals, refunds, reversals; and any sequence of journals beside the oracle. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { reverseJournal } from '../../../src/ledger/reverse-journal.ts';
import { balanceMax } from '../../../src/ledger/rules/journal.ts';
import type { AccountRef, JournalRequest } from '../../../src/ledger/types.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { testDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  balancesOf,
  escrow,
  expectAsPlayed,
  grant,
  grantSource,
  lotsOf,
  move,
  post,
  postCovered,
  user,
} from './support.ts';

/** Of the ledger's tables. */
const integersOf = {
  settle_account: ['owner_id', 'balance'],
  settle_journal: ['id', 'reverses_id', 'line_count', 'hash_version'],
  settle_entry: ['journal_id', 'line_no', 'owner_id', 'amount'],
  settle_lot: ['journal_id', 'line_no', 'user_id', 'amount', 'remaining'],
  settle_consumption: ['journal_id', 'line_no', 'lot_journal_id', 'lot_line_no', 'restores_id', 'amount'],
  settle_ledger_head: ['id', 'last_journal_id'],
};
const june = '2026-06-01 00:00:00.000';
const july = '2026-07-01 00:00:00.000';

describe.each(testDatabases())('the ledger on $name', ({ name }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(name);
  });
  afterEach(() => bench.drop());

  test('answers the same key with the same journal, and refuses other content', async () => {
    const { database } = bench;
    expect(await post(database, [grant('g', 1, 10)])).toEqual([{ key: 'g', id: 1n, isNew: true }]);
    expect(await post(database, [grant('g', 1, 10), grant('h', 1, 1), grant('h', 1, 1)])).toEqual([
      { key: 'g', id: 1n, isNew: false },
      { key: 'h', id: 2n, isNew: true },
      { key: 'h', id: 2n, isNew: false },
    ]);
    await expect(post(database, [grant('g', 1, 11)])).rejects.toMatchObject({
      code: 'LEDGER_KEY_CONFLICT',
      journalKey: 'g',
      exitCode: 1,
    });
    await expect(post(database, [grant('i', 1, 1), grant('i', 2, 1)])).rejects.toMatchObject({
      code: 'LEDGER_KEY_CONFLICT',
    });
    expect(await balancesOf(database)).toEqual(
      new Map([
        ['grant:0', -11n],
        ['user:1', 11n],
      ]),
    );
  });

  test('takes all journals of a call or none, or passes over those that are not covered', async () => {
    const { database } = bench;
    const journals = [
      grant('g', 1, 10),
      move('a', user(1), escrow(5), 8),
      move('b', user(1), escrow(5), 3),
      move('c', user(1), escrow(5), 2),
    ];
    await expect(post(database, journals)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', journalKey: 'b' });
    expect((await balancesOf(database)).size).toBe(0);
    expect(await postCovered(database, journals)).toEqual(['b']);
    expect(await expectAsPlayed(database, journals)).toEqual(['b']);
    await expect(post(database, [move('d', escrow(5), user(2), 11)])).rejects.toMatchObject({
      code: 'INSUFFICIENT_POINTS',
    });
  });

  test('refuses what would take any account beyond 63 bits, and takes what just fits', async () => {
    const { database } = bench;
    const expense: AccountRef = { type: 'expense', ownerId: 0n };
    const house: AccountRef = { type: 'house', ownerId: 0n };
    const points = (key: string, from: AccountRef, to: AccountRef, amount: bigint): JournalRequest => {
      const entries = [
        { account: from, amount: -amount },
        { account: to, amount },
      ];
      return { ...move(key, from, to, 1), entries };
    };
    await post(database, [grant('five', 1, 5)]);
    await expect(post(database, [points('source', grantSource, user(1), balanceMax)])).rejects.toMatchObject({
      code: 'BALANCE_BEYOND_63_BITS',
      exitCode: 1,
      journalKey: 'source',
      message: `journal source: grant:0 would hold ${-balanceMax - 5n} points: an account holds at most ${balanceMax}, either way`,
    });
    const refused = await postCovered(database, [
      points('user', expense, user(1), balanceMax - 4n),
      points('house', expense, house, balanceMax),
      points('from house', house, user(2), 1n),
      points('into house', user(1), house, 2n),
      points('fits', user(1), house, 1n),
      points('from expense', expense, user(2), 1n),
    ]);
    expect(refused).toEqual(['user', 'into house', 'from expense']);
    expect(await balancesOf(database)).toEqual(
      new Map([
        ['expense:0', -balanceMax],
        ['grant:0', -5n],
        ['house:0', balanceMax],
        ['user:1', 4n],
        ['user:2', 1n],
      ]),
    );
    expect(await verifyLedger(database)).toMatchObject({ sound: true, journals: 4n });
  });

  test('reads all accounts of a request where sources are too many to be summed', async () => {
    const { database } = bench;
    const owing = Array.from({ length: 1_001 }, (_, i): JournalRequest => {
      const account: AccountRef = { type: 'suspense', ownerId: BigInt(i + 1) };
      return move(`owing ${i}`, account, user(1), 1);
    });
    await post(database, owing);
    const entries = [
      { account: grantSource, amount: -balanceMax },
      { account: user(1), amount: balanceMax },
    ];
    const error = { code: 'BALANCE_BEYOND_63_BITS' };
    await expect(post(database, [{ ...grant('g', 1, 1), entries }])).rejects.toMatchObject(error);
  });

  test('no column of integers keeps what is none, or beyond 63 bits', async () => {
    const { database } = bench;
    await post(database, [grant('g', 1, 5), move('m', user(1), escrow(1), 2)]);
    for (const [table, integers] of Object.entries(integersOf)) {
      const [row] = await database.knex(table);
      for (const column of integers) {
        const select = Object.keys(row).map((own) => (own === column ? '9223372036854775807 + 1' : own));
        const insert = `INSERT INTO ${table} (${Object.keys(row)}) SELECT ${select} FROM ${table} LIMIT 1`;
        await expect(database.knex.raw(insert), insert).rejects.toThrow(/CHECK constraint|mismatch|out of range/i);
      }
    }
  });

  test('gives a refund back to the lots that it came from, once', async () => {
    const { database } = bench;
    const journals = [
      grant('late', 1, 10, july),
      grant('soon', 1, 10, june),
      grant('never', 1, 10),
      move('stake', user(1), escrow(5), 15),
      move('other', user(2), escrow(5), 1),
      move('refund', escrow(5), user(1), 15, ['stake']),
      grant('for 2', 2, 4),
      move('stake 2', user(2), escrow(5), 4),
      // More than the stake: the rest is a lot of its own; and what was given back is not given back again.
      move('win', escrow(5), user(2), 4, ['stake', 'stake 2']),
      grant('more', 9, 5),
      move('stake 3', user(9), escrow(5), 5),
      move('again', escrow(5), user(1), 3, ['stake']),
    ];
    expect(await postCovered(database, journals)).toEqual(['other']);
    await expectAsPlayed(database, journals);
    const lots = await lotsOf(database);
    expect(lots.get('soon 2')).toBe(`10 10 ${june}`);
    expect(lots.get('late 2')).toBe(`10 10 ${july}`);
    expect(lots.get('again 2')).toBe('3 3 null');
  });

  test('reverses a journal once, and a reversal never', async () => {
    const { database } = bench;
    const reverse = (key: string, reason = 'mistake') =>
      database.transaction((tx) => reverseJournal({ database, tx }, { key, reason, businessDate: '2026-11-21' }));
    await post(database, [grant('old', 1, 10, june), grant('wrong', 1, 20), move('stake', user(1), escrow(5), 5)]);
    expect(await reverse('wrong')).toMatchObject({ key: 'reversal/wrong', isNew: true });
    expect(await reverse('wrong')).toMatchObject({ key: 'reversal/wrong', isNew: false });
    await expect(reverse('wrong', 'another')).rejects.toMatchObject({ code: 'LEDGER_KEY_CONFLICT' });
    await expect(reverse('reversal/wrong')).rejects.toMatchObject({ code: 'LEDGER_ALREADY_REVERSED' });
    await expect(reverse('nothing')).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_UNKNOWN' });
    await expect(reverse('old', ' ')).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_UNSOUND' });
    expect(await lotsOf(database)).toEqual(
      new Map([
        ['old 2', `10 5 ${june}`],
        ['wrong 2', '20 0 null'],
      ]),
    );
    await reverse('stake');
    expect((await lotsOf(database)).get('old 2')).toBe(`10 10 ${june}`);
    await post(database, [move('spent', user(1), escrow(6), 10)]);
    await expect(reverse('old')).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    const twice: JournalRequest = { ...move('by hand', user(1), escrow(5), 1), reverses: 'wrong' };
    await expect(post(database, [twice])).rejects.toMatchObject({ code: 'LEDGER_ALREADY_REVERSED' });
    expect(await verifyLedger(database)).toMatchObject({ violation: undefined });
  });

  test('refuses what no ledger could take', async () => {
    const { database } = bench;
    const good = grant('k', 1, 5);
    const [debit, credit] = good.entries;
    const unsound: Partial<JournalRequest>[] = [
      { key: '' },
      { key: 'x '.repeat(1) },
      { key: 'k'.repeat(191) },
      { reason: '\u001b[2J' },
      { businessDate: '2026-02-30' },
      { entries: [debit] },
      { entries: [debit, { ...credit, amount: 4n }] },
      { entries: [debit, credit, { account: user(1), amount: 0n }] },
      { entries: [debit, { ...credit, lot: { expiresAt: '2026-13-01 00:00:00.000' } }] },
      { entries: [{ ...debit, lot: { expiresAt: null } }, credit] },
      { entries: [{ ...debit, account: { type: 'bank' as 'house', ownerId: 0n } }, credit] },
      {
        entries: [
          { ...debit, amount: -(2n ** 64n) },
          { ...credit, amount: 2n ** 64n },
        ],
      },
    ];
    for (const wrong of unsound) {
      await expect(post(database, [{ ...good, ...wrong }])).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_UNSOUND' });
    }
    await expect(post(database, [move('r', user(1), user(2), 1, ['nothing'])])).rejects.toMatchObject({
      code: 'LEDGER_JOURNAL_UNKNOWN',
    });
  });

  test('keeps 64-bit amounts exact, and texts as they were', async () => {
    const { database } = bench;
    const points = 2n ** 62n + 1n;
    const entries = [
      { account: { type: 'grant' as const, ownerId: 0n }, amount: -points },
      { account: { type: 'user' as const, ownerId: 2n ** 63n - 1n }, amount: points },
    ];
    await post(database, [{ ...grant("it's \\ 한국 %", 1, 1), reason: '“quoted” \\n', entries }]);
    expect(await verifyLedger(database)).toMatchObject({ violation: undefined, entries: 2n });
    expect(await balancesOf(database)).toEqual(
      new Map([
        ['grant:0', -points],
        [`user:${2n ** 63n - 1n}`, points],
      ]),
    );
  });

  test('is what the oracle makes of any journals, in any batches', { timeout: 120_000 }, async () => {
    const { database } = bench;
    const runs = name === 'sqlite' ? 40 : 8;
    let run = 0;
    // Only for `clear`.
    await disarmLedger(database);
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (operations, size) => {
          // Each run has users and escrows of its own all the same.
          await clear();
          run++;
          const journals = journalsOf(operations, run);
          const refused: string[] = [];
          for (let at = 0; at < journals.length; at += size) {
            refused.push(...(await postCovered(database, journals.slice(at, at + size))));
          }
          expect(await expectAsPlayed(database, journals)).toEqual(refused);
          // Again: nothing moves.
          const posted = journals.filter(({ key }) => !refused.includes(key));
          const again = await database.transaction((tx) => postJournals({ database, tx }, posted));
          expect(again.every(({ isNew }) => !isNew)).toBe(true);
          const sum = [...(await balancesOf(database)).values()].reduce((total, balance) => total + balance, 0n);
          expect(sum).toBe(0n);
        },
      ),
      { numRuns: runs },
    );

    async function clear() {
      for (const table of ['entry', 'lot', 'consumption', 'journal', 'account'])
        await database.knex(`settle_${table}`).delete();
      await database.knex('settle_ledger_head').update({ last_journal_id: 0, last_hash: '0'.repeat(64) });
    }
  });
});

const small = fc.integer({ min: 1, max: 3 });
const points = fc.integer({ min: 1, max: 12 });
const operation = fc.oneof(
  fc.record({ what: fc.constant('grant' as const), user: small, points, expiry: fc.constantFrom(null, june, july) }),
  fc.record({ what: fc.constant('stake' as const), user: small, points }),
  fc.record({ what: fc.constant('refund' as const), user: small, points, of: fc.nat({ max: 29 }) }),
  fc.record({ what: fc.constant('gift' as const), user: small, points }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function journalsOf(operations: readonly Operation[], run: number): JournalRequest[] {
  const journals: JournalRequest[] = [];
  // Only journals that were posted can be restored: grants are, always.
  const grants: string[] = [];
  operations.forEach((one, i) => {
    const key = `${run}/${i}`;
    if (one.what === 'grant') {
      journals.push(grant(key, one.user, one.points, one.expiry));
      journals.push({
        ...grant(`${key}+`, one.user, 2, july),
        entries: [...grant('', one.user, 2, july).entries, ...move('', user(one.user), escrow(1), 2).entries],
      });
      grants.push(`${key}+`);
    } else if (one.what === 'stake') journals.push(move(key, user(one.user), escrow(1), one.points));
    else if (one.what === 'gift') journals.push(move(key, user(one.user), user((one.user % 3) + 1), one.points));
    else {
      const of = grants.length === 0 ? [] : [grants[one.of % grants.length]];
      journals.push(move(key, escrow(1), user(one.user), one.points, of));
    }
  });
  return journals;
}

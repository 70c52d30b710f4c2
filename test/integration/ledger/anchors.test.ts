/**
 * A ledger that was cut short or rewritten by somebody who can write every table fits itself. Ends of its chain that
 * were kept outside of the database show it.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHead } from '../../../src/ledger/head.ts';
import type { ExpectedEnd } from '../../../src/ledger/require-on-chain.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { escrow, grant, move, post, user } from './support.ts';

const tables = [
  'settle_account',
  'settle_lot',
  'settle_consumption',
  'settle_entry',
  'settle_journal',
  'settle_ledger_head',
];

describe.each(sampledDatabases(import.meta.url))('ends of the chain on $name', ({ name }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(name);
  });
  afterEach(() => bench.drop());

  async function anchor(source: string) {
    const { lastJournalId: id, lastHash: hash } = await readHead(bench.database.knex);
    return { id, hash, source };
  }

  async function rowsOfAll(): Promise<Map<string, Record<string, unknown>[]>> {
    const rows = new Map<string, Record<string, unknown>[]>();
    for (const table of tables) rows.set(table, await bench.database.knex(table));
    return rows;
  }

  /** What an attacker does who may do everything. */
  async function putBack(rows: ReadonlyMap<string, Record<string, unknown>[]>): Promise<void> {
    const { knex } = bench.database;
    await disarmLedger(bench.database);
    for (const table of tables) await knex(table).delete();
    for (const [table, some] of rows) if (some.length > 0) await knex(table).insert(some);
  }

  test('of a ledger whose tail was cut off and whose head was set back', async () => {
    const { database } = bench;
    const start = await anchor('the start');
    await post(database, [grant('a', 1, 10), grant('b', 2, 5)]);
    const first = await anchor('the first night');
    const before = await rowsOfAll();
    await post(database, [move('stake', user(1), escrow(5), 4), move('win', escrow(5), user(2), 4)]);
    const second = await anchor('the second night');
    const expected = [second, start, first];
    expect(await verifyLedger(database, { expected })).toMatchObject({
      sound: true,
      head: { id: 4n, hash: second.hash, count: 4n },
    });
    await putBack(before);
    expect(await verifyLedger(database)).toMatchObject({ sound: true, journals: 2n });
    expect(await verifyLedger(database, { expected: [start, first] })).toMatchObject({ sound: true });
    const found = await verifyLedger(database, { expected });
    expect(found).toMatchObject({ sound: false, head: undefined, violation: { place: 'journal 4' } });
    expect(found.violation?.problem).toMatch(/^it is not the one of the second night, .* no such journal any more/);
  });

  test('a slip of who typed an end is told apart, where the chain shows what was meant', async () => {
    const { database } = bench;
    await post(database, [grant('a', 1, 10)]);
    const first = { ...(await anchor('--expect')), isTyped: true };
    await post(database, [grant('b', 2, 5)]);
    const second = { ...(await anchor('--expect')), isTyped: true };
    const verify = async (...expected: ExpectedEnd[]) => (await verifyLedger(database, { expected })).contradictsEnds;
    const { hash } = second;
    const swapped = `${hash.slice(0, 30)}${hash[31]}${hash[30]}${hash.slice(32)}`.replace(/^./, (digit) =>
      digit === '0' ? '1' : '0',
    );
    expect(await verify({ ...second, hash: swapped })).toBe('mistyped');
    expect(await verify({ ...second, id: 1n })).toBe('mistyped');
    expect(await verify({ ...first, id: 77n })).toBe('mistyped');
    const rewritten = { ...first, hash: 'ab'.repeat(32) };
    expect(await verify(rewritten)).toBe('typed');
    expect(await verify({ ...rewritten, id: 77n })).toBe('typed');
    // What a program wrote down holds no slip, and what says most is told.
    expect(await verify({ ...second, isTyped: false, hash: swapped })).toBe('kept');
    expect(await verify({ ...first, id: 77n }, rewritten)).toBe('typed');
    expect(await verify(rewritten, { ...rewritten, id: 2n, isTyped: false })).toBe('kept');
    expect(await verify(first, second)).toBeUndefined();
  });

  test('of a ledger whose whole history was made anew', async () => {
    const { database } = bench;
    const empty = await rowsOfAll();
    await post(database, [grant('a', 1, 10), grant('b', 2, 5)]);
    const first = await anchor('the first night');
    await post(database, [grant('c', 3, 1)]);
    const second = await anchor('the second night');
    await putBack(empty);
    await post(database, [grant('a', 1, 1_000), grant('b', 2, 5), grant('c', 3, 1)]);
    expect(await verifyLedger(database)).toMatchObject({ sound: true, journals: 3n });
    const found = await verifyLedger(database, { expected: [second, first] });
    expect(found).toMatchObject({ sound: false, violation: { place: 'journal 2' } });
    expect(found.violation?.problem).toMatch(/^it is not the one of the first night/);
  });
});

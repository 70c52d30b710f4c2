/** Verification of a ledger of many pages: whatever the threads read in turn, they find what is found without them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPageThreads, type PageThreads } from '../../../src/ledger/page-threads.ts';
import type { JournalRequest } from '../../../src/ledger/types.ts';
import { type LedgerVerification, verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { escrow, grant, grantSource, move, post, user } from './support.ts';

const journals = 1_000;
/** Near the end, so that the columns of its page grow after pages of a thread were handed over. */
const crowd = 990;
const crowdLines = 9_000;

let bench: Bench;
let threads: readonly PageThreads[];

/** Lets verification find the same in all ways: runs of one journal, of some pages of a thread, and one run of all. */
async function verify(): Promise<LedgerVerification> {
  const plain = await verifyLedger(bench.database, { threads: 0 });
  for (const some of threads) expect(await verifyLedger(bench.database, { threads: some })).toEqual(plain);
  return plain;
}

beforeAll(async () => {
  bench = await openBench('sqlite');
  const requests = Array.from({ length: journals }, (_, i): JournalRequest => {
    if (i + 1 === crowd) return grantToAll(crowdLines - 1);
    return i % 3 === 2 ? move(`stake ${i}`, user((i - 1) % 7), escrow(i), 3) : grant(`grant ${i}`, i % 7, 10);
  });
  await post(bench.database, requests);
  // What follows is what an owner could do who takes the triggers away first.
  await disarmLedger(bench.database);
  const runs = [{ journalsARun: 1n }, { journalsARun: 100n }, { journalsARun: 300n }, {}];
  threads = runs.map((run) => openPageThreads(bench.database, 2, run));
});
afterAll(async () => {
  await Promise.all(threads.map((some) => some.close()));
  await bench.drop();
});

test('a sound ledger is sound', async () => {
  const entries = BigInt(2 * (journals - 1) + crowdLines);
  expect(await verify()).toMatchObject({ sound: true, journals: BigInt(journals), entries, violation: undefined });
});

// 256 journals are hashed before their hashes are compared, and 512 entries looked up.
test.each([
  [255, 2],
  [256, 2],
  [257, 2],
  [crowd, crowdLines],
  [crowd + 1, 2],
  [journals, 2],
])('what is changed in journal %i and its line %i is found there', async (id, line) => {
  const { knex } = bench.database;
  const changes: [string, Record<string, number>, Record<string, string | number>][] = [
    ['settle_journal', { id }, { reason: 'another' }],
    ['settle_entry', { journal_id: id, line_no: line }, { amount: 99 }],
  ];
  for (const [table, at, change] of changes) {
    const stored = await knex(table).where(at).first(Object.keys(change));
    await knex(table).where(at).update(change);
    const { sound, violation } = await verify();
    expect(sound).toBe(false);
    expect(violation?.place).toMatch(new RegExp(`^(journal|entry|lot) ${id}(\\.${line})?$`));
    await knex(table).where(at).update(stored);
  }
});

/** One journal to so many users. */
function grantToAll(users: number): JournalRequest {
  const entries = Array.from({ length: users }, (_, i) => ({ account: user(i), amount: 1n }));
  const request = grant('crowd', 0, 1);
  return { ...request, entries: [{ account: grantSource, amount: BigInt(-users) }, ...entries] };
}

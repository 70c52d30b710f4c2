/** However entries come and nights go, the same won: out of order, back-dated, over closed dates, with nights missed. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { nextDate, type OracleEntry } from '../../oracles/deposit-interest.ts';
import { randomOf } from '../../oracles/logs.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  accountsCsv,
  accrueDate,
  type Deposits,
  entriesCsv,
  expectPosted,
  importCsv,
  linesOf,
  load,
  oracleLines,
  randomDeposits,
} from './support.ts';

describe.each(sampledDatabases(import.meta.url))('interest on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  test('entries in any order, nights missed and made up for, accounts closed late, closed dates adjusted', async () => {
    const deposits = randomDeposits(24, 5);
    bench = await openBench(name);
    const { database } = bench;
    const random = randomOf(3);
    const isEarly = () => random() < 0.6;
    const first = deposits.entries.filter(isEarly);
    // Accounts that will be closed are open at first, and two come late.
    const open = deposits.accounts.slice(2).map((account) => ({ ...account, closedOn: null }));
    await load(database, { ...deposits, accounts: open, entries: first });
    const frozen = new Map<string, string[]>();
    const close = async (date: string) => {
      await close_(database, date);
      frozen.set(date, await linesOf(database, date));
    };
    let known: Deposits = { ...deposits, accounts: open, entries: first };
    // The night of the 31st is missed.
    for (const date of ['2024-01-28', '2024-01-30', '2024-02-02']) await accrueDate(database, date, few);
    expect(await linesOf(database, '2024-02-02')).toEqual(oracleLines(known, '2024-02-02'));
    await accrueDate(database, '2024-01-31', few);
    expect(await linesOf(database, '2024-01-31')).toEqual(oracleLines(known, '2024-01-31'));
    await expectPosted(database, known, '2024-02-02');
    await close('2024-01-30');
    await close('2024-01-31');
    // Everything else comes: value dates before, on and after the closed month end.
    const late: OracleEntry[] = deposits.entries.filter((entry) => !first.includes(entry));
    await importCsv(database, 'deposit-entries', entriesCsv([...late].reverse()));
    await importCsv(database, 'deposit-accounts', accountsCsv(deposits.accounts));
    known = deposits;
    await accrueDate(database, '2024-02-05', few);
    await expectPosted(database, known, '2024-02-05');
    for (const [date, lines] of frozen) expect(await linesOf(database, date)).toEqual(lines);
    // Open dates are as if everything had been there from the start.
    const isOwn = (line: string) => line.split(',').slice(0, 3).join(',');
    for (const date of ['2024-01-28', '2024-02-02', '2024-02-05']) {
      const ids = new Set(oracleLines(known, date).map((line) => line.split(',')[0]));
      const shown = (await linesOf(database, date)).filter((line) => ids.has(line.split(',')[0]));
      expect(shown.map(isOwn)).toEqual(oracleLines(known, date).map(isOwn));
    }
    const adjusted = await database.knex('settle_interest_posting').whereNotNull('corrected_job_execution_id');
    expect(adjusted.length).toBeGreaterThan(1);
    for (const row of adjusted) expect(row.booked_date).toBe('2024-02-05');
    for (const row of adjusted) expect([...frozen.keys()]).toContain(row.period_end);
    // An account that was closed too early, and a rate that changes afterwards.
    const reopened = deposits.accounts.map((account) => ({ ...account, closedOn: null }));
    await importCsv(database, 'deposit-accounts', accountsCsv(reopened));
    known = { ...deposits, accounts: reopened };
    for (const date of ['2024-02-29', '2024-03-01', '2024-03-31']) await accrueDate(database, date, few);
    expect(await linesOf(database, '2024-03-31')).toEqual(oracleLines(known, '2024-03-31'));
    await expectPosted(database, known, '2024-03-31');
    // Nothing is left to do: the next night only adds itself.
    const count = async () => Number((await database.knex('settle_interest_posting').count({ n: '*' }))[0].n);
    const before = await count();
    await accrueDate(database, '2024-04-01', few);
    expect(await count()).toBe(before);
    expect(await linesOf(database, '2024-04-01')).toEqual(oracleLines(known, '2024-04-01'));
  });

  test('accounts and entries that cannot be are set aside, and come in when they are corrected', async () => {
    const deposits = randomDeposits(6, 9);
    bench = await openBench(name);
    const { database } = bench;
    await load(database, deposits);
    const { knex } = database;
    await knex('deposit_account').insert({ id: 5, product: 'none', opened_on: '2024-01-20', closed_on: null });
    await knex('deposit_account').insert({ id: 6, product: 'saver', opened_on: '2022-12-30', closed_on: null });
    await knex('deposit_entry').insert({ id: 9_001, account_id: 4, value_date: '2024-01-20', amount: 7 });
    await knex('deposit_entry').insert({ id: 9_002, account_id: 999, value_date: '2024-01-20', amount: 7 });
    await accrueDate(database, '2024-01-31', few);
    const skipped: string[] = await knex('settle_skipped').orderBy('item_key').pluck('error');
    expect(skipped).toEqual([
      'account 5: there is no product "none"',
      'account 6: product saver has no rate in force on 2022-12-30',
      'entry 9001 is of account 4, which deposit_account does not have',
      'entry 9002 is of account 999, which deposit_account does not have',
    ]);
    expect(await linesOf(database, '2024-01-31')).toEqual(oracleLines(deposits, '2024-01-31'));
    await knex('deposit_account').where({ id: 5 }).update({ product: 'saver' });
    await knex('deposit_account').where({ id: 6 }).delete();
    await knex('deposit_entry').where('id', '>', 9_000).delete();
    const corrected = { id: 5n, product: deposits.products[0], openedOn: '2024-01-20', closedOn: null };
    const known = { ...deposits, accounts: [corrected, ...deposits.accounts] };
    await importCsv(
      database,
      'deposit-entries',
      entriesCsv([{ id: 9_003n, accountId: 5n, valueDate: '2024-01-21', amount: 900_000n }]),
    );
    const all = {
      ...known,
      entries: [...known.entries, { id: 9_003n, accountId: 5n, valueDate: '2024-01-21', amount: 900_000n }],
    };
    await accrueDate(database, '2024-02-01', few);
    expect(await linesOf(database, '2024-01-31')).toEqual(oracleLines(all, '2024-01-31'));
    await expectPosted(database, all, '2024-02-01');
    // The same entry again is passed over, another one of its id is not.
    await importCsv(
      database,
      'deposit-entries',
      entriesCsv([...all.entries.slice(0, 1), { id: 9_004n, accountId: 5n, valueDate: '2024-02-01', amount: 1n }]),
    );
    const other = { ...all.entries[0], amount: all.entries[0].amount + 1n };
    await expect(importCsv(database, 'deposit-entries', entriesCsv([other]))).rejects.toThrow(
      /line 2: id 1 is taken by a different entry/,
    );
    expect(nextDate('2024-02-28')).toBe('2024-02-29');
  });
});

/** Small chunks and several ranges: what is decided together and apart is the same. */
const few = { workers: 1, partitions: 2, chunkSize: 5 };

async function close_(database: Database, date: string): Promise<void> {
  await database
    .knex('settle_settlement_date')
    .insert({ business_date: date, job_execution_id: 1, credits_due: 0, closed_at: null });
  await closeDate(database, date);
}

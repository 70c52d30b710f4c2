/**
 * Accruals with a rival at every statement: entries that come, go and are back-dated, accounts that are opened and closed,
 * other rates, a date that is closed, another night. Each account stands in one of the two serial orders, and what the next
 * night makes of it is as the oracle.
 */
import { expect, test } from 'vitest';
import type { Database, Transaction } from '../../../src/database/database.ts';
import openAccrualPartition from '../../../src/jobs/interest/accrual-worker.ts';
import { interestAccrualJob } from '../../../src/jobs/interest/definition.ts';
import { importProducts } from '../../../src/jobs/interest/product-store.ts';
import { parseProducts } from '../../../src/jobs/interest/rules/product.ts';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import type { OracleProduct } from '../../oracles/deposit-interest.ts';
import { describeRivals, rivalTimeout } from '../../support/describe-rivals.ts';
import { inOneRange } from '../../support/one-range.ts';
import { decisivePoints, isThorough } from '../../support/thorough.ts';
import { type Deposits, expectPosted, linesOf, oracleLines, ZONE } from '../interest/support.ts';

const [first, tonight, next] = ['2023-12-31', '2024-01-31', '2024-02-01'];

const saver: OracleProduct = {
  ...{ name: 'saver', dayCount: 'ACT/365F', rounding: 'down', capitalise: 'monthly' },
  rates: [{ from: '2023-01-01', tiers: [{ from: 0, rate: '0.03' }] }],
};
const dearer: OracleProduct = {
  ...saver,
  rates: [...saver.rates, { from: '2024-01-10', tiers: [{ from: 0, rate: '0.05' }] }],
};

const account = (id: number, openedOn: string, closedOn: string | null = null) => {
  return { id, product: 'saver', opened_on: openedOn, closed_on: closedOn };
};
const entry = (id: number, accountId: number, valueDate: string, amount: number) => {
  return { id, account_id: accountId, value_date: valueDate, amount };
};

/** Of December; then what comes for tonight, some of it back-dated: all of account 5 is computed again, with 6, which is new. */
async function prepare(database: Database): Promise<void> {
  const { knex } = database;
  await importProducts(database, parseProducts([saver]));
  await knex('deposit_account').insert([1, 2, 3, 5].map((id) => account(id, '2023-12-20')));
  await knex('deposit_account').insert(account(4, '2023-12-20', '2024-01-15'));
  await knex('deposit_entry').insert([1, 2, 3, 4, 5].map((id) => entry(id, id, '2023-12-20', 7_000_000 * id)));
  await knex('settle_settlement_date').insert({ business_date: first, job_execution_id: 1, credits_due: 0 });
  await accrue(database, first);
  await knex('deposit_account').insert(account(6, '2023-12-22'));
  await knex('deposit_entry').insert([
    ...[entry(10, 1, '2024-01-05', 500_000), entry(11, 2, '2024-01-31', -100_000)],
    ...[entry(12, 5, '2023-12-28', 3_000_000), entry(13, 6, '2023-12-22', 9_000_000)],
  ]);
}

/** In the sample all are one chunk, so that its points are those of the rival's account. */
const chunkAccounts = isThorough ? 3 : 50;
/** The reading of a chunk, its comparison with what is stored, and the lock under which it is written. */
const decisive =
  /from `deposit_account`|from `settle_interest_posting` where `account_id`|from `settle_settlement_lock`/;
const night = inOneRange(interestAccrualJob, openAccrualPartition, chunkAccounts);
const accrue = (database: Database, date: string) => night(database, { date, zone: ZONE });

interface Rival {
  readonly name: string;
  readonly write: (tx: Transaction) => Promise<unknown>;
  /** Instead of `write`: what takes transactions of its own. */
  readonly run?: (database: Database) => Promise<unknown>;
}

const nothing = async () => undefined;
const rivals: readonly Rival[] = [
  {
    name: 'an entry that is back-dated into what is capitalised',
    write: (tx) => tx('deposit_entry').insert(entry(20, 1, '2023-12-25', 4_000_000)),
  },
  { name: 'an entry of today', write: (tx) => tx('deposit_entry').insert(entry(21, 3, tonight, 1_000_000)) },
  { name: 'a date that is closed', write: nothing, run: (database) => closeDate(database, first) },
  { name: 'an entry that is removed', write: (tx) => tx('deposit_entry').where({ id: 12 }).delete() },
  {
    name: 'an entry that is moved to an earlier date',
    write: (tx) => tx('deposit_entry').where({ id: 10 }).update({ value_date: '2023-12-26' }),
  },
  {
    name: 'an account that is opened in the past, with its entry',
    write: async (tx) => {
      await tx('deposit_account').insert(account(7, '2023-12-24'));
      await tx('deposit_entry').insert(entry(22, 7, '2023-12-24', 6_000_000));
    },
  },
  {
    name: 'an account that is closed before today',
    write: (tx) => tx('deposit_account').where({ id: 2 }).update({ closed_on: '2024-01-20' }),
  },
  {
    name: 'an account that was not closed after all',
    write: (tx) => tx('deposit_account').where({ id: 4 }).update({ closed_on: null }),
  },
  {
    name: 'other rates, in force for some time',
    write: nothing,
    run: (database) => importProducts(database, parseProducts([dearer])),
  },
  {
    name: 'money that goes from one account to another',
    write: (tx) => tx('deposit_entry').insert([entry(23, 1, tonight, -90_000), entry(24, 6, tonight, 90_000)]),
  },
];

async function tables(database: Database): Promise<unknown> {
  const { knex } = database;
  const { violation = 'none' } = await verifyLedger(database);
  return {
    days: await knex('settle_interest_day')
      .orderBy(['account_id', 'business_date'])
      .select('account_id', 'business_date', 'balance', 'accrued', 'denominator', 'capitalised', 'input_digest'),
    postings: await knex('settle_interest_posting')
      .orderBy(['account_id', 'period_end', 'posting_no'])
      .select('account_id', 'period_end', 'posting_no', 'booked_date', 'value_date', 'amount'),
    ended: await knex('settle_interest_ended').orderBy('account_id'),
    dates: await knex('settle_interest_date')
      .orderBy('business_date')
      .select('business_date', knex.raw('completed_at IS NULL AS is_open')),
    accounts: await knex('settle_account').orderBy(['account_type', 'owner_id']).where('balance', '<>', 0),
    violation,
  };
}

/** As the tables have them. */
async function storedDeposits({ knex }: Database): Promise<Deposits> {
  const revisions = await knex('settle_deposit_product').count({ rows: '*' });
  const product = Number(revisions[0].rows) > 1 ? dearer : saver;
  const [accounts, entries] = await Promise.all([
    knex('deposit_account').orderBy('id').select('*'),
    knex('deposit_entry').orderBy('id').select('*'),
  ]);
  return {
    products: [product],
    accounts: accounts.map((row) => {
      return { id: BigInt(row.id), product, openedOn: String(row.opened_on), closedOn: row.closed_on };
    }),
    entries: entries.map((row) => ({
      ...{ id: BigInt(row.id), accountId: BigInt(row.account_id) },
      ...{ valueDate: String(row.value_date), amount: BigInt(row.amount) },
    })),
  };
}

async function expectAsOracle(database: Database, date: string): Promise<void> {
  const stored = await storedDeposits(database);
  expect(await linesOf(database, date)).toEqual(oracleLines(stored, date));
  await expectPosted(database, stored, date);
}

describeRivals('interest and its rivals', import.meta.url, ({ name, some, expectSerial }) => {
  test.each(some(rivals))('$name', rivalTimeout, async (rival) => {
    await expectSerial(
      rival.name,
      {
        prepare,
        run: (database) => accrue(database, tonight),
        rival: async (database) => {
          if (rival.run) await rival.run(database);
          else await database.transaction(async (tx) => void (await rival.write(tx)));
        },
        picture: async (database) => {
          const afterRun = await tables(database);
          await accrue(database, next);
          await expectAsOracle(database, next);
          return afterRun;
        },
        checkSerial: async (database, serial) => {
          if (serial !== 'after' && rival.run === undefined) await expectAsOracle(database, tonight);
        },
      },
      (points, sqls) => decisivePoints(name, points, sqls, decisive),
    );
  });
});

/** What the tests of interest share: random deposits, a database with them, and its tables beside the oracle's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { interestAccrualJob } from '../../../src/jobs/interest/definition.ts';
import { importProducts } from '../../../src/jobs/interest/product-store.ts';
import { readInterest } from '../../../src/jobs/interest/read-interest.ts';
import { parseProducts } from '../../../src/jobs/interest/rules/product.ts';
import { decimalText } from '../../../src/jobs/interest/rules/rounding.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import {
  interestOf,
  nextDate,
  type OracleAccount,
  type OracleEntry,
  type OracleProduct,
} from '../../oracles/deposit-interest.ts';
import { randomOf } from '../../oracles/logs.ts';

export const ZONE = 'Asia/Seoul';

export interface Deposits {
  readonly products: readonly OracleProduct[];
  readonly accounts: readonly OracleAccount[];
  readonly entries: readonly OracleEntry[];
}

const tiers = (...each: [number, string][]) => each.map(([from, rate]) => ({ from, rate }));

export const products: readonly OracleProduct[] = [
  {
    ...{ name: 'saver', dayCount: 'ACT/365F', rounding: 'down', capitalise: 'monthly' },
    rates: [
      { from: '2023-01-01', tiers: tiers([0, '0.025'], [1_000_000, '0.03']) },
      { from: '2024-02-10', tiers: tiers([0, '0.031'], [500_000, '0.0275'], [2_000_000, '0.04']) },
    ],
  },
  {
    ...{ name: 'term', dayCount: '30/360', rounding: 'half-up', capitalise: 'quarterly' },
    rates: [{ from: '2023-01-01', tiers: tiers([0, '0.0425']) }],
  },
  {
    ...{ name: 'current', dayCount: 'ACT/ACT', rounding: 'half-even', capitalise: 'monthly' },
    rates: [{ from: '2023-01-01', tiers: tiers([0, '-0.005'], [3_000_000, '0']), negativeRate: '0.12' }],
  },
  {
    ...{ name: 'lock', dayCount: 'ACT/360', rounding: 'down', capitalise: 'at-close' },
    rates: [{ from: '2023-01-01', tiers: tiers([0, '0.0333']) }],
  },
];

/** Accounts that are opened from 2024-01-20 on, some closed, with entries until March. */
export function randomDeposits(count: number, seed: number): Deposits {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const accounts = Array.from({ length: count }, (_, i): OracleAccount => {
    const openedOn = nextDate('2024-01-20', below(20));
    const closedOn = below(4) === 0 ? nextDate(openedOn, below(30)) : null;
    return { id: BigInt(10 + 3 * i), product: products[i % products.length], openedOn, closedOn };
  });
  const entries = accounts.flatMap(({ id, openedOn }, i) =>
    Array.from({ length: 1 + below(6) }, (_, j): OracleEntry => {
      const amount = BigInt(below(4_000_000) - (j === 0 ? 0 : 1_500_000));
      return { id: BigInt(100 * i + j + 1), accountId: id, valueDate: nextDate(openedOn, below(40) - 3), amount };
    }),
  );
  return { products, accounts, entries };
}

export async function load(database: Database, { products: all, accounts, entries }: Deposits): Promise<void> {
  await importProducts(database, parseProducts(all));
  await importCsv(database, 'deposit-accounts', accountsCsv(accounts));
  await importCsv(database, 'deposit-entries', entriesCsv(entries));
}

export function accountsCsv(accounts: readonly OracleAccount[]): string {
  const lines = accounts.map((one) => `${one.id},${one.product.name},${one.openedOn},${one.closedOn ?? ''}\n`);
  return `id,product,opened_on,closed_on\n${lines.join('')}`;
}

export function entriesCsv(entries: readonly OracleEntry[]): string {
  const lines = entries.map((one) => `${one.id},${one.accountId},${one.valueDate},${one.amount}\n`);
  return `id,account_id,value_date,amount\n${lines.join('')}`;
}

export async function importCsv(database: Database, kind: ImportKind, csv: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-deposits-'));
  try {
    const file = join(folder, `${kind}.csv`);
    writeFileSync(file, csv);
    const { parameters } = await importParameters(kind, { file });
    const result = await runJob(database, importJob(kind), parameters);
    if (result.outcome === 'failed') throw result.error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function accrueDate(database: Database, date: string, options: RunJobOptions = {}): Promise<JobRunResult> {
  const result = await runJob(database, interestAccrualJob, { date, zone: ZONE }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** Lines of the date as `settle interest --format csv` has them. */
export async function linesOf(database: Database, date: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const one of readInterest(database, date)) {
    lines.push(`${one.accountId},${one.balance},${decimalText(one.accrued, one.denominator, 10)},${one.capitalised}`);
  }
  return lines;
}

/** The same lines where nothing is booked for other dates. */
export function oracleLines({ accounts, entries }: Deposits, date: string): string[] {
  return accounts.flatMap((account) => {
    const day = interestOf(account, entries, date).days.get(date);
    return day === undefined ? [] : [`${account.id},${day.balance},${day.accrued},${day.capitalised}`];
  });
}

/** What is posted of each account, on the ledger and in its own table, is what the oracle capitalises through the date. */
export async function expectPosted(
  database: Database,
  { accounts, entries }: Deposits,
  through: string,
): Promise<void> {
  const sums = async (table: string, id: string, amount: string) => {
    const rows: Record<string, unknown>[] = await database.knex(table).groupBy(id).select(id).sum({ won: amount });
    const own = rows.map((row) => [toBigInt(row[id]), toBigInt(row.won)] as const);
    return Object.fromEntries(own.filter(([, won]) => won !== 0n));
  };
  const due = accounts.map((account) => [account.id, interestOf(account, entries, through).capitalised] as const);
  const expected = Object.fromEntries(due.filter(([, won]) => won !== 0n));
  expect(await sums('settle_interest_posting', 'account_id', 'amount')).toEqual(expected);
  const deposits: Record<string, unknown>[] = await database
    .knex('settle_account')
    .where({ account_type: 'deposit' })
    .select('owner_id', 'balance');
  const held = deposits.map((row) => [toBigInt(row.owner_id), toBigInt(row.balance)] as const);
  expect(Object.fromEntries(held.filter(([, won]) => won !== 0n))).toEqual(expected);
  expect(await verifyLedger(database)).toMatchObject({ sound: true });
}

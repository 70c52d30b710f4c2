/** What the tests of payments share: random rows of both sides, their files, runs, and the tables beside the oracle. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { paymentReconciliationJob } from '../../../src/jobs/payments/definition.ts';
import { paymentsCsv } from '../../../src/jobs/payments/output/payments.ts';
import { readPayments } from '../../../src/jobs/payments/read-payments.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { randomOf } from '../../oracles/logs.ts';
import {
  type OracleApproval,
  type OracleOrder,
  type OraclePayments,
  oracleCsv,
  oracleMoney,
  seoulDay,
} from '../../oracles/payments.ts';

export const ZONE = 'Asia/Seoul';
export const dates = ['2026-11-19', '2026-11-20', '2026-11-21'] as const;

export interface Row {
  readonly kind: 'payment-orders' | 'payment-approvals';
  readonly line: string;
}

/** Orders of three dates with every class among them, and approvals of a hundred orders that are not there. */
export function randomPayments(seed: number, count: number): OraclePayments {
  const random = randomOf(seed);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const { startMs } = seoulDay(dates[0]);
  const spanMs = 3 * 86_400_000;
  const orders: OracleOrder[] = [];
  const approvals: OracleApproval[] = [];
  for (let i = 1; i <= count; i++) {
    const createdMs = startMs + Math.floor(random() * spanMs);
    const amount = 100 * (1 + Math.floor(random() * 50));
    orders.push({
      id: i * 7,
      userId: 1 + Math.floor(random() * 9),
      amount,
      status: pick(['CREATED', 'PAID', 'PAID', 'PAID', 'CANCELLED']),
      createdMs,
    });
    for (let n = pick([0, 1, 1, 1, 1, 2, 3]); n > 0; n--) {
      approvals.push({
        id: approvals.length + 1,
        // Some name an order that there is not.
        orderId: random() < 0.05 ? i * 7 + 1 : i * 7,
        amount: random() < 0.08 ? amount + 100 : amount,
        status: pick(['APPROVED', 'APPROVED', 'APPROVED', 'CANCELLED']),
        approvedMs: createdMs + Math.floor(random() * 3_600_000),
      });
    }
  }
  return { orders, approvals };
}

export function ordersCsv(orders: readonly OracleOrder[]): string {
  const lines = orders.map(
    ({ id, userId, amount, status, createdMs }) => `${id},${userId},${amount},${status},${time(createdMs)}`,
  );
  return ['id,user_id,amount,status,created_at', ...lines, ''].join('\n');
}

export function approvalsCsv(approvals: readonly OracleApproval[]): string {
  const lines = approvals.map(
    ({ id, orderId, amount, status, approvedMs }) => `${id},${orderId},${amount},${status},${time(approvedMs)}`,
  );
  return ['id,order_id,amount,status,approved_at', ...lines, ''].join('\n');
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Runs an import; throws what it failed with. */
export async function importText(
  database: Database,
  kind: Row['kind'],
  content: string | Buffer,
  options: { readonly encoding?: string; readonly amountUnit?: string; readonly map?: string } = {},
): Promise<JobRunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'settle-payments-'));
  try {
    const file = join(folder, `${kind}.csv`);
    await writeFile(file, content);
    const { parameters } = await importParameters(kind, { file, ...options });
    const result = await runJob(database, importJob(kind), parameters);
    if (result.outcome === 'failed') throw result.error;
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function load(database: Database, { orders, approvals }: OraclePayments): Promise<void> {
  await importText(database, 'payment-orders', ordersCsv(orders));
  await importText(database, 'payment-approvals', approvalsCsv(approvals));
}

/** Runs the reconciliation; throws what it failed with. */
export async function reconcile(database: Database, date: string, options: RunJobOptions = {}): Promise<JobRunResult> {
  const result = await runJob(database, paymentReconciliationJob, { date, zone: ZONE }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

export async function csvOf(database: Database, date: string, asOf = date): Promise<string> {
  return paymentsCsv(await readPayments(database, date, asOf, 10));
}

/** Points, refunds and the ledger are what plain loops make of all rows. */
export async function expectMoney(database: Database, data: OraclePayments): Promise<void> {
  const { knex } = database;
  const { points, refunds } = oracleMoney(data);
  const accounts = await knex('settle_account').where({ account_type: 'user' }).where('balance', '<>', 0);
  const held = accounts.map(({ owner_id: owner, balance }) => [Number(owner), Number(balance)]);
  expect(held.sort((a, b) => a[0] - b[0])).toEqual([...points].sort((a, b) => a[0] - b[0]));
  const asked = await knex('settle_payment_refund').where({ state: 'asked' }).orderBy('approval_id');
  expect(asked.map((row) => Number(row.approval_id))).toEqual(refunds);
  expect(await verifyLedger(database)).toMatchObject({ sound: true });
}

/** After the last of the dates was reconciled. */
export async function expectAsOracle(database: Database, data: OraclePayments, date: string): Promise<void> {
  expect(await csvOf(database, date)).toBe(oracleCsv(data, date));
  await expectMoney(database, data);
}

/** What the tests of coupons share: files imported, runs, and the tables beside the oracle's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { couponAllocationJob } from '../../../src/jobs/coupons/allocation/definition.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { allocate, type OracleCoupon, type OracleRequest } from '../../oracles/coupon-allocation.ts';
import { randomOf } from '../../oracles/logs.ts';

export const ZONE = 'Asia/Seoul';
export const DATE = '2026-11-20';
/** 00:00 of DATE in Seoul. */
export const DAY_START = Date.UTC(2026, 10, 19, 15);

export interface CouponData {
  readonly coupons: readonly OracleCoupon[];
  readonly requests: readonly OracleRequest[];
}

export async function load(database: Database, { coupons, requests }: CouponData): Promise<void> {
  await importCsv(database, 'coupons', couponsCsv(coupons));
  await importCsv(database, 'coupon-requests', requestsCsv(requests));
}

/** Runs an import; throws what it failed with. */
export async function importCsv(database: Database, kind: ImportKind, csv: string): Promise<JobRunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'settle-coupons-'));
  try {
    const file = join(folder, `${kind}.csv`);
    await writeFile(file, csv);
    const { parameters } = await importParameters(kind, { file });
    const result = await runJob(database, importJob(kind), parameters);
    if (result.outcome === 'failed') throw result.error;
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function couponsCsv(coupons: readonly OracleCoupon[]): string {
  const rows = coupons.map((c) => `${c.id},${c.quota},${time(c.opensAt)},${time(c.closesAt)}`);
  return ['id,quota,opens_at,closes_at', ...rows, ''].join('\n');
}

export function requestsCsv(requests: readonly OracleRequest[]): string {
  const rows = requests.map((r) => `${r.id},${r.couponId},${r.userId},${time(r.requestedAt)}`);
  return ['id,coupon_id,user_id,requested_at', ...rows, ''].join('\n');
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Runs the allocation; throws what it failed with. */
export async function allocateCoupons(
  database: Database,
  date: string,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  const result = await runJob(database, couponAllocationJob, { date, zone: ZONE }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** Issues as `coupon/user/place/request`, and refusals as `request reason`. */
export async function allocated({ knex }: Database): Promise<{ issues: string[]; refusals: string[] }> {
  const issues = await knex('settle_coupon_issue').orderBy(['coupon_id', 'place']);
  const refusals = await knex('settle_coupon_refusal').orderBy('request_id');
  return {
    issues: issues.map((row) => `${row.coupon_id}/${row.user_id}/${row.place}/${row.request_id}`),
    refusals: refusals.map((row) => `${row.request_id} ${row.reason}`),
  };
}

/** Asserts that issues, refusals and what the outbox adds up to are what plain loops make of the data. */
export async function expectAsOracle(database: Database, { coupons, requests }: CouponData): Promise<void> {
  const expected = allocate(coupons, requests);
  const { issues, refusals } = await allocated(database);
  expect(issues).toEqual(expected.issues);
  const reasons = [...expected.refusals].sort(([a], [b]) => Number(a - b)).map(([id, reason]) => `${id} ${reason}`);
  expect(refusals).toEqual(reasons);
  const told = new Map<string, string>();
  for (const { topic, payload } of await database.knex('settle_outbox').orderBy('id').select('topic', 'payload')) {
    const { requestId, reason } = JSON.parse(payload);
    if (topic === 'coupon.withdrawn') expect(told.get(requestId), `withdrawn ${requestId}`).toBe('issued');
    told.set(requestId, topic === 'coupon.issued' ? 'issued' : (reason ?? 'withdrawn'));
  }
  const outcome = new Map(reasons.map((line) => line.split(' ') as [string, string]));
  for (const issue of issues) outcome.set(issue.split('/')[3], 'issued');
  expect(told).toEqual(outcome);
  const rows = await database.knex('settle_coupon_allocation');
  for (const row of rows) {
    const refused = Object.values(JSON.parse(row.refused) as Record<string, number>).reduce((a, b) => a + b, 0);
    expect(Number(row.issued) + refused, `coupon ${row.coupon_id}`).toBe(Number(row.requests));
    expect(Number(row.is_complete)).toBe(1);
    if (row.quota !== null) expect(Number(row.issued)).toBeLessThanOrEqual(Number(row.quota));
  }
}

/** Coupons of every kind, reproducible: quotas, windows, repeats, ties, requests outside and of unknown coupons. */
export function randomData(coupons: number, requestsMax: number, seed: number): CouponData {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const all: OracleCoupon[] = [];
  const requests: OracleRequest[] = [];
  for (let i = 1; i <= coupons; i++) {
    const id = BigInt(i * 3);
    const opensAt = DAY_START + below(10) * HOUR;
    const closesAt = opensAt + below(4) * HOUR;
    const count = below(requestsMax + 1);
    // One in twelve is not there.
    if (below(12) > 0) all.push({ id, quota: BigInt(below(count + 3)), opensAt, closesAt });
    for (let n = 0; n < count; n++) {
      const requestedAt = opensAt - HOUR / 2 + below(5 * 60) * 60_000 + below(2);
      requests.push({ id: 0n, couponId: id, userId: BigInt(1 + below(requestsMax)), requestedAt });
    }
  }
  const shuffled = requests.map((request) => ({ request, at: random() })).sort((a, b) => a.at - b.at);
  const numbered = shuffled.map(({ request }, i) => ({ ...request, id: BigInt(i * 2 + 1) }));
  return { coupons: all, requests: numbered };
}

const HOUR = 3_600_000;

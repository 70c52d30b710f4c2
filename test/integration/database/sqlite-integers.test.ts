/** SQLite keeps no REAL where money and counts are: what would become one is refused, whoever writes it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';

let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await freshPlatform('sqlite');
  database = await openDatabase(place.url);
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

const MAX = 2n ** 63n - 1n;
const basis = {
  views_before: 0,
  views_after: 1,
  ads_before: 0,
  ads_after: 1,
  view_amount: 1,
  ad_amount: 1,
  total: MAX,
};
const settled = { video_id: 1, card_no: 1, input_digest: '', job_execution_id: 1, ...basis };
const terms = { threshold_percent: 70, fee_bp: 0, no_winner_policy: 'refund' };
const pots = { pot: MAX, forfeited: 0, fee: 0, house: 0, refunded: 0, distributable: 0, left_over: 0 };
const who = { challenge_id: 1, user_id: 1 };
/** A row that is taken, with the largest number that there is, by table; and the column that is then added to. */
const ROWS: readonly [table: string, column: string, row: Record<string, unknown>][] = [
  [
    'video_daily_stats',
    'views',
    { business_date: '2026-11-20', video_id: 1, views: MAX, ad_views: 0, play_seconds: 0 },
  ],
  ['settle_video_count', 'ads', { period: '2026-11', video_id: 1, views: 0, ads: MAX }],
  ['settle_video_settlement', 'total', { business_date: '2026-11-20', revision: 1, is_current: 1, ...settled }],
  [
    'settle_settlement_adjustment',
    'total',
    {
      corrected_date: '2026-11-20',
      adjustment_no: 1,
      corrected_job_execution_id: 1,
      booked_date: '2026-11-21',
      ...settled,
    },
  ],
  [
    'settle_creator_credit',
    'amount',
    { journal_key: 'k', business_date: '2026-11-20', credit_no: 1, amount: MAX, job_execution_id: 1 },
  ],
  ['challenge', 'stake', { id: 1, status: 'READY', start_date: '2026-11-20', end_date: '2026-11-21', stake: MAX }],
  ['challenge_member', 'stake', { id: 1, ...who, stake: MAX, joined_at: '2026-11-20 00:00:00.000' }],
  [
    'settle_challenge',
    'pot',
    {
      ...{ challenge_id: 1, status: 'FINISHED', business_date: '2026-11-20', zone: 'UTC', job_execution_id: 1 },
      ...{ members: 1, winners: 1, days: 1, ...terms, ...pots },
    },
  ],
  [
    'settle_payout',
    'payout',
    {
      ...{ member_id: 1, ...who, verdict: 'won', proof_days: 1, percent: 100, stake: 1, kind: 'share' },
      ...{ pot: 1, weight: null, payout: MAX, job_execution_id: 1 },
    },
  ],
];

test.each(ROWS)('%s keeps whole numbers of 63 bits only in %s', async (table, column, row) => {
  const { knex } = database;
  for (const wrong of [1.5, 'many', 2 ** 63]) {
    await expect(knex(table).insert({ ...row, [column]: wrong })).rejects.toThrow(/no integer of 64 bits/);
  }
  await knex(table).insert(row);
  await expect(knex(table).increment(column, 1)).rejects.toThrow(/no integer of 64 bits|append-only/);
  const [kept] = await knex(table).select(column);
  expect(BigInt(kept[column])).toBe(MAX);
  // A sum that would go beyond is an error of SQLite's own, never a REAL.
  await expect(knex.raw(`SELECT SUM(n) FROM (SELECT ${column} AS n FROM ${table} UNION ALL SELECT 1)`)).rejects.toThrow(
    /integer overflow/,
  );
});

/**
 * What amounts follow from and lies in other tables (rate cards, closed dates with their prices, ends of challenges and
 * payouts with their inputs) is on the chain: any change of any column is found, and named.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { load, settleChallenges } from '../challenge/support.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { lowCard, putStatistics, putVideos, settleDate, useCard } from '../video-settlement/support.ts';

const day1 = '2026-11-20';
const day2 = '2026-11-21';

/** Keys of the tables, and the rows that are recorded. */
const recorded: Readonly<Record<string, { readonly keys: readonly string[]; readonly of?: Record<string, string> }>> = {
  settle_rate_card: { keys: ['card_no'] },
  settle_settlement_date: { keys: ['business_date'], of: { business_date: day1 } },
  settle_video_settlement: { keys: ['business_date', 'video_id', 'revision'], of: { business_date: day1 } },
  settle_settlement_adjustment: { keys: ['corrected_date', 'video_id', 'adjustment_no'] },
  settle_creator_credit: { keys: ['journal_key'], of: { business_date: day1 } },
  settle_challenge: { keys: ['challenge_id'] },
  settle_payout: { keys: ['member_id'] },
};

describe.each(sampledDatabases(import.meta.url))('records on the chain on $name', ({ name }) => {
  let bench: Bench;
  let database: Database;

  beforeAll(async () => {
    bench = await openBench(name);
    database = bench.database;
    await useCard(database, lowCard);
    const creators = new Map([
      [1n, 9n],
      [2n, null],
    ]);
    await putVideos(database, creators);
    const views = (videoId: bigint, date: string, count: number) => ({ date, videoId, views: count, ads: count });
    await putStatistics(database, day1, [views(1n, day1, 7), views(2n, day1, 5)]);
    await settleDate(database, day1);
    await closeDate(database, day1);
    // Late rows of the closed date: booked in the next, which is closed as well.
    await putStatistics(database, day1, [views(1n, day1, 9), views(2n, day1, 5)]);
    await putStatistics(database, day2, [views(1n, day2, 1)]);
    await settleDate(database, day1);
    await settleDate(database, day2);
    await closeDate(database, day2);
    const challenge = {
      id: 1n,
      status: 'READY' as const,
      startDate: '2026-05-25',
      endDate: '2026-05-26',
      minMembers: 1,
      thresholdPercent: 70,
      feeBp: 100,
      noWinnerPolicy: 'refund' as const,
    };
    const member = (id: bigint) => ({ id, challengeId: 1n, userId: id, stake: 100n, joinedAt: Date.UTC(2026, 4, 20) });
    const members = [11n, 12n, 13n].map((id) => ({ ...member(id), quitAt: id === 13n ? Date.UTC(2026, 4, 21) : null }));
    const proofs = ['2026-05-25', '2026-05-26'].map((date) => ({ challengeId: 1n, userId: 11n, date }));
    await load(database, { challenges: [challenge], members, proofs });
    // On the start date who had quit gets the stake back; later the others are settled: two executions.
    await settleChallenges(database, '2026-05-25');
    await settleChallenges(database, '2026-05-27');
    await disarmLedger(database);
  }, 240_000);
  afterAll(() => bench.drop());

  test('are there, of each thing one, and fit', async () => {
    expect(await verifyLedger(database)).toMatchObject({ sound: true, violation: undefined });
    const keys = await database.knex('settle_journal').where({ kind: 'record' }).orderBy('id').pluck('journal_key');
    expect(keys).toEqual([
      'record:rate-card:0',
      'record:rate-card:1',
      `record:closing:${day1}`,
      `record:closing:${day2}`,
      expect.stringMatching(/^record:challenge:1:\d+$/),
      expect.stringMatching(/^record:challenge:1:\d+$/),
    ]);
  });

  test.each(Object.keys(recorded))('any change of a column of %s is found, and a row that is gone', async (table) => {
    const { knex } = database;
    const { keys, of = {} } = recorded[table];
    const rows: Record<string, string | number | null>[] = await knex(table).where(of);
    expect(rows.length).toBeGreaterThan(0);
    const at = (row: (typeof rows)[0]) => Object.fromEntries(keys.map((key) => [key, row[key]]));
    const [first] = rows;
    for (const [column, value] of Object.entries(first)) {
      const other = otherThan(value, column);
      const where = { ...at(first), ...(keys.includes(column) ? { [column]: other } : {}) };
      await knex(table)
        .where(at(first))
        .update({ [column]: other });
      const { sound, violation } = await verifyLedger(database);
      expect(sound, `${table}.${column}: ${value} -> ${other}`).toBe(false);
      expect(violation?.place).toMatch(/^(rate card|the closed date|challenge) /);
      await knex(table)
        .where(where)
        .update({ [column]: value });
    }
    await knex(table).where(at(first)).delete();
    expect(await verifyLedger(database)).toMatchObject({ sound: false });
    await knex(table).insert(first);
    expect(await verifyLedger(database)).toMatchObject({ sound: true });
  });

  test('a card whose price was changed prices nothing, with its own digest made anew, too', async () => {
    const { knex } = database;
    const [{ body, digest }] = await knex('settle_rate_card').where({ card_no: 1 });
    const dear = body.replace('"price":"1"', '"price":"1000"');
    const { createHash } = await import('node:crypto');
    for (const own of [digest, createHash('sha256').update(dear).digest('hex')]) {
      await knex('settle_rate_card').where({ card_no: 1 }).update({ body: dear, digest: own });
      await expect(settleDate(database, '2026-11-22')).rejects.toMatchObject({
        code: 'RATE_CARD_CHANGED',
        exitCode: 20,
        message: 'rate card 1 has been changed since it was imported: nothing is priced with it',
      });
      expect((await verifyLedger(database)).violation?.place).toBe('rate card 1');
    }
    await knex('settle_rate_card').where({ card_no: 1 }).update({ body, digest });
    await settleDate(database, '2026-11-22');
  });
});

function otherThan(value: string | number | null, column: string): string | number {
  if (value === null) return 1;
  if (typeof value === 'number') return value + 50;
  if (/_at$/.test(column)) return '2020-01-01 00:00:00.000000';
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return '2020-01-01';
  return value.length < 3 ? `${value}x` : `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}`;
}

/**
 * Whatever the order in which rows come, in which batches, twice or taken back again, over ends of months and years, with
 * crashes, runs again, closes and changes by hand in between: the net balances in the end are those of one clean run over
 * all rows, and of the naive settlement.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { netByVideo, type OracleStatistics, settleVideosNaively } from '../../oracles/video-settlement.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  creatorsOf,
  lowCard,
  netOfCreators,
  paidLines,
  putStatistics,
  putVideos,
  settleAndDie,
  settleDate,
  useCard,
} from './support.ts';

// The last of them has a whole year, whole months and single dates before it.
const dates = ['2024-11-30', '2024-12-31', '2026-05-30', '2026-05-31', '2026-06-01', '2026-07-01', '2026-07-02'];
const creators = new Map<bigint, bigint | null>([
  [1n, 100n],
  [2n, 100n],
  [3n, 200n],
  [4n, null],
]);

/** Views of a video on a date that arrive together. */
interface Delivery {
  readonly date: string;
  readonly videoId: bigint;
  readonly views: number;
  readonly ads: number;
  /** When it arrives; the sort makes the order of arrival. */
  readonly arrival: number;
  /** It turns out to be no counted view after all, at the very end. */
  readonly isTakenBack: boolean;
}

interface Batch {
  readonly size: number;
  /** Delivered once more, with the next batch. */
  readonly again: boolean;
  /** The transactions that a run of each of its dates commits before it dies and is started again. */
  readonly dies: number | null;
  /** Its statistics are put in place past any run. */
  readonly byHand: boolean;
  /** Of the dates that were settled so far, which one is closed after it. */
  readonly closes: number | null;
  readonly reversed: boolean;
}

const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    date: fc.constantFrom(...dates),
    videoId: fc.constantFrom(1n, 2n, 3n, 4n, 5n),
    views: fc.integer({ min: 1, max: 12 }),
    ads: fc.integer({ min: 0, max: 4 }),
    arrival: fc.integer({ min: 0, max: 1000 }),
    isTakenBack: fc.boolean(),
  }),
  { minLength: 3, maxLength: 14 },
);
const batches: fc.Arbitrary<Batch[]> = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 6 }),
    again: fc.boolean(),
    dies: fc.option(fc.nat(6)),
    byHand: fc.boolean(),
    closes: fc.option(fc.nat(10)),
    reversed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

function statisticsOf(delivered: ReadonlySet<Delivery>): OracleStatistics[] {
  const sums = new Map<string, OracleStatistics>();
  for (const { date, videoId, views, ads } of delivered) {
    const key = `${date} ${videoId}`;
    const sum = sums.get(key) ?? { date, videoId, views: 0, ads: 0 };
    sums.set(key, { date, videoId, views: sum.views + views, ads: sum.ads + ads });
  }
  return [...sums.values()];
}

/** Publishes the statistics of the dates and settles them, as a run of each date would. */
async function settleDates(
  bench: Bench,
  rows: readonly OracleStatistics[],
  due: readonly string[],
  { dies, byHand }: Pick<Batch, 'dies' | 'byHand'>,
) {
  for (const date of due) {
    const ofDate = rows.filter((row) => row.date === date);
    await putStatistics(bench.database, date, ofDate, { byHand });
    if (dies !== null) await settleAndDie(bench.database, date, dies);
    await settleDate(bench.database, date);
  }
}

/** As it was before the first date; the ledger's head too. */
async function empty({ database }: Bench, head: Readonly<Record<string, unknown>>): Promise<void> {
  for (const table of tables) await database.knex(table).delete();
  await database.knex('settle_journal').where('id', '>', Number(head.last_journal_id)).delete();
  await database.knex('settle_ledger_head').update(head);
}

const tables = [
  'video_daily_stats',
  'settle_statistics_run',
  'settle_video_count',
  'settle_video_count_period',
  'settle_video_settlement',
  'settle_settlement_adjustment',
  'settle_settlement_date',
  'settle_creator_credit',
  'settle_account',
  'settle_consumption',
  'settle_lot',
  'settle_entry',
];

describe.each(sampledDatabases(import.meta.url))('views in any order on $name', { timeout: 300_000 }, ({ name }) => {
  let bench: Bench;
  let head: Record<string, unknown>;
  beforeAll(async () => {
    bench = await openBench(name);
    await useCard(bench.database, lowCard);
    await putVideos(bench.database, creators);
    await disarmLedger(bench.database);
    head = await bench.database.knex('settle_ledger_head').first('*');
  });
  afterAll(() => bench.drop());

  it('give the same net balances as one clean run', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, batches, async (rows, plan) => {
        await empty(bench, head);
        const { database } = bench;
        const arriving = [...rows].sort((a, b) => a.arrival - b.arrival);
        const delivered = new Set<Delivery>();
        const settled = new Set<string>();
        const closed = new Set<string>();
        let again: Delivery[] = [];
        const deliver = async (batch: readonly Delivery[], how: Batch) => {
          for (const row of batch) delivered.add(row);
          const due = [...new Set(batch.map(({ date }) => date))].sort();
          await settleDates(bench, statisticsOf(delivered), how.reversed ? due.reverse() : due, how);
          for (const date of due) settled.add(date);
        };
        for (const batch of plan) {
          const next = [...arriving.splice(0, batch.size), ...again];
          again = batch.again ? next : [];
          await deliver(next, batch);
          const date = batch.closes === null ? undefined : [...settled][batch.closes % settled.size];
          if (date === undefined) continue;
          await closeDate(database, date);
          closed.add(date);
        }
        await deliver(arriving, plan[0]);
        // At last some views turn out to be none, and only their dates are run once more, in any order.
        const takenBack = rows.filter(({ isTakenBack }) => isTakenBack);
        for (const row of takenBack) delivered.delete(row);
        const statistics = statisticsOf(delivered);
        const due = dates.filter((date) => takenBack.some((row) => row.date === date));
        await settleDates(bench, statistics, plan[0].reversed ? due.reverse() : due, {
          dies: null,
          byHand: plan[0].byHand,
        });

        const expected = settleVideosNaively(statistics, [lowCard]);
        expect(await netOfCreators(database)).toEqual(creatorsOf(netByVideo(expected), creators));
        const paid = (await paidLines(database, '2024-01-01', '2026-12-31')).map((line) => line.split(','));
        const net = new Map(paid.map(([videoId, , , total]) => [BigInt(videoId), BigInt(total)]));
        const zero = (map: Map<bigint, bigint>) => new Map([...map].filter(([, total]) => total !== 0n));
        expect(zero(net)).toEqual(zero(netByVideo(expected)));
        const [{ sum }] = (await database.knex('settle_entry').sum({ sum: 'amount' })) as { sum: unknown }[];
        expect(Number(sum ?? 0)).toBe(0);
      }),
      { numRuns: name === 'sqlite' ? 40 : 6, seed: 20_261_120, endOnFailure: name !== 'sqlite' },
    );
  });
});

/**
 * Sums of past months and years are a shortcut: whatever happens to the statistics under them, counts before a date are
 * those that the statistics add up to.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Counts, CountsBefore } from '../../../src/jobs/video-settlement/counts-before.ts';
import { readTrueSums } from '../../../src/jobs/video-settlement/sum-counts.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { paidLines, putStatistics, settleDate } from './support.ts';

const day = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))('sums of counts on $name', ({ name }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(name);
    await put('2024-03-31', [[1n, 5]]);
    await put('2024-04-01', [
      [1n, 7],
      [2n, 8],
    ]);
    await put('2026-10-31', [[2n, 9]]);
    await put('2026-11-19', [[3n, 1]]);
    await put(day, [
      [1n, 1],
      [2n, 1],
    ]);
    await settleDate(bench.database, day);
  });
  afterEach(() => bench.drop());

  const put = (date: string, rows: readonly [videoId: bigint, views: number][], how?: { byHand: boolean }) =>
    putStatistics(
      bench.database,
      date,
      rows.map(([videoId, views]) => ({ date, videoId, views, ads: 0 })),
      how,
    );
  const summed = async () => [...(await readTrueSums(bench.database.knex)).keys()];
  const viewsBefore = async (date: string) => {
    const counts: Map<bigint, Counts> = await bench.database.transaction(async (tx) =>
      (await CountsBefore.of(tx, date)).read([1n, 2n, 3n, 4n]),
    );
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([videoId, { views }]) => [videoId, views]);
  };
  const counted = [
    [1n, 12n],
    [2n, 17n],
    [3n, 1n],
  ];

  it('are of every month before the date, and of years that ended long ago', async () => {
    expect(await summed()).toEqual(['2024', '2024-03', '2024-04', '2026-10']);
    expect(await viewsBefore(day)).toEqual(counted);
    // The sums are what is read: of nobody would this be known otherwise.
    await bench.database.knex('settle_video_count').where({ period: '2024', video_id: 1 }).update({ views: 112 });
    expect((await viewsBefore(day))[0]).toEqual([1n, 112n]);
  });

  it('are passed over from the moment when one of their dates is published anew', async () => {
    await put('2024-04-01', [[1n, 70]]);
    expect(await summed()).toEqual(['2024-03', '2026-10']);
    expect(await viewsBefore(day)).toEqual([
      [1n, 75n],
      [2n, 9n],
      [3n, 1n],
    ]);
    await settleDate(bench.database, '2024-04-01');
    await settleDate(bench.database, day);
    expect(await summed()).toEqual(['2024', '2024-03', '2024-04', '2026-10']);
    expect((await viewsBefore(day))[0]).toEqual([1n, 75n]);
  });

  it.each([
    [
      'a count',
      '2024-04-01',
      [
        [1n, 8],
        [2n, 8],
      ],
      [1n, 13n],
    ],
    [
      'counts that change places',
      '2024-04-01',
      [
        [1n, 8],
        [2n, 7],
      ],
      [1n, 13n],
    ],
    ['a month that was empty', '2024-02-01', [[1n, 1]], [1n, 13n]],
    ['a date of a month', '2026-10-01', [[1n, 1]], [1n, 13n]],
    ['a month that is emptied', '2024-03-31', [], [1n, 7n]],
  ] as [string, string, [bigint, number][], [bigint, bigint]][])(
    'are made anew when the statistics were changed by hand: %s',
    async (_what, date, rows, expected) => {
      await put(date, rows, { byHand: true });
      await settleDate(bench.database, day);
      expect((await viewsBefore(day))[0]).toEqual(expected);
    },
  );

  it('can be lost, all or some', async () => {
    await bench.database.knex('settle_video_count_period').where('period', '<', '2024-04').delete();
    expect(await viewsBefore(day)).toEqual(counted);
    await settleDate(bench.database, day);
    expect(await summed()).toEqual(['2024', '2024-03', '2024-04', '2026-10']);
    expect(await viewsBefore(day)).toEqual(counted);
  });

  it('leave a late row to be priced on every later date of its video, and on no other', async () => {
    const { database } = bench;
    for (const date of ['2024-03-31', '2024-04-01', '2026-10-31', '2026-11-19']) await settleDate(database, date);
    const written = async () => {
      const rows = await database.knex('settle_video_settlement').where('revision', '>', 1).select('video_id');
      return rows.map((row) => Number(row.video_id));
    };
    await put('2024-03-31', [[1n, 100_005]]);
    await settleDate(database, '2024-03-31');
    expect(new Set(await written())).toEqual(new Set([1]));
    // 100,000 x 1 + 5 x 1.1; then 7 x 1.1 and 1 x 1.1 more, each through it less what was before, rounded down.
    expect(await paidLines(database, '2024-03-31')).toEqual(['1,100005,0,100005']);
    expect(await paidLines(database, '2024-04-01')).toEqual(['1,8,0,8', '2,8,0,8']);
    expect(await paidLines(database, day)).toEqual(['1,1,0,1', '2,1,0,1']);
  });

  it('notice a video that had lost its views before its date was ever settled', async () => {
    const { database } = bench;
    // The run of 10-31 died before it settled; by its next publication video 2 has no view on it any more.
    await put('2026-10-31', [[1n, 3]]);
    await settleDate(database, '2026-10-31');
    const row = await database
      .knex('settle_video_settlement')
      .where({ business_date: day, video_id: 2, is_current: 1 });
    expect(row[0]).toMatchObject({ views_before: 8, views_after: 9 });
  });
});

/** Rankings of day, week, month and the popular window beside the oracle, over dates settled out of order. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { topVideos as topOfRule } from '../../../src/jobs/views/rules/ranking.ts';
import { readRanking } from '../../../src/jobs/views/statistics/rank-videos.ts';
import { readStatistics } from '../../../src/jobs/views/statistics/read-statistics.ts';
import { addDays, periodOf } from '../../../src/rules/business-time.ts';
import { judgeLog, periodSums, summariseDate, topVideos, type VideoSums } from '../../oracles/daily-statistics.ts';
import { buildLog } from '../../oracles/logs.ts';
import { sampledDatabases, testRedisUrl } from '../../support/databases.ts';
import { type Bench, openBench, settle } from './support.ts';

const zone = 'Asia/Seoul';
// 2026-06-01 is a Monday and a 1st: the log lies on both sides of a week's and a month's end.
const dates = ['2026-05-31', '2026-06-01', '2026-06-02'];

describe.each(sampledDatabases(import.meta.url))('rankings on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    delete process.env.SETTLE_REDIS_URL;
    await bench?.drop();
    bench = undefined;
  });

  it('are the top of each period, also where a date is settled after later ones', async () => {
    const log = buildLog('hot', 3, 3000, dates[1], zone);
    bench = await openBench(name, log);
    const { database } = bench;
    for (const date of [dates[2], dates[0], dates[1]]) await settle(database, date, zone, { workers: 1 });
    const judged = judgeLog(log.rows, log.videos);
    const expectTop = async (
      kind: 'day' | 'week' | 'month' | 'popular',
      label: string,
      sums: Map<bigint, VideoSums>,
    ) => {
      for (const [metric, measure] of [['views', 'views'] as const, ['play_seconds', 'playSeconds'] as const]) {
        const ranked = await readRanking(database, kind, label, metric);
        expect(ranked.map(({ videoId, value }) => ({ videoId, value }))).toEqual(topVideos(sums, measure, 5));
        expect(ranked.map(({ place }) => place)).toEqual(ranked.map((_, at) => at + 1));
      }
    };
    for (const date of dates) {
      await expectTop('day', date, periodSums(judged, date, zone, 'day'));
      const window = [addDays(date, -2), addDays(date, -1), date].filter((day) => dates.includes(day));
      const sums = new Map<bigint, VideoSums>();
      for (const day of window) {
        for (const [id, add] of summariseDate(judged, day, zone).sums) {
          const sum = sums.get(id) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
          sums.set(id, {
            views: sum.views + add.views,
            adViews: sum.adViews + add.adViews,
            playSeconds: sum.playSeconds + add.playSeconds,
          });
        }
      }
      await expectTop('popular', date, sums);
    }
    // Only settled dates count, so each period is the sum of those of the three that lie in it.
    for (const kind of ['week', 'month'] as const) {
      for (const date of dates) {
        const { from, to, label } = periodOf(date, kind);
        const inside = dates.filter((day) => day >= from && day <= to);
        const videos = await readStatistics(database, { from: inside[0], to: inside[inside.length - 1] });
        const ranked = await readRanking(database, kind, label, 'views');
        expect(ranked.map(({ videoId }) => videoId)).toEqual(topOfRule(videos, 'views').map(({ videoId }) => videoId));
      }
    }
  });

  it('publish the popular one to Redis, the newest date under the plain key', async () => {
    const redis = new Redis(testRedisUrl());
    try {
      await redis.del(
        'settle:popular',
        'settle:popular:date',
        'settle:revisions',
        ...dates.map((date) => `settle:popular:${date}`),
      );
      process.env.SETTLE_REDIS_URL = testRedisUrl();
      bench = await openBench(name, buildLog('ordered', 5, 2000, dates[1], zone));
      const { database } = bench;
      for (const date of [dates[1], dates[0]]) await settle(database, date, zone, { workers: 1 });
      for (const [key, date] of [
        ['settle:popular', dates[1]],
        [`settle:popular:${dates[0]}`, dates[0]],
      ]) {
        const stored = await redis.zrevrange(key, 0, -1, 'WITHSCORES');
        const ranking = await readRanking(database, 'popular', date, 'views');
        expect(new Map(ranking.map(({ videoId, value }) => [String(videoId), String(value)]))).toEqual(
          new Map(stored.flatMap((member, at) => (at % 2 === 0 ? [[member, stored[at + 1]]] : []))),
        );
      }
      expect(await redis.get('settle:popular:date')).toBe(dates[1]);
    } finally {
      redis.disconnect();
    }
  });
});

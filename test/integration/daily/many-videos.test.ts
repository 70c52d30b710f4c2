/**
 * More videos than one bucket of sums holds: the plan cuts them, workers and merge keep sums by bucket, and publishing
 * puts the buckets together. Ids that lie close together, and ids that lie far apart, are looked up in different ways.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import { statisticsStep } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { selectPlan } from '../../../src/repository/partition.ts';
import type { LogRow } from '../../oracles/daily-statistics.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, expectAsOracle, openBench, settle } from './support.ts';

const date = '2026-11-20';
const zone = 'Asia/Seoul';
const startMs = Date.parse('2026-11-19T15:00:00Z');
const videoCount = 500_100;
/** Number of videos by id, from 0, at the edges of the buckets of 250,000. */
const edges = [0, 1, 249_998, 249_999, 250_000, 250_001, 499_999, 500_000, videoCount - 1];

describe.each(sampledDatabases(import.meta.url))('a date of many videos on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  it.each([1n, 1_000n])('equals the naive pass, ids %s apart', async (apart) => {
    const idOf = (video: number) => 7n + BigInt(video) * apart;
    // The same viewers come back within and after 30 s, also where one partition ends and the next begins.
    const rows = Array.from({ length: 600 }, (_, at): LogRow => {
      const edge = edges[(at * 7) % edges.length];
      const viewedAt = startMs + at * 4_000;
      return {
        id: BigInt(at + 1),
        videoId: idOf(edge),
        viewerId: BigInt(1 + (at % 4)),
        viewedAt,
        playSeconds: at,
        adViews: 1,
      };
    });
    bench = await openBench(name, { rows, videos: new Map() });
    const { database } = bench;
    await database.transaction(async (tx) => {
      for (let from = 0; from < videoCount; from += 20_000) {
        const page = Array.from({ length: Math.min(20_000, videoCount - from) }, (_, at) => [idOf(from + at), null]);
        await bulkInsert(tx, database.dialect, { table: 'video', columns: ['id', 'creator_id'] }, page);
      }
    });
    const { execution } = await settle(database, date, zone, { workers: 2, partitions: 3, chunkSize: 90 });
    const plan = await selectPlan(database.knex, execution.jobInstanceId, statisticsStep);
    expect(JSON.parse(plan?.detail ?? '{}').videoBounds).toEqual([String(idOf(249_999)), String(idOf(499_999))]);
    const videos = new Map(edges.map((edge) => [idOf(edge), null]));
    await expectAsOracle(database, { rows, videos }, date, zone);
  });
});

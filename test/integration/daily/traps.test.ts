/** Traps that real systems fell into (domain.md section 8), and planning that reads little more than the date. */
import { afterEach, describe, expect, it } from 'vitest';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { startOfDate } from '../../oracles/calendar.ts';
import type { LogRow } from '../../oracles/daily-statistics.ts';
import { buildLog, number, plainRows, randomOf, someVideos, withLateArrivals } from '../../oracles/logs.ts';
import { type Log, writeLog } from '../../oracles/read-log.ts';
import { administer, testDatabases } from '../../support/databases.ts';
import { type Bench, expectAsOracle, leftOvers, openBench, publishedCsv, settle } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
const dayMs = 86_400_000;
const midnight = startOfDate(date, zone);

/** Rows of five days in order of time, `perDay` a day, with a hole of ids in each day, and room before the first. */
function fiveDays(perDay: number): Log {
  const rows = plainRows(randomOf(5), 5 * perDay, midnight - 2 * dayMs, midnight + 3 * dayMs, 30);
  return { rows: number(rows, perDay / 2).map((row) => ({ ...row, id: row.id + 1000n })), videos: someVideos(30) };
}

function view(id: bigint, viewedAt: number, viewerId = 77_777n): LogRow {
  return { id, videoId: 3n, viewerId, viewedAt, playSeconds: 5, adViews: 1 };
}

describe.each(testDatabases())('traps on $name', ({ name }) => {
  let bench: Bench;
  afterEach(async () => {
    await bench.drop();
  });

  async function add(log: Log, rows: LogRow[]): Promise<Log> {
    await writeLog(bench.test.url, { rows, videos: new Map() });
    return { rows: [...log.rows, ...rows], videos: log.videos };
  }

  // Trap 11.
  it('finds rows that turned up in old zones, in holes, and before the first id', async () => {
    let log = fiveDays(2000);
    bench = await openBench(name, log);
    const { database } = bench;
    await settle(database, date, zone, { workers: 2, partitions: 3 });
    await expectAsOracle(database, log, date, zone);
    const firstId = log.rows[0].id;
    const holeOfFirstDay = log.rows[1000].id - 5n;
    const holeOfLastDay = log.rows[9000].id - 5_000_000n;
    expect(log.rows.some(({ id }) => id === holeOfFirstDay || id === holeOfLastDay)).toBe(false);
    log = await add(log, [
      view(firstId - 3n, midnight + 1000),
      view(holeOfFirstDay, midnight + 31_000),
      view(holeOfLastDay, midnight + 62_000, 77_778n),
      view(log.rows[4000].id - 5n, midnight + 5000, 77_779n),
    ]);
    await settle(database, date, zone, { rerun: true, workers: 2 });
    await expectAsOracle(database, log, date, zone);
    // Another date that has never been settled meets them too.
    log = await add(log, [view(holeOfFirstDay + 1n, midnight + 2 * dayMs + 500)]);
    await settle(database, '2026-11-22', zone, { workers: 1 });
    await expectAsOracle(database, log, '2026-11-22', zone);
  });

  // Trap 11, in the midst of a run: the plan is made, then a row turns up that no zone of it promises.
  it('drops a plan that a late row has overtaken, and plans anew', async () => {
    let log = fiveDays(2000);
    bench = await openBench(name, log);
    const { database } = bench;
    const stop = new AbortController();
    const first = await runJob(
      database,
      dailyJob,
      { date, zone },
      {
        workers: 2,
        partitions: 4,
        chunkSize: 200,
        signal: stop.signal,
        progress: (event) => {
          if (event.type === 'advanced') stop.abort('SIGTERM');
        },
      },
    );
    expect(first.outcome).toBe('stopped');
    const partitions = await listPartitions(database, first.execution.jobInstanceId, 'daily-statistics');
    const last = partitions[partitions.length - 1];
    expect(last.status).not.toBe('COMPLETED');
    // At the date's first second, among the ids of its last hours.
    log = await add(log, [view(log.rows[6000].id - 5n, midnight + 1500), view(last.maxId - 5_000n, midnight + 1500)]);
    const second = await settle(database, date, zone, { workers: 2 });
    expect(second.execution.jobInstanceId).toBe(first.execution.jobInstanceId);
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
  });

  // Trap 2.
  it('gives the same bytes on a re-run, and takes away what is gone', async () => {
    const dirty = buildLog('dirty', 8, 3000, date, zone);
    // An undated row stays in quarantine, whatever becomes of the log; the date's own rows do not.
    const log = { ...dirty, rows: dirty.rows.filter(({ viewedAt }) => viewedAt !== null) };
    bench = await openBench(name, log);
    const { database } = bench;
    await settle(database, date, zone, { workers: 2, partitions: 3 });
    const before = await publishedCsv(database, date);
    await settle(database, date, zone, { rerun: true, workers: 1 });
    expect(await publishedCsv(database, date)).toBe(before);
    await database.knex('view_log').delete();
    await settle(database, date, zone, { rerun: true });
    await expectAsOracle(database, { rows: [], videos: log.videos }, date, zone);
  });

  it('settles a date of an empty log, and a log of one row', async () => {
    bench = await openBench(name);
    const { database } = bench;
    await settle(database, date, zone);
    await expectAsOracle(database, { rows: [], videos: new Map() }, date, zone);
    const log = { rows: [view(-(2n ** 63n) + 5n, midnight)], videos: new Map([[3n, null]]) };
    await writeLog(bench.test.url, log);
    await settle(database, date, zone, { rerun: true });
    await expectAsOracle(database, log, date, zone);
  });

  it('takes ids, videos and viewers over the whole range of 64 bits', async () => {
    bench = await openBench(name);
    const base = 2n ** 62n;
    const videos = new Map<bigint, bigint | null>([
      [2n ** 63n - 1n, base + 1n],
      [-(2n ** 63n), null],
      [0n, 0n],
    ]);
    const ids = [...videos.keys()];
    const rows = Array.from({ length: 400 }, (_, at): LogRow => {
      const viewerId = at % 3 === 0 ? base + BigInt(at % 7) : BigInt(at % 5) - 2n;
      const viewedAt = midnight - 20_000 + at * 1700;
      return {
        id: base + BigInt(at) * 3n,
        videoId: ids[at % 3],
        viewerId,
        viewedAt,
        playSeconds: at,
        adViews: 2 ** 31 - 1,
      };
    });
    await writeLog(bench.test.url, { rows, videos });
    await settle(bench.database, date, zone, { workers: 2, partitions: 4, chunkSize: 30 });
    await expectAsOracle(bench.database, { rows, videos }, date, zone);
  });

  it('reads at most a tenth more than the rows of the date where disorder is minutes', async () => {
    const perDay = 20_000;
    const rows = plainRows(randomOf(9), 5 * perDay, midnight - 2 * dayMs, midnight + 3 * dayMs, 50);
    // A row comes up to 30 rows late: about two minutes.
    const log = { rows: number(withLateArrivals(randomOf(10), rows, 0.5, 30), 5000), videos: someVideos(50) };
    bench = await openBench(name, log);
    await settle(bench.database, date, zone, { workers: 2 });
    const { verdicts } = await expectAsOracle(bench.database, log, date, zone);
    const run = await bench.database.knex('settle_statistics_run').where({ business_date: date }).first('verdicts');
    const { read, outside } = JSON.parse(run.verdicts);
    expect(read - outside).toBe(verdicts.invalid + verdicts.self + verdicts.repeat + verdicts.counted);
    expect(read).toBeLessThanOrEqual(1.1 * (read - outside));
  });

  it('reads the rows of the date, not the days into which single rows were late', async () => {
    const perDay = 10_000;
    const rows = plainRows(randomOf(11), 5 * perDay, midnight - 2 * dayMs, midnight + 3 * dayMs, 50);
    // One row in 2000 comes a day or two late, and is its zone's stray.
    const late = rows.map((row, at) =>
      at % 2000 === 999 ? { ...row, viewedAt: row.viewedAt! - dayMs * (1 + (at % 2)) } : row,
    );
    const log = { rows: number(late), videos: someVideos(50) };
    bench = await openBench(name, log);
    await settle(bench.database, date, zone, { workers: 2, partitions: 4 });
    await expectAsOracle(bench.database, log, date, zone);
    const run = await bench.database.knex('settle_statistics_run').where({ business_date: date }).first('verdicts');
    const { read, outside } = JSON.parse(run.verdicts);
    expect(read).toBeLessThanOrEqual(1.1 * (read - outside));
  });

  // Trap 12.
  if (name !== 'sqlite') {
    it('reads UTC whatever zone the server is set to, and outlives a pause of the reader', async () => {
      const log = buildLog('ordered', 4, 1000, date, zone);
      bench = await openBench(name, log);
      await administer(name, "SET GLOBAL time_zone = '+09:00'");
      try {
        await settle(bench.database, date, zone, { workers: 1 });
        await expectAsOracle(bench.database, log, date, zone);
      } finally {
        await administer(name, "SET GLOBAL time_zone = 'SYSTEM'");
      }
      const [[session]] = await bench.database.knex.raw('SELECT @@session.net_write_timeout AS seconds');
      expect(Number(session.seconds)).toBeGreaterThanOrEqual(3600);
    });
  }
});

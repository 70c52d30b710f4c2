/** Traps that real systems fell into (domain.md section 8), and planning that reads little more than the date. */
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import type { ProgressEvent } from '../../../src/engine/progress.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { topVideos } from '../../../src/jobs/views/rules/ranking.ts';
import { readRanking } from '../../../src/jobs/views/statistics/rank-videos.ts';
import { readStatistics } from '../../../src/jobs/views/statistics/read-statistics.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { startOfDate } from '../../oracles/calendar.ts';
import type { LogRow } from '../../oracles/daily-statistics.ts';
import { buildLog, number, plainRows, randomOf, someVideos, withLateArrivals } from '../../oracles/logs.ts';
import { type Log, writeLog } from '../../oracles/read-log.ts';
import { administer, sampledDatabases } from '../../support/databases.ts';
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

describe.each(sampledDatabases(import.meta.url))('traps on $name', ({ name }) => {
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
    const all = fiveDays(2000);
    // An id that is free in the midst of a zone which the plan reads, among rows of the date's last hours.
    const free = all.rows[5900].id;
    let log: Log = { ...all, rows: all.rows.filter(({ id }) => id !== free) };
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
    expect(last.minId < free && free < last.maxId).toBe(true);
    // At the date's first seconds: one in a zone that is read, one in a hole that is not.
    log = await add(log, [view(free, midnight + 1500), view(all.rows[3000].id - 5n, midnight + 2500, 77_778n)]);
    const second = await settle(database, date, zone, { workers: 2 });
    expect(second.execution.jobInstanceId).toBe(first.execution.jobInstanceId);
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
  });

  // Trap 11: the late row lies before the look-back, in a zone that is read and said to hold the date only.
  it('finds late rows before the look-back when a chain of views needs them', async () => {
    const rows = plainRows(randomOf(6), 3000, midnight - dayMs, midnight + 2 * dayMs, 10);
    const start = rows.findIndex(({ viewedAt }) => viewedAt! >= midnight + 3_600_000);
    const chain = [-50_000, -30_000, -10_000, 1000].map((ms) => ({
      ...rows[0],
      videoId: 3n,
      viewerId: 99n,
      viewedAt: midnight + ms,
    }));
    const numbered = number([...rows.slice(0, start), ...chain, ...rows.slice(start)]);
    const free = numbered[start + 300].id;
    let log: Log = { rows: numbered.filter(({ id }) => id !== free), videos: someVideos(10) };
    bench = await openBench(name, log);
    await settle(bench.database, '2026-11-21', zone, { workers: 1 });
    log = await add(log, [view(free, midnight - 65_000, 99n)]);
    await settle(bench.database, date, zone, { workers: 2, partitions: 3 });
    await expectAsOracle(bench.database, log, date, zone);
  });

  it('finds a late row also where another was purged in the same run of zones', async () => {
    let log = fiveDays(2000);
    bench = await openBench(name, log);
    const { database } = bench;
    await settle(database, date, zone, { workers: 1 });
    const purged = log.rows[100];
    await database.knex('view_log').where({ id: purged.id.toString() }).delete();
    log = await add({ ...log, rows: log.rows.filter((row) => row !== purged) }, [
      view(log.rows[1000].id - 7n, midnight + 1000),
    ]);
    await settle(database, date, zone, { rerun: true, workers: 1 });
    await expectAsOracle(database, log, date, zone);
  });

  it('settles several dates at once, after late rows, each in a process-like run of its own', async () => {
    let log = fiveDays(3000);
    bench = await openBench(name, log);
    const days = name === 'sqlite' ? [date] : ['2026-11-18', '2026-11-19', date, '2026-11-21', '2026-11-22'];
    const others = await Promise.all(days.map(() => openDatabase(bench.test.url)));
    try {
      for (let round = 0; round < 2; round++) {
        const late = [1500, 4500, 10_500].map((at) =>
          view(log.rows[at].id - 9n - BigInt(round), midnight + at, BigInt(at)),
        );
        log = await add(log, late);
        const runs = days.map((day, at) => settle(others[at], day, zone, { workers: 1, rerun: round > 0 }));
        await Promise.all(runs);
        for (const day of days) await expectAsOracle(bench.database, log, day, zone);
      }
      const week = await readRanking(bench.database, 'week', '2026-W47', 'views');
      const inWeek = days.filter((day) => day <= '2026-11-22');
      const sums = await readStatistics(bench.database, { from: inWeek[0], to: inWeek[inWeek.length - 1] });
      expect(week.map(({ videoId }) => videoId)).toEqual(topVideos(sums, 'views').map(({ videoId }) => videoId));
    } finally {
      for (const other of others) await other.close();
    }
  });

  it('judges a date by one set of videos, also when one is added between a stop and the restart', async () => {
    const base = fiveDays(2000);
    const videos = new Map([...base.videos].filter(([id]) => id !== 7n));
    const log: Log = { rows: base.rows, videos };
    bench = await openBench(name, log);
    const stop = new AbortController();
    const progress = (event: ProgressEvent) => {
      if (event.type === 'partition-ended') stop.abort('SIGTERM');
    };
    const shape = { workers: 1, partitions: 4, chunkSize: 300 };
    const first = await runJob(bench.database, dailyJob, { date, zone }, { ...shape, signal: stop.signal, progress });
    expect(first.outcome).toBe('stopped');
    await writeLog(bench.test.url, { rows: [], videos: new Map([[7n, null]]) });
    await settle(bench.database, date, zone, shape);
    await expectAsOracle(bench.database, { rows: base.rows, videos: new Map([...videos, [7n, null]]) }, date, zone);
  });

  it('refuses to replace the statistics of another zone unless told to', async () => {
    const log = buildLog('ordered', 12, 500, date, zone);
    bench = await openBench(name, log);
    await settle(bench.database, date, zone, { workers: 1 });
    const other = 'America/Los_Angeles';
    await expect(settle(bench.database, date, other)).rejects.toMatchObject({ code: 'OTHER_ZONE', exitCode: 2 });
    await expectAsOracle(bench.database, log, date, zone);
    const allowed = await runJob(bench.database, dailyJob, { date, zone: other, 'zone-change': 'allow' });
    expect(allowed.outcome).toBe('completed');
    await expectAsOracle(bench.database, log, date, other);
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

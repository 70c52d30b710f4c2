/** A view log that lies on several shards: the date is the one of the same rows in one log, whatever the cut. */

import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ColumnBatch } from '../../../src/database/column-batch.ts';
import { registerShards, withViewLog } from '../../../src/jobs/views/log/open-log.ts';
import { viewLogColumns } from '../../../src/jobs/views/log/view-log.ts';
import { countArrivedRows } from '../../../src/jobs/views/statistics/arrived-rows.ts';
import { LogScanner } from '../../../src/jobs/views/statistics/log-scanner.ts';
import { readPlanDetail } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { readStatisticsRun } from '../../../src/jobs/views/statistics/statistics-run.ts';
import { verifyDate } from '../../../src/jobs/views/statistics/verify.ts';
import { buildLog, LOG_KINDS, randomOf } from '../../oracles/logs.ts';
import { type Log, writeLog } from '../../oracles/read-log.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runThroughKills } from '../../support/kill-run.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { isThorough, onServers } from '../../support/thorough.ts';
import { type Bench, expectAsOracle, leftOvers, openBench, settle } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
const names = ['east', 'west', 'north'];
/** As decision 0059 has keys of shards, written anew here; 0 is of a shard in settle's own database. */
const keyOf = (shard: number, id: bigint) => BigInt(shard + 1) * 2n ** 45n + id;

interface CutLog {
  /** The rows of each shard, with their ids there. */
  readonly parts: readonly Log[];
  /** The same rows as one log, by keys. */
  readonly whole: Log;
}

/** Rows fall anywhere, so that the views of a pair lie on several shards. */
function cut(log: Log, seed: number): CutLog {
  const random = randomOf(seed);
  const shardOf = log.rows.map(() => Math.floor(random() * names.length));
  const parts = names.map((_, shard) => ({
    rows: log.rows.filter((_row, at) => shardOf[at] === shard),
    videos: new Map<bigint, bigint | null>(),
  }));
  const whole = parts.flatMap(({ rows }, shard) => rows.map((row) => ({ ...row, id: keyOf(shard, row.id) })));
  return { parts, whole: { rows: whole, videos: log.videos } };
}

describe.each(sampledDatabases(import.meta.url))('a log on shards, on $name', ({ name }) => {
  let bench: Bench | undefined;
  let shards: TestDatabase[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    await bench?.drop();
    await Promise.all(shards.map((shard) => shard.drop()));
    [bench, shards] = [undefined, []];
  });

  const words = (of = shards) => of.map(({ url }, at) => `${names[at]}=${url}`).join(' ');

  async function open(log: Log, seed: number): Promise<{ bench: Bench; cut: CutLog }> {
    const parted = cut(log, seed);
    bench = await openBench(name, { rows: [], videos: log.videos });
    for (const part of parted.parts) {
      const shard = await freshPlatform(name);
      shards.push(shard);
      await writeLog(shard.url, part);
    }
    vi.stubEnv('SETTLE_SHARDS', words());
    return { bench, cut: parted };
  }

  const kinds = LOG_KINDS.filter((_, at) => isThorough || name === 'sqlite' || at % 3 === (name === 'mysql' ? 1 : 0));
  test.each(kinds)('equals the naive pass over the same rows as one log that is %s', async (kind) => {
    const opened = await open(buildLog(kind, 31, 3000, date, zone), 7);
    const { database } = opened.bench;
    for (const [day, options] of [
      ['2026-11-19', { workers: 1 }],
      [date, { workers: 2, partitions: 5, chunkSize: 97 }],
    ] as const) {
      await settle(database, day, zone, options);
      await expectAsOracle(database, opened.cut.whole, day, zone);
      expect((await verifyDate(database, { date: day })).differences).toEqual([]);
    }
    expect(await leftOvers(database)).toEqual([]);
  });

  test('rows that come late on one shard are told of, and taken in by the next run', async () => {
    const log = buildLog('dirty', 32, 1200, date, zone);
    const opened = await open(log, 8);
    const { database } = opened.bench;
    await settle(database, date, zone);
    const arrived = async () => await countArrivedRows(database, (await readStatisticsRun(database.knex, date))!);
    expect(await arrived()).toBe(0);
    const [video] = log.videos.keys();
    const late = {
      id: 900_000n,
      videoId: video,
      viewerId: 777_777n,
      viewedAt: Date.parse(`${date}T03:00:00Z`),
      playSeconds: 5,
      adViews: 1,
    };
    await writeLog(shards[1].url, { rows: [late], videos: new Map() });
    expect(await arrived()).toBe(1);
    const { code, stderr } = await runSettle(['run', 'daily', '--date', date, '--zone', zone, '--rerun'], {
      url: opened.bench.test.url,
      env: { SETTLE_SHARDS: words() },
    });
    expect([0, 3], stderr).toContain(code);
    const { whole } = opened.cut;
    const rows = [...whole.rows, { ...late, id: keyOf(1, late.id) }];
    await expectAsOracle(database, { ...whole, rows }, date, zone);
  });

  test('killed at any commit and started again, it is the same', async () => {
    const opened = await open(buildLog('dirty', 33, 2000, date, zone), 9);
    const args = ['run', 'daily', '--date', date, '--zone', zone, '--partitions', '4', '--chunk', '150'];
    const points = (onServers(name, [9, 21, 33], [21]) as number[]).map(
      (at) => ({ mode: 'after-commit', at }) as const,
    );
    const environment = { SETTLE_SHARDS: words() };
    const { url } = opened.bench.test;
    expect(await runThroughKills(args, url, points, undefined, undefined, environment)).toBeGreaterThan(0);
    await expectAsOracle(opened.bench.database, opened.cut.whole, date, zone);
  });

  test.skipIf(name === 'sqlite')('on workers, of which one does not know the shards and takes nothing', async () => {
    const opened = await open(buildLog('repeats', 35, 2000, date, zone), 11);
    const { url } = opened.bench.test;
    const worker = (env: Record<string, string>) =>
      startSettle(['worker', '--threads', '1'], { url, env: { ...env, SETTLE_LOG: 'warn' } });
    const environment = { SETTLE_SHARDS: words() };
    const args = ['run', 'daily', '--date', date, '--zone', zone, '--workers', 'remote', '--partitions', '6'];
    const run = startSettle(args, { url, env: environment });
    const ignorant = worker({});
    let said = '';
    ignorant.child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    await expect.poll(() => said, { timeout: 60_000 }).toContain('SETTLE_SHARDS does not name east, west, north');
    const knowing = worker(environment);
    const { code, stderr } = await run.outcome;
    expect([0, 3], stderr).toContain(code);
    for (const { child, outcome } of [ignorant, knowing]) {
      child.kill('SIGTERM');
      await outcome;
    }
    await expectAsOracle(opened.bench.database, opened.cut.whole, date, zone);
    const rows = await opened.bench.database.knex('settle_partition').where('epoch', '<>', 1);
    expect(rows).toEqual([]);
  });

  const viewAt = (id: bigint, video: bigint, viewerId: bigint, at = `${date}T03:00:00Z`) => ({
    id,
    videoId: video,
    viewerId,
    viewedAt: Date.parse(at),
    playSeconds: 5,
    adViews: 1,
  });

  test('the last id of a shard and the first one of the next are two runs', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    const last = 2n ** 45n - 1n;
    const rows = [viewAt(last - 1n, 7n, 1n), viewAt(last, 7n, 2n)];
    await writeLog(shards[0].url, { rows, videos: new Map() });
    await writeLog(shards[1].url, { rows: [viewAt(0n, 7n, 3n), viewAt(1n, 7n, 4n)], videos: new Map() });
    await settle(own.database, date, zone, { workers: 1, partitions: 1 });
    const whole = [
      ...rows.map((row) => ({ ...row, id: keyOf(0, row.id) })),
      viewAt(keyOf(1, 0n), 7n, 3n),
      viewAt(keyOf(1, 1n), 7n, 4n),
    ];
    await expectAsOracle(own.database, { rows: whole, videos: new Map([[7n, null]]) }, date, zone);
  });

  test('a negative id that turns up late is refused, not looked for on the shard before', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    await writeLog(shards[1].url, { rows: [viewAt(5n, 7n, 1n)], videos: new Map() });
    await settle(own.database, date, zone);
    await writeLog(shards[1].url, { rows: [viewAt(-3n, 7n, 2n)], videos: new Map() });
    await expect(settle(own.database, date, zone, { rerun: true })).rejects.toMatchObject({ code: 'SHARD_IDS' });
  });

  test('a log that was one goes on as a shard among others, with its ids', async () => {
    const log = buildLog('dirty', 36, 1500, date, zone);
    const parted = cut(log, 12);
    const own = await openBench(name, { rows: parted.parts[0].rows, videos: log.videos });
    bench = own;
    await settle(own.database, '2026-11-19', zone);
    for (const part of parted.parts.slice(1)) {
      const shard = await freshPlatform(name);
      shards.push(shard);
      await writeLog(shard.url, part);
    }
    // Named last, it has the number 0 all the same: its rows in the quarantine stay the ones that they are.
    vi.stubEnv('SETTLE_SHARDS', `west=${shards[0].url} north=${shards[1].url} own=${own.test.url}`);
    await settle(own.database, date, zone);
    const rows = parted.parts.flatMap((part, shard) =>
      part.rows.map((row) => ({ ...row, id: BigInt(shard) * 2n ** 45n + row.id })),
    );
    await expectAsOracle(own.database, { rows, videos: log.videos }, date, zone);
    const run = { ...(await readStatisticsRun(own.database.knex, '2026-11-19'))! };
    const verified = await verifyDate(own.database, { date: '2026-11-19' });
    expect(await countArrivedRows(own.database, run)).toBe(verified.arrived);
    expect((await verifyDate(own.database, { date })).differences).toEqual([]);
    // Of a log of many rows the ids above the run's last one are counted; that is no key of a shard.
    await own.database
      .knex('settle_zone')
      .where({ table_name: 'view_log@own' })
      .limit(1)
      .update({ row_count: 6_000_000 });
    expect(await countArrivedRows(own.database, run)).toBe(verified.arrived);
  });

  const dense = (from: string, viewer: bigint) =>
    Array.from({ length: 300 }, (_, at) => ({
      ...viewAt(BigInt(at + 1), 7n, viewer + BigInt(at), from),
      viewedAt: Date.parse(from) + at * 1000,
    }));

  test('a name that was given up and comes back is a new shard: nothing of the old one is remembered', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    await writeLog(shards[2].url, { rows: dense('2026-11-10T03:00:00Z', 1_000n), videos: new Map() });
    await settle(own.database, '2026-11-15', zone);
    await own.database.knex('settle_shard').where({ name: 'north' }).delete();
    // The ids that the zones of the old one had without a gap, of another date.
    const other = await freshPlatform(name);
    const rows = dense(`${date}T03:00:00Z`, 2_000n);
    await writeLog(other.url, { rows, videos: new Map() });
    await Promise.all(shards.splice(2).map((shard) => shard.drop()));
    shards.push(other);
    vi.stubEnv('SETTLE_SHARDS', words());
    await settle(own.database, date, zone);
    const whole = rows.map((row) => ({ ...row, id: keyOf(2, row.id) }));
    await expectAsOracle(own.database, { rows: whole, videos: new Map([[7n, null]]) }, date, zone);
  });

  test('URLs that were exchanged are met by a map that was made of the other log', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    const parts = [dense('2026-11-10T03:00:00Z', 1_000n), dense(`${date}T03:00:00Z`, 2_000n)];
    await writeLog(shards[0].url, { rows: parts[0], videos: new Map() });
    await writeLog(shards[1].url, { rows: parts[1], videos: new Map() });
    await settle(own.database, '2026-11-15', zone);
    vi.stubEnv('SETTLE_SHARDS', `east=${shards[1].url} west=${shards[0].url} north=${shards[2].url}`);
    await settle(own.database, date, zone);
    const rows = parts[1].map((row) => ({ ...row, id: keyOf(0, row.id) }));
    await expectAsOracle(own.database, { rows, videos: new Map([[7n, null]]) }, date, zone);
  });

  test('two servers with the same rows are refused: one is a replica of the other', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    const rows = Array.from({ length: 100 }, (_, at) => viewAt(BigInt(at + 1), 7n, BigInt(at + 1)));
    for (const shard of [shards[0], shards[2]]) await writeLog(shard.url, { rows, videos: new Map() });
    await expect(settle(own.database, date, zone)).rejects.toMatchObject({ code: 'SHARD_TWICE', exitCode: 2 });
    expect(await own.database.knex('settle_shard')).toEqual([]);
  });

  test('a host on which a name leads to another server is refused', async () => {
    const { bench: own } = await open(buildLog('ordered', 38, 600, date, zone), 1);
    const { database } = own;
    await settle(database, date, zone);
    const [{ id }] = await database.knex('BATCH_JOB_INSTANCE').max({ id: 'JOB_INSTANCE_ID' });
    const detail = await readPlanDetail(database.knex, Number(id));
    const elsewhere = `east=${shards[0].url} west=${own.test.url} north=${shards[2].url}`;
    vi.stubEnv('SETTLE_SHARDS', elsewhere);
    const zones = detail.zones.map(({ from, to }) => ({ fromId: BigInt(from), toId: BigInt(to) }));
    const scanner = new LogScanner(database, { ...detail, zones }, pino({ enabled: false }));
    const batch = new ColumnBatch(viewLogColumns, 1000);
    const scanned = async (number: number) => {
      const range = { from: BigInt(number) * 2n ** 45n, to: BigInt(number) * 2n ** 45n + 10_000n, limit: 1000 };
      return await scanner.scan(range, batch, () => {}, undefined as never);
    };
    expect(await scanned(1)).toBeGreaterThan(0);
    await expect(scanned(2)).rejects.toMatchObject({ code: 'SHARD_OTHER', exitCode: 2 });
    await scanner.close();
  });

  test('a run that began before another one named one more shard is refused', async () => {
    const { bench: own } = await open({ rows: [], videos: new Map([[7n, null]]) }, 1);
    const { database } = own;
    vi.stubEnv('SETTLE_SHARDS', words(shards.slice(0, 2)));
    const registered = withViewLog(database, async (log) => {
      vi.stubEnv('SETTLE_SHARDS', words());
      await withViewLog(database, async (more) => await registerShards(database, more, async () => {}));
      await registerShards(database, log, async () => {});
    });
    await expect(registered).rejects.toMatchObject({ code: 'SHARDS_CHANGED' });
  });

  test('a configuration that would lose rows or count them twice is refused, in one line', async () => {
    const { bench: own } = await open(buildLog('dirty', 34, 300, date, zone), 10);
    const { url } = own.test;
    const run = async (SETTLE_SHARDS: string, args = ['run', 'daily', '--date', date, '--zone', zone]) => {
      const { code, stderr } = await runSettle(args, { url, env: { SETTLE_SHARDS, SETTLE_LOG: 'error' } });
      return { code, stderr };
    };
    const twice = `east=${shards[0].url} west=${shards[0].url}`;
    expect(await run(twice)).toEqual({ code: 2, stderr: expect.stringContaining('the shards east and west are one') });
    expect(await run('mysql://root@127.0.0.1/x')).toEqual({
      code: 2,
      stderr: expect.stringContaining('SETTLE_SHARDS: number 1 does not begin with a name'),
    });
    expect((await run(words())).code).toBe(3);
    for (const some of [words(shards.slice(0, 2)), '']) {
      expect(await run(some, ['run', 'daily', '--date', date, '--zone', zone, '--rerun'])).toEqual({
        code: 2,
        stderr: expect.stringContaining('SETTLE_SHARDS does not name'),
      });
    }
    const [{ last }] = await own.database.knex('settle_quarantine').max({ last: 'job_execution_id' });
    const skipped = await runSettle(['skipped', String(last)], { url, env: { SETTLE_SHARDS: words() } });
    expect(skipped.stdout, skipped.stderr).toMatch(/id \d+ of shard (east|west|north)/);
    expect(await run(words(), ['seed', '--rows', '10', '--date', date])).toEqual({
      code: 2,
      stderr: expect.stringContaining('the view log lies on the shards'),
    });
    await writeLog(url, { rows: [buildLog('ordered', 1, 10, date, zone).rows[0]], videos: new Map() });
    expect(await run(words(), ['run', 'daily', '--date', '2026-11-21', '--zone', zone])).toEqual({
      code: 2,
      stderr: expect.stringContaining('view_log of this database has rows'),
    });
  });
});

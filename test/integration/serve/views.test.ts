/**
 * Views that are posted: told at once what the night says when they come in order, written once whatever is sent twice or
 * killed, taken unchecked without Redis, and found by the night also while it plans.
 */
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { purgeViewBatches } from '../../../src/jobs/views/online/purge-batches.ts';
import { dailyStatistics, judgeLog, type LogRow, statisticsCsv, type Videos } from '../../oracles/daily-statistics.ts';
import { readLog, writeLog } from '../../oracles/read-log.ts';
import {
  freshPlatform,
  sampledDatabases,
  type TestDatabase,
  testDatabases,
  testRedisUrl,
} from '../../support/databases.ts';
import { switchEnv } from '../../support/kill-run.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { type RunningService, startService, TOKEN } from '../../support/serve.ts';

const DATE = '2026-11-20';
const ZONE = 'Asia/Seoul';
const START = Date.UTC(2026, 10, 19, 16);
/** Of this file's runs alone: the Redis is shared. */
const VIEWERS = 1_000_000 * (1 + (process.pid % 900_000)) + (Date.now() % 1_000) * 1_000_000_000_000;
const VIDEOS: Videos = new Map([...Array(20)].map((_, at) => [BigInt(at + 1), at === 3 ? BigInt(VIEWERS) : null]));

/** A database of the shared Redis for each part of this file: they post the same pairs, sooner than a window ends. */
function redisUrlOf(part: 'posted' | 'killed', name: string): string {
  const url = new URL(testRedisUrl());
  url.pathname = `/${1 + ['sqlite', 'mariadb', 'mysql'].indexOf(name) + (part === 'posted' ? 0 : 3)}`;
  return url.href;
}

interface View {
  readonly video_id: number;
  readonly viewer_id: number;
  readonly viewed_at: string;
  readonly play_seconds: number;
  readonly ad_views: number;
}
interface Answer {
  readonly status: number;
  readonly isReplayed: boolean;
  readonly retryAfter: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly views: readonly { readonly verdict: string; readonly id?: number; readonly reason?: string }[];
}

const view = (video: number, viewer: number, ms: number, more: Partial<View> = {}): View => ({
  video_id: video,
  viewer_id: VIEWERS + viewer,
  viewed_at: new Date(START + ms).toISOString(),
  play_seconds: 7,
  ad_views: viewer % 3,
  ...more,
});

async function post(url: string, key: string, views: readonly View[], isNdjson = false): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/views`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'idempotency-key': key,
      'content-type': isNdjson ? 'application/x-ndjson' : 'application/json',
    },
    body: isNdjson ? views.map((one) => `${JSON.stringify(one)}\n`).join('') : JSON.stringify(views),
  });
  const body = JSON.parse(await response.text());
  const { headers, status } = response;
  return { ...body, status, isReplayed: headers.has('idempotent-replayed'), retryAfter: headers.get('retry-after') };
}

/** A log in order of time: pairs that come back within 30 s and later, a creator, and what is invalid. */
function orderedLog(size: number): View[] {
  let ms = 0;
  return [...Array(size)].map((_, at) => {
    ms += (at * 7919) % 1_500;
    // Seven viewers and three videos by turns: the same pair comes back after some 15 s.
    if (at % 50 === 49) return view(4, 0, ms);
    if (at % 61 === 60) return view(99, at, ms);
    if (at % 67 === 66) return view(1, at, ms, { play_seconds: -1 });
    return view(1 + (at % 3), 1 + (at % 7), ms);
  });
}

const rowOf = (one: View, at: number): LogRow => ({
  id: BigInt(at + 1),
  videoId: BigInt(one.video_id),
  viewerId: BigInt(one.viewer_id),
  viewedAt: Date.parse(one.viewed_at),
  playSeconds: one.play_seconds,
  adViews: one.ad_views,
});

describe.each(sampledDatabases(import.meta.url))('posted views on $name', ({ name }) => {
  let database: TestDatabase;
  let service: RunningService;
  const settle = async (...args: string[]) => await runSettle(args, { url: database.url, timeoutMs: 120_000 });
  const night = async (...more: string[]) => {
    const { code, stderr } = await settle('--date', DATE, ...more);
    expect([0, 3], stderr).toContain(code);
  };

  beforeAll(async () => {
    database = await freshPlatform(name);
    await writeLog(database.url, { rows: [], videos: VIDEOS });
    service = await startService(database.url, [], { SETTLE_REDIS_URL: redisUrlOf('posted', name) });
  });
  afterAll(async () => {
    expect((await service.stop()).code).toBe(0);
    await database.drop();
  });

  const log = orderedLog(1_500);
  const expected = judgeLog(log.map(rowOf), VIDEOS)
    .sort((a, b) => Number(a.row.id - b.row.id))
    .map(({ verdict }) => verdict);
  const batches = [0, 1, 2, 3, 4].map((at) => log.slice(at * 300, at * 300 + 300));

  test('in order they are told what the oracle says, and the night says the same', async () => {
    expect(new Set(expected)).toEqual(new Set(['counted', 'repeat', 'self', 'invalid']));
    const told: string[] = [];
    for (const [at, views] of batches.entries()) {
      const answer = await post(service.url, `ordered-${at}`, views, at % 2 === 1);
      expect([answer.status, answer.isReplayed]).toEqual([200, false]);
      told.push(...answer.views.map(({ verdict }) => verdict));
    }
    expect(told).toEqual(expected);
    await night();
    const { stdout } = await settle('views', 'online', '--date', DATE, '--json');
    const written = expected.filter((verdict) => verdict !== 'invalid');
    expect(JSON.parse(stdout)).toMatchObject({
      posted: written.length,
      same: written.length,
      different: 0,
      unchecked: 0,
      countedOnline: written.filter((verdict) => verdict === 'counted').length,
      notPosted: 0,
      arrived: 0,
    });
    const served = await fetch(`${service.url}/api/v1/views/online?date=${DATE}`);
    expect(await served.json()).toEqual(JSON.parse(stdout));
  });

  test('posted again they change nothing and are told the same; another body under the key is refused', async () => {
    const first = await post(service.url, 'ordered-0', batches[0]);
    expect(first.isReplayed).toBe(true);
    expect(first.views.map(({ verdict }) => verdict)).toEqual(expected.slice(0, 300));
    // Two at once, of which neither is stored yet.
    const views = [view(5, 50, 900_000), view(99, 51, 900_000)];
    const both = await Promise.all([post(service.url, 'twice', views), post(service.url, 'twice', views)]);
    expect(both[0].views).toEqual(both[1].views);
    expect(both.map(({ isReplayed }) => isReplayed).sort()).toEqual([false, true]);
    expect((await post(service.url, 'twice', batches[1])).status).toBe(422);
    const { rows } = await readLog(database.url);
    expect(rows).toHaveLength(expected.filter((verdict) => verdict !== 'invalid').length + 1);
    expect(rows.find(({ viewerId }) => viewerId === BigInt(VIEWERS + 50))?.id).toBe(BigInt(both[0].views[0].id!));
  });

  test('those that are acknowledged while the night plans are neither lost nor doubled', async () => {
    const { outcome } = startSettle(['--date', DATE, '--rerun', '--partitions', '4'], {
      url: database.url,
      timeoutMs: 120_000,
    });
    let isOver = false;
    const ended = outcome.finally(() => {
      isOver = true;
    });
    const acknowledged: number[] = [];
    for (let batch = 0; !isOver; batch++) {
      const views = [...Array(40)].map((_, at) =>
        view(6 + (at % 5), 1_000 + batch * 40 + at, (batch * 40 + at) % 3_600_000),
      );
      const answer = await post(service.url, `during-${batch}`, views);
      expect(answer.status).toBe(200);
      acknowledged.push(...answer.views.map(({ id }) => id!));
    }
    const { code, stderr } = await ended;
    expect([0, 3], stderr).toContain(code);
    expect(acknowledged.length).toBeGreaterThan(80);
    const { rows, videos } = await readLog(database.url);
    const ids = new Set(rows.map(({ id }) => Number(id)));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(rows.filter(({ viewerId }) => viewerId! >= BigInt(VIEWERS + 1_000))).toHaveLength(acknowledged.length);
    await night('--rerun');
    const { stdout } = await settle('stats', '--date', DATE, '--format', 'csv');
    expect(stdout).toBe(statisticsCsv(dailyStatistics(rows, videos, DATE, ZONE).sums));
    // Every pair of these is new: all count, when they are posted and by the night.
    const online = JSON.parse((await settle('views', 'online', '--date', DATE, '--json')).stdout);
    expect(online).toMatchObject({ different: 0, arrived: 0, notPosted: 0 });
  });

  test('without Redis they are taken unchecked, and listed apart', async () => {
    const alone = await startService(database.url, [], { SETTLE_REDIS_URL: 'redis://127.0.0.1:1' });
    const answer = await post(alone.url, 'unchecked', [view(7, 90, 5_000_000), view(99, 90, 5_000_000)]);
    expect(answer.counts).toEqual({ counted: 0, repeat: 0, self: 0, unchecked: 1, invalid: 1 });
    expect((await alone.stop()).code).toBe(0);
    await night('--rerun');
    const { stdout } = await settle('views', 'online', '--date', DATE);
    expect(stdout).toMatch(/told otherwise than the night says, 1 unchecked\n/);
    expect(stdout).toMatch(/^unchecked +counted +1$/m);
  });

  test('purge forgets batches, not views', async () => {
    const before = (await readLog(database.url)).rows.length;
    const url = `${service.url}/api/v1/views/online?date=${DATE}`;
    const opened = await openDatabase(database.url);
    try {
      const [batches, none] = [new Date(Date.now() + 1_000), new Date(Date.now() - 3_600_000)];
      expect((await purgeViewBatches(opened, none, false)).removed).toBe(0);
      const { removed } = await purgeViewBatches(opened, batches, true);
      expect(removed).toBeGreaterThan(8);
      expect((await purgeViewBatches(opened, batches, false)).removed).toBe(removed);
    } finally {
      await opened.close();
    }
    expect((await readLog(database.url)).rows).toHaveLength(before);
    expect(await (await fetch(url)).json()).toMatchObject({ posted: 0, notPosted: before });
  });

  // A lock of SQLite keeps the whole service waiting, not its views alone.
  test.runIf(name !== 'sqlite')(
    'with as many waiting as may, clients are asked to come back, and what is acknowledged is there once',
    async () => {
      const before = (await readLog(database.url)).rows.length;
      const later = START + 5 * 86_400_000;
      const make = (batch: number) =>
        [...Array(5_000)].map((_, at) =>
          view(1 + (at % 3), 10_000 + batch * 5_000 + at, 0, { viewed_at: new Date(later + at).toISOString() }),
        );
      const logs = [...Array(13)].map((_, batch) => make(batch));
      const holder = await createConnection(database.url);
      let posted: { readonly batch: number; readonly answer: Answer }[];
      try {
        await holder.query('LOCK TABLES settle_view_batch WRITE');
        let free: () => void = () => {};
        const full = new Promise<void>((resolve) => {
          free = resolve;
        });
        const answers = logs.map(async (views, batch) => {
          const answer = await post(service.url, `full-${batch}`, views);
          if (answer.status === 429) free();
          return { batch, answer };
        });
        // Nothing is written before the lock is gone, so that nobody is told anything but to come back.
        expect(
          await Promise.race([
            full.then(() => 'full'),
            Promise.any(answers.map(async (one) => (await one).answer.status)),
          ]),
        ).toBe('full');
        await holder.query('UNLOCK TABLES');
        posted = await Promise.all(answers);
      } finally {
        await holder.end();
      }
      const taken = posted.filter(({ answer }) => answer.status === 200);
      const refused = posted.filter(({ answer }) => answer.status !== 200);
      expect(taken.length).toBeGreaterThanOrEqual(10);
      expect(refused.length).toBeGreaterThan(0);
      for (const { answer } of refused) expect([answer.status, answer.retryAfter]).toEqual([429, '1']);
      // The last one stays away: nothing of it is in the log.
      const [away, ...again] = refused;
      for (const { batch } of again) expect((await post(service.url, `full-${batch}`, logs[batch])).status).toBe(200);
      const { rows } = await readLog(database.url);
      const sent = [...taken, ...again].flatMap(({ batch }) => logs[batch].map(({ viewer_id }) => BigInt(viewer_id)));
      const found = rows.slice(before).map(({ viewerId }) => viewerId!);
      expect(found.length).toBe(sent.length);
      expect(new Set(found)).toEqual(new Set(sent));
      for (const { answer, batch } of taken) {
        const [first] = answer.views;
        expect(rows.find(({ id }) => id === BigInt(first.id!))?.viewerId).toBe(BigInt(logs[batch][0].viewer_id));
      }
      expect(away.answer.views).toBeUndefined();
    },
  );
});

/** Where the service is killed while it takes the second batch: nothing, the rows, or everything is in the database. */
const KILLS = [
  ['before-statement', 2, 'INSERT INTO [`"]?settle_view_batch'],
  ['before-commit', 2, '^COMMIT'],
  ['after-commit', 2, '^COMMIT'],
] as const;

describe.each(testDatabases().filter(({ name }) => name !== 'mysql'))('killed, the service of $name', ({ name }) => {
  test('has lost no acknowledged view, and what is sent again is there once', { timeout: 300_000 }, async () => {
    const database = await freshPlatform(name);
    await writeLog(database.url, { rows: [], videos: VIDEOS });
    const sent: View[] = [];
    try {
      for (const [round, [mode, at, match]] of KILLS.entries()) {
        const service = await startService(database.url, [], {
          SETTLE_REDIS_URL: redisUrlOf('killed', name),
          ...switchEnv(mode, at, match),
        });
        const make = (from: number) =>
          [...Array(60)].map((_, i) => view(8 + (i % 9), 2_000 + round * 200 + from + i, i * 1_000));
        const [first, second] = [make(0), make(100)];
        sent.push(...first, ...second);
        const answer = await post(service.url, `kill-${round}-a`, first);
        expect(answer.counts.counted).toBe(60);
        await expect(post(service.url, `kill-${round}-b`, second)).rejects.toThrow();
        expect((await service.ended).code).toBe(137);
        const next = await startService(database.url, [], { SETTLE_REDIS_URL: redisUrlOf('killed', name) });
        const again = await post(next.url, `kill-${round}-b`, second);
        // Its own marks in Redis make no repeats.
        expect([mode, again.counts.counted, again.isReplayed]).toEqual([mode, 60, mode === 'after-commit']);
        expect((await post(next.url, `kill-${round}-a`, first)).views).toEqual(answer.views);
        expect((await next.stop()).code).toBe(0);
      }
      const { rows } = await readLog(database.url);
      const text = (one: LogRow) => `${one.videoId} ${one.viewerId} ${one.viewedAt}`;
      expect(rows.map(text).sort()).toEqual(sent.map(rowOf).map(text).sort());
    } finally {
      await database.drop();
    }
  });
});

/**
 * What of dates is put into Redis: rankings as sorted sets, and the date's statistics as one hash, where SETTLE_CACHE asks
 * for it. Every key is replaced in one step by a script that leaves what a newer revision has written.
 *
 * - `settle:popular:DATE` (score: views), and `settle:popular` for the newest date, which `settle:popular:date` names;
 * - `settle:top:KIND:LABEL:METRIC`, of day, week and month, by views and play_seconds;
 * - `settle:statistics:DATE`: a field a video, `VIEWS,AD_VIEWS,PLAY_SECONDS`.
 */
import type { Redis } from 'ioredis';
import type { Database, Executor } from '../../../database/database.ts';
import { readSnapshot } from '../../../database/snapshot.ts';
import { CACHE_MS, type CacheStrategy } from '../../../redis/cache-strategy.ts';
import { PUBLISHED_KEY, REVISIONS_KEY } from '../../../redis/revision.ts';
import { replaceNewest, replaceSortedSet } from '../../../redis/scripts/replace-sorted-set.ts';
import { runScript } from '../../../redis/scripts/run-script.ts';
import { swapHash } from '../../../redis/scripts/swap-hash.ts';
import { raise } from '../../../redis/scripts/write-balances.ts';
import { addDays, periodOf } from '../../../rules/business-time.ts';
import { rankingMetrics } from '../rules/ranking.ts';
import { type RankedVideo, readRanking } from '../statistics/rank-videos.ts';
import { listSettledDates, readStatistics } from '../statistics/read-statistics.ts';
import {
  listPending,
  noteLost,
  notePublished,
  type PendingDate,
  readNewestPublished,
  readWanted,
} from './publication-store.ts';

/** Videos a command. */
const PAGE = 2_000;
/** A hash that is being filled goes by itself when its filler dies. */
const FILLING_MS = 3_600_000;
/** After Redis has lost what it had, dates of so many days are published again. */
const LOST_DAYS = 35;
/** For what was left by earlier runs; the rest is left for the next. */
const REST_MS = 30_000;

export interface Published {
  /** Places in rankings, and videos. */
  readonly rows: number;
  /** Besides the one that was asked for. */
  readonly otherDates: readonly string[];
}

/**
 * Publishes a date by a revision that was taken before, then what is pending of others.
 * @throws what Redis reports; what is not noted as published by then is done by the next call
 */
export async function publishDates(
  redis: Redis,
  database: Database,
  asked: PendingDate,
  revision: bigint,
  strategy: CacheStrategy,
): Promise<Published> {
  const begunMs = performance.now();
  await noteWhatIsLost(redis, database);
  let rows = 0;
  const done: string[] = [];
  const others = (await listPending(database.knex)).filter(({ date }) => date !== asked.date);
  for (const pending of [asked, ...others]) {
    if (done.length > 0 && performance.now() - begunMs > REST_MS) break;
    rows += await publishDate(redis, database, pending, revision, strategy);
    done.push(pending.date);
  }
  await runScript(redis, raise, [PUBLISHED_KEY], [revision]);
  await notePublished(database.knex, done, revision);
  return { rows, otherDates: done.slice(1) };
}

/** Flushed, or failed over to a replica that had not got everything: Redis knows less than the database says. */
async function noteWhatIsLost(redis: Redis, database: Database): Promise<void> {
  const newest = await readNewestPublished(database.knex);
  if (newest === undefined || newest.revision === 0n) return;
  const there = BigInt((await redis.get(PUBLISHED_KEY)) ?? '0');
  if (there < newest.revision) await noteLost(database.knex, there, addDays(newest.date, -LOST_DAYS));
}

async function publishDate(
  redis: Redis,
  database: Database,
  { date, popularDays }: PendingDate,
  revision: bigint,
  strategy: CacheStrategy,
): Promise<number> {
  let rows = 0;
  const ends = await listSettledDates(database.knex, { from: date, to: addDays(date, popularDays - 1) });
  for (const end of ends) {
    const ranking = await readRanking(database, 'popular', end, 'views');
    await runScript(redis, replaceSortedSet, [`settle:popular:${end}`, REVISIONS_KEY], [revision, ...places(ranking)]);
    const newest = ['settle:popular', REVISIONS_KEY, 'settle:popular:date'];
    await runScript(redis, replaceNewest, newest, [revision, end, ...places(ranking)]);
    rows += ranking.length;
  }
  for (const kind of ['day', 'week', 'month'] as const) {
    const { label } = periodOf(date, kind);
    for (const metric of rankingMetrics) {
      const ranking = await readRanking(database, kind, label, metric);
      const keys = [`settle:top:${kind}:${label}:${metric}`, REVISIONS_KEY];
      await runScript(redis, replaceSortedSet, keys, [revision, ...places(ranking)]);
      rows += ranking.length;
    }
  }
  if (strategy !== 'none') rows += await replaceStatistics(redis, database, date, revision, strategy);
  return rows;
}

/** Filled beside it, page by page, then swapped. */
async function replaceStatistics(
  redis: Redis,
  database: Database,
  date: string,
  revision: bigint,
  strategy: CacheStrategy,
): Promise<number> {
  const key = `settle:statistics:${date}`;
  const filled = `${key}:filling:${revision}`;
  let videos = 0;
  if (strategy === 'update') {
    // All pages are of one run.
    videos = await readSnapshot(database, (snapshot) => fillStatistics(redis, snapshot, date, filled));
    // A later run publishes its own.
    if ((await readWanted(database.knex, date)) > revision) {
      await redis.unlink(filled);
      return 0;
    }
  }
  await runScript(redis, swapHash, [key, REVISIONS_KEY, filled], [revision, videos, CACHE_MS]);
  return videos;
}

/** Returns how many videos there are. */
async function fillStatistics(redis: Redis, knex: Executor, date: string, filled: string): Promise<number> {
  let videos = 0;
  for (let after: bigint | undefined; ; ) {
    const page = await readStatistics({ knex }, { from: date, to: date }, { after, limit: PAGE });
    if (page.length === 0) return videos;
    const fields = page.flatMap(({ videoId, views, adViews, playSeconds }) => [
      String(videoId),
      `${views},${adViews},${playSeconds}`,
    ]);
    await redis.hset(filled, fields);
    if (videos === 0) await redis.pexpire(filled, FILLING_MS);
    videos += page.length;
    after = page[page.length - 1].videoId;
    if (page.length < PAGE) return videos;
  }
}

function places(ranking: readonly RankedVideo[]): string[] {
  return ranking.flatMap(({ videoId, value }) => [value.toString(), videoId.toString()]);
}

/** The online check of a view, one a round trip, beside keys that live. */
import { Redis } from 'ioredis';
import { RedisViewCheck } from '../../jobs/views/online/view-check.ts';

const PIPELINE = 5_000;
/** They live until the end, and not for ever where it is cut short. */
const LIVE_MS = 600_000;
const VIDEOS = 1_000;

export interface CheckOptions {
  readonly keys: number;
  readonly checks: number;
}

export interface Checks {
  readonly seconds: number;
  /** Milliseconds of a check. */
  readonly p50: number;
  readonly p99: number;
  /** Without an answer. */
  readonly unchecked: number;
}

/** Takes its keys away again. Half of the checks meet one that lives. */
export async function measureChecks(url: string, { keys, checks }: CheckOptions): Promise<Checks> {
  const redis = new Redis(url);
  const base = `bench-${process.pid}-${Date.now()}`;
  const pairOf = (at: number) => `${base}-${at}:${at % VIDEOS}`;
  const keyOf = (at: number) => `settle:view:${pairOf(at)}`;
  const viewedAt = Date.now();
  try {
    for (let from = 0; from < keys; from += PIPELINE) {
      const pipeline = redis.pipeline();
      for (let at = from; at < Math.min(from + PIPELINE, keys); at++)
        pipeline.set(keyOf(at), `${viewedAt}:bench`, 'PX', LIVE_MS);
      await pipeline.exec();
    }
    const check = await RedisViewCheck.open(url);
    try {
      const ms: number[] = [];
      let unchecked = 0;
      const started = performance.now();
      for (let round = 0; round < checks; round++) {
        const pair = pairOf(round % 2 === 0 ? (round * 7_919) % keys : keys + round);
        const begun = performance.now();
        if ((await check.check([{ pair, viewedAt, mark: String(round) }])) === undefined) unchecked++;
        ms.push(performance.now() - begun);
      }
      const seconds = (performance.now() - started) / 1_000;
      ms.sort((a, b) => a - b);
      const at = (share: number) => ms[Math.floor((ms.length - 1) * share)];
      return { seconds, p50: at(0.5), p99: at(0.99), unchecked };
    } finally {
      check.close();
    }
  } finally {
    for (let from = 0; from < keys; from += PIPELINE) {
      const some = Array.from({ length: Math.min(PIPELINE, keys - from) }, (_, at) => keyOf(from + at));
      await redis.unlink(...some);
    }
    redis.disconnect();
  }
}

/**
 * A plain loop over a Redis ZSET, as a platform had it in its retry queue: an item is popped, then delivered by a request of its own; one
 * that fails is added again, due later. What is popped when the process dies is lost. Prints one JSON object: `seconds`.
 *
 * Arguments: URL of Redis, the key, the receiver's URL, and how many workers loop side by side.
 */
import { Redis } from 'ioredis';

const RETRY_MS = 100;
const [redisUrl, key, target, workers] = process.argv.slice(2);
const redis = new Redis(redisUrl);
let left = await redis.zcard(key);

const started = performance.now();
await Promise.all(Array.from({ length: Number(workers) }, work));
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - started) / 1000 })}\n`);
redis.disconnect();

async function work(): Promise<void> {
  while (left > 0) {
    const [item, dueMs] = await redis.zpopmin(key);
    if (item === undefined || Number(dueMs) > Date.now()) {
      if (item !== undefined) await redis.zadd(key, dueMs, item);
      await new Promise((done) => setTimeout(done, 10));
      continue;
    }
    const { ok } = await fetch(target, { method: 'POST', body: item, headers: { 'content-type': 'application/json' } });
    if (ok) left--;
    else await redis.zadd(key, Date.now() + RETRY_MS, item);
  }
}

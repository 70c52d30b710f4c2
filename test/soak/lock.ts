/**
 * Contenders for one name of `withLock`, in five processes:
 *
 *   node test/soak/lock.ts REDIS_URL CONTENDERS
 *
 * Each adds 1 to a counter under the lock, by a read and a write. Prints how many a second, and how long the slowest waited.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { withLock } from '../../src/redis/lock.ts';

const PROCESSES = 5;
const [url, contenders, role] = process.argv.slice(2);
const redis = new Redis(url);
if (role === undefined) {
  await redis.del('settle:soak:counter');
  const share = String(Number(contenders) / PROCESSES);
  const children = Array.from({ length: PROCESSES }, () => fork(import.meta.filename, [url, share, 'contender']));
  await Promise.all(children.map((child) => once(child, 'message')));
  const begunMs = performance.now();
  for (const child of children) child.send('begin');
  const slowest = await Promise.all(children.map(async (child) => Number((await once(child, 'message'))[0])));
  const seconds = (performance.now() - begunMs) / 1000;
  const counted = await redis.get('settle:soak:counter');
  const perSecond = Math.round(Number(contenders) / seconds);
  console.log(JSON.stringify({ contenders: Number(contenders), counted, perSecond, slowestMs: Math.max(...slowest) }));
} else {
  process.send?.('ready');
  await once(process, 'message');
  const begunMs = performance.now();
  let slowestMs = 0;
  const count = async () => {
    await redis.set('settle:soak:counter', String(Number((await redis.get('settle:soak:counter')) ?? 0) + 1));
    slowestMs = Math.max(slowestMs, Math.round(performance.now() - begunMs));
  };
  const options = { url, waitMs: 120_000 };
  await Promise.all(Array.from({ length: Number(contenders) }, () => withLock('soak', count, options)));
  process.send?.(slowestMs);
  process.disconnect();
}
redis.disconnect();

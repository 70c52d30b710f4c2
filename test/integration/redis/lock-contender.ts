/** Counts under the lock, as many at once as it is told, in a way that loses counts where two hold it. */
import { Redis } from 'ioredis';
import { withLock } from '../../../src/redis/lock.ts';

const [url, contenders] = process.argv.slice(2);
const redis = new Redis(url);
await Promise.all(
  Array.from({ length: Number(contenders) }, () =>
    withLock(
      'shared',
      async ({ fence }) => {
        const before = Number((await redis.get('counter')) ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
        await redis.set('counter', String(before + 1));
        await redis.rpush('fences', String(fence));
      },
      { url, waitMs: 60_000 },
    ),
  ),
);
redis.disconnect();

/** `withLock` beside a Redis of its own: one holder at a time, fencing numbers that grow, and holders that lose it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withLock } from '../../../src/redis/lock.ts';
import { takeLock } from '../../../src/redis/scripts/lock.ts';
import { runScript } from '../../../src/redis/scripts/run-script.ts';
import { hasPrivateRedis, type PrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';

describe.skipIf(!hasPrivateRedis)('a lock', () => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis();
  });
  afterAll(async () => await redis.stop());

  test('has one holder at a time over processes and within one, and numbers that grow', async () => {
    const program = new URL('./lock-contender.ts', import.meta.url);
    const children = [1, 2, 3].map(() => fork(program, [redis.url, '60'], { stdio: 'inherit' }));
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(ends.map(([code]) => code)).toEqual([0, 0, 0]);
    // Each has read the counter, waited, and written it back: nothing is lost.
    expect(await redis.client.get('counter')).toBe('180');
    const fences = (await redis.client.lrange('fences', '0', '-1')).map(Number);
    expect(fences.length).toBe(180);
    expect(fences).toEqual(fences.toSorted((a, b) => a - b));
    expect(new Set(fences).size).toBe(180);
    expect(await redis.client.exists('settle:lock:shared')).toBe(0);
    await redis.client.flushall();
    const after = await withLock('shared', async ({ fence }) => fence, { url: redis.url });
    expect(after).toBeGreaterThan(fences[fences.length - 1]);
  }, 60_000);

  test('is waited for as long as was said, and no longer', async () => {
    await withLock(
      'held',
      async () => {
        await redis.client.set('settle:lock:elsewhere', 'another', 'PX', 60_000);
        for (const name of ['held', 'elsewhere']) {
          const begunMs = performance.now();
          const waiting = withLock(name, async () => 'never', { url: redis.url, waitMs: 200 });
          await expect(waiting).rejects.toMatchObject({ code: 'LOCK_NOT_TAKEN', exitCode: 1 });
          expect(performance.now() - begunMs).toBeLessThan(2_000);
        }
      },
      { url: redis.url },
    );
    await expect(withLock('away', async () => 1, { url: 'redis://127.0.0.1:1', waitMs: 300 })).rejects.toMatchObject({
      code: 'LOCK_NOT_TAKEN',
    });
    const stop = AbortSignal.timeout(100);
    const waiting = withLock('elsewhere', async () => 1, { url: redis.url, signal: stop });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  test("is its taker's although the answer that said so was lost", async () => {
    const keys = ['settle:lock:asked', 'settle:lock:asked:fence', 'settle:lock:asked:waiter'];
    const ask = (token: string) => runScript(redis.client, takeLock, keys, [token, 60_000, 'process', 100]);
    const [first] = (await ask('mine')) as number[];
    expect(await ask('another')).toEqual([0, expect.any(Number)]);
    const [again] = (await ask('mine')) as number[];
    expect(again).toBeGreaterThan(first);
  });

  test('is renewed while the work goes on, and free when the work fails', async () => {
    const other = () => withLock('long', async () => 'other', { url: redis.url, waitMs: 50 });
    const work = async () => {
      await sleep(900);
      await expect(other()).rejects.toMatchObject({ code: 'LOCK_NOT_TAKEN' });
      throw new Error('the work failed');
    };
    await expect(withLock('long', work, { url: redis.url, leaseMs: 300 })).rejects.toThrow('the work failed');
    expect(await other()).toBe('other');
  });

  test('tells its holder that it is lost: taken, or Redis does not answer', async () => {
    const lossOf = async (name: string, lose: () => Promise<unknown>) => {
      const work = async ({ signal }: { signal: AbortSignal }) => {
        await lose();
        if (!signal.aborted) await once(signal, 'abort');
      };
      return await withLock(name, work, { url: redis.url, leaseMs: 300 }).catch((error: unknown) => error);
    };
    const taken = await lossOf('taken', () => redis.client.set('settle:lock:taken', 'another'));
    expect(taken).toMatchObject({ code: 'LOCK_LOST', message: expect.stringContaining('another') });
    expect(await redis.client.get('settle:lock:taken')).toBe('another');
    const stopped = await lossOf('stopped', async () => {
      redis.signal('SIGSTOP');
      setTimeout(() => redis.signal('SIGCONT'), 1_000);
    });
    expect(stopped).toMatchObject({ code: 'LOCK_LOST' });
  });
});

/** What `settle serve` is told of caches and replicas, and what it refuses. */
import { afterEach, expect, test, vi } from 'vitest';
import { answerSettings } from '../../../src/serve/options.ts';

const FLAGS = { cacheMb: '64', replicaLag: '10' };
const SERVER = 'mysql://root@127.0.0.1:3306/x';

afterEach(() => vi.unstubAllEnvs());

test('flags go before the environment', () => {
  vi.stubEnv('SETTLE_CACHE', 'update');
  vi.stubEnv('SETTLE_REDIS_URL', 'redis://one:6379');
  vi.stubEnv('SETTLE_REPLICAS', ' mysql://root@one/x  mariadb://root@two:3307/x ');
  expect(answerSettings(FLAGS, SERVER)).toEqual({
    strategy: 'update',
    memoryBytes: 64 * 2 ** 20,
    redisUrl: 'redis://one:6379',
    replicaUrls: ['mysql://root@one/x', 'mariadb://root@two:3307/x'],
    lagSecondsMax: 10,
  });
  const flags = { cache: 'none', cacheMb: '0', redis: 'redis://two', replicaLag: '3' };
  expect(answerSettings(flags, SERVER)).toMatchObject({
    strategy: 'none',
    memoryBytes: 0,
    redisUrl: 'redis://two',
    lagSecondsMax: 3,
  });
});

test('what no cache or replica can be made of is refused, and not repeated where it may be a secret', () => {
  vi.stubEnv('SETTLE_REDIS_URL', '');
  expect(() => answerSettings({ ...FLAGS, cache: 'always' }, SERVER)).toThrow(/^--cache is no strategy/);
  expect(() => answerSettings({ ...FLAGS, cache: 'evict', cacheMb: '0' }, SERVER)).toThrow(
    /keeps answers in Redis alone/,
  );
  expect(() => answerSettings({ ...FLAGS, cacheMb: '-1' }, SERVER)).toThrow(/^--cache-mb must be a whole number/);
  expect(() => answerSettings({ ...FLAGS, replicaLag: 'x' }, SERVER)).toThrow(/^--replica-lag must be a whole number/);
  expect(() => answerSettings({ ...FLAGS, redis: 'http://secret' }, SERVER)).toThrow(/^(?!.*secret)/);
  vi.stubEnv('SETTLE_REPLICAS', 'sqlite:secret.db');
  expect(() => answerSettings(FLAGS, SERVER)).toThrow(/^a replica of SETTLE_REPLICAS is an SQLite file$/);
  vi.stubEnv('SETTLE_REPLICAS', SERVER);
  expect(() => answerSettings(FLAGS, 'sqlite:x.db')).toThrow(/^an SQLite file has no replicas$/);
});

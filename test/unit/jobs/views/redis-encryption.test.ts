import { expect, test } from 'vitest';
import { encryptionFindings, examineRedis } from '../../../../src/jobs/views/checks/redis.ts';

test.each([
  ['redis://:p@cache:6379', ['warn']],
  ['rediss://:p@cache:6379', []],
  ['redis://:p@localhost', []],
  ['redis://[::1]', []],
  ['nonsense', []],
])('Redis at %s', (url, verdicts) => {
  expect(encryptionFindings(url).map(({ verdict }) => verdict)).toEqual(verdicts);
});

test.each(['S3cretword', 'redis:/S3cretpath', 'redis://:S3/cret@cache:6379'])('%s is not repeated', async (url) => {
  const [found] = await examineRedis(url);
  expect(found).toMatchObject({ message: 'SETTLE_REDIS_URL is no URL of a Redis server' });
  expect(JSON.stringify(found)).not.toMatch(/S3/);
});

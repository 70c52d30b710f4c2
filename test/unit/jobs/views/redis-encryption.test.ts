import { expect, test } from 'vitest';
import { encryptionFindings } from '../../../../src/jobs/views/checks/redis.ts';

test.each([
  ['redis://:p@cache:6379', ['warn']],
  ['rediss://:p@cache:6379', []],
  ['redis://:p@localhost', []],
  ['redis://[::1]', []],
  ['nonsense', []],
])('Redis at %s', (url, verdicts) => {
  expect(encryptionFindings(url).map(({ verdict }) => verdict)).toEqual(verdicts);
});

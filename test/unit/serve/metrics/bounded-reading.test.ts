/** Readings that many ask for. */
import { expect, test } from 'vitest';
import { BoundedReading } from '../../../../src/serve/metrics/bounded-reading.ts';

test('stands for twenty times what it took, is one for all who ask meanwhile, and keeps no failure', async () => {
  let [nowMs, reads] = [0, 0];
  let fails = false;
  const reading = new BoundedReading(
    async () => {
      reads++;
      await Promise.resolve();
      nowMs += 100;
      if (fails) throw new Error('away');
      return reads;
    },
    () => nowMs,
  );
  expect(await Promise.all([reading.value(), reading.value()])).toEqual([1, 1]);
  nowMs = 2_099;
  expect(await reading.value()).toBe(1);
  nowMs = 2_100;
  fails = true;
  await expect(reading.value()).rejects.toThrow('away');
  fails = false;
  expect(await reading.value()).toBe(3);
  expect(reads).toBe(3);
});

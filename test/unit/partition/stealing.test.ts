/** Which partition gives up a part, and that nobody waits for what will not come. */
import { expect, test } from 'vitest';
import type { PartitionTask } from '../../../src/partition/protocol.ts';
import { RunningPartitions } from '../../../src/partition/stealing.ts';

function desk(rowsMin = 10) {
  let last = 9;
  let nowMs = 0;
  const asked: [partition: number, newPartition: number][] = [];
  const running = new RunningPartitions({ rowsMin, nextNumber: () => ++last, now: () => nowMs });
  return {
    running,
    asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
    start: (partition: number, rowsExpected: number) =>
      running.started({ partition, rowsExpected, rowsDone: 0 } as PartitionTask, (newPartition) => {
        asked.push([partition, newPartition]);
      }),
  };
}

test('the one that would end last is asked, by its own pace', async () => {
  const { running, asked, pass, start } = desk();
  start(0, 1000);
  start(1, 400);
  pass(100);
  running.advanced(0, 500);
  running.advanced(1, 10);
  const stolen = running.steal();
  expect(asked).toEqual([[1, 10]]);
  running.answered(1, true);
  expect(await stolen).toBe(10);
});

test('one that refuses is not asked again, and one that ends has refused', async () => {
  const { running, asked, pass, start } = desk();
  start(0, 1000);
  start(1, 400);
  pass(100);
  const stolen = running.steal();
  running.answered(0, false);
  await Promise.resolve();
  await Promise.resolve();
  expect(asked.map(([partition]) => partition)).toEqual([0, 1]);
  running.ended(1);
  expect(await stolen).toBeUndefined();
});

test('what is left must be worth two parts', async () => {
  const { running, asked, start } = desk(10);
  start(0, 100);
  running.advanced(0, 81);
  expect(await running.steal()).toBeUndefined();
  expect(asked).toEqual([]);
});

test('two idle workers do not ask the same partition at once: the second one waits', async () => {
  const { running, asked, pass, start } = desk(10);
  start(0, 100);
  pass(1);
  const [first, second] = [running.steal(), running.steal()];
  expect(asked).toEqual([[0, 10]]);
  running.answered(0, true);
  expect(await first).toBe(10);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([
    [0, 10],
    [0, 11],
  ]);
  running.answered(0, true);
  expect(await second).toBe(11);
});

test('without options nothing is stolen', async () => {
  const running = new RunningPartitions(undefined);
  running.started({ partition: 0, rowsExpected: 100, rowsDone: 0 } as PartitionTask, () => {});
  expect(await running.steal()).toBeUndefined();
});

/** The pool itself, with real threads: what the integration tests of partitioned steps cannot bring about cheaply. */
import { expect, test } from 'vitest';
import { type PoolRun, runPool } from '../../../src/partition/pool.ts';
import type { PartitionResult, PartitionTask, WorkerStart } from '../../../src/partition/protocol.ts';
import { fromRemoteError } from '../../../src/partition/remote-error.ts';

function poolOf(partitions: number[], results: Map<number, PartitionResult>, more: Partial<PoolRun> = {}): PoolRun {
  const queue = [...partitions];
  return {
    entry: new URL('../../support/toy/greedy-thread.ts', import.meta.url),
    workerCount: 1,
    start: { stepName: 'greedy', stopFlag: new SharedArrayBuffer(4) } as WorkerStart,
    heapMbMax: 32,
    nextTask: async () => {
      const partition = queue.shift();
      return partition === undefined ? undefined : ({ partition } as PartitionTask);
    },
    taskEnded: async ({ partition }, result) => void results.set(partition, result),
    onAdvanced: () => {},
    onRetried: () => {},
    onLog: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

test('a worker that runs out of memory fails its partition, and no further one is begun', async () => {
  const results = new Map<number, PartitionResult>();
  await runPool(poolOf([1, 0, 2], results));
  expect([...results.keys()]).toEqual([1, 0]);
  expect(results.get(1)).toEqual({ outcome: 'completed' });
  const failed = results.get(0) as Extract<PartitionResult, { outcome: 'failed' }>;
  expect(fromRemoteError(failed.error)).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
});

test('a thread has the young heap that its step asks for', async () => {
  const limits: number[] = [];
  for (const maxYoungGenerationSizeMb of [undefined, 32]) {
    await runPool(poolOf([1], new Map(), { maxYoungGenerationSizeMb, onLog: (line) => limits.push(Number(line)) }));
  }
  // The limit of a heap counts its young part, one and a half times; both have the same old one.
  expect(limits[1] - limits[0]).toBeGreaterThanOrEqual((32 - 8) * 2 ** 20);
});

test('what goes wrong outside of a partition is thrown, when every thread has ended', async () => {
  const nextTask = async () => {
    throw new Error('no next task');
  };
  await expect(runPool(poolOf([1], new Map(), { nextTask, workerCount: 3 }))).rejects.toThrow('no next task');
});

test('after a stop no partition is begun', async () => {
  const results = new Map<number, PartitionResult>();
  await runPool(poolOf([1, 2], results, { signal: AbortSignal.abort() }));
  expect(results.size).toBe(0);
});

/** Who is at work on a run, and at what, as lines of `settle show`. */
import { expect, test } from 'vitest';
import { workerText } from '../../../../src/cli/output/live-text.ts';

const at = (partition: number, more = {}) => ({
  step: 'numbers',
  partition,
  epoch: 1,
  attempt: 1,
  rowsDone: undefined,
  rowsExpected: undefined,
  ...more,
});
const lease = { heartbeatAgoMs: 2_000, leaseLeftMs: 28_000 };

test('a worker with several partitions, one of them taken over', () => {
  const partitions = [at(3, { rowsDone: 41, rowsExpected: 100 }), at(7, { epoch: 2, attempt: 2 })];
  const text = workerText({ host: 'host-b', pid: 124, isAlive: true, ...lease, partitions });
  expect(text).toBe(
    'process 124 on host-b, last heartbeat 2.0 s ago, lease ends in 28.0 s; partitions 3 (41 %), 7 (epoch 2, attempt 2)',
  );
});

test('dead ones: with a lease that is over, and without any', () => {
  const dead = { host: 'a', isAlive: false, partitions: [at(1)] };
  const over = workerText({ ...dead, pid: 9, heartbeatAgoMs: 40_000, leaseLeftMs: -10_000 });
  expect(over).toBe('process 9 on a (dead), last heartbeat 40.0 s ago, lease over for 10.0 s; partition 1');
  const gone = workerText({ ...dead, pid: undefined, heartbeatAgoMs: undefined, leaseLeftMs: undefined });
  expect(gone).toBe('on a (dead); partition 1');
});

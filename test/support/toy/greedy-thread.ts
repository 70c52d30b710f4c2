/**
 * A worker thread for the pool's own tests, without a database: partition 0 fills its memory, others complete. Logs the
 * bytes that its heap may take.
 */
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../../src/partition/protocol.ts';

const send = (message: FromWorker) => parentPort!.postMessage(message);
parentPort!.on('message', (message: ToWorker) => {
  if (message.type === 'end') return parentPort!.close();
  if (message.type !== 'run') return;
  const { partition } = message.task;
  send({ type: 'log', line: String(getHeapStatistics().heap_size_limit) });
  const kept: unknown[] = [];
  while (partition === 0) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  send({ type: 'ended', partition, result: { outcome: 'completed' } });
});
send({ type: 'ready' });

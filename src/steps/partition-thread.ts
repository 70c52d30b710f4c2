/**
 * The worker thread of a partitioned step: opens its own database, loads the job's worker module, and runs the
 * partitions that it is given (run-partition.ts). Talks to src/partition/pool.ts in the words of protocol.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { pino } from 'pino';
import { openDatabase } from '../database/open.ts';
import { ChunkSizer } from '../engine/chunk-size.ts';
import { JobParameters } from '../engine/parameters.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../partition/protocol.ts';
import { toRemoteError } from '../partition/remote-error.ts';
import { loadPartitionWorker, type PartitionRunner, runPartition } from './run-partition.ts';
import { inTraceOf } from './tracing.ts';

/** One for the scan of a range, one for the transactions. */
const POOL_SIZE_MAX = 2;

const port = parentPort!;
const start: WorkerStart = workerData;
const stopFlag = new Int32Array(start.stopFlag);
const logger = pino({ level: start.logLevel, base: undefined }, { write: (line) => send({ type: 'log', line }) });
/** The last question that was not answered; it may name a partition that has ended meanwhile. */
let cutAsked: Extract<ToWorker, { type: 'cut' }> | undefined;
const isStopRequested = () => Atomics.load(stopFlag, 0) !== 0;
/** For work that waits: the message that aborts it needs a turn of the event loop. */
const stopping = new AbortController();
const retrying: Retrying = {
  policy: start.retryPolicy,
  circuit: { isOpen: false },
  isStopRequested,
  logger,
  onRetry: () => send({ type: 'retried' }),
};

try {
  const openPartition = await loadPartitionWorker(start.workerModule);
  const database = await withRetry(retrying, () =>
    openDatabase(start.databaseUrl, { poolSizeMax: POOL_SIZE_MAX, create: false }),
  );
  const runner: PartitionRunner = {
    database,
    openPartition,
    parameters: new JobParameters(start.parameters),
    start,
    sizer: new ChunkSizer(start.chunkSize),
    retrying,
    signal: stopping.signal,
    cutting: {
      asked: (partition) => (cutAsked?.partition === partition ? cutAsked.newPartition : undefined),
      answer: (partition, isGivenUp) => {
        cutAsked = undefined;
        send({ type: 'cut', partition, isGivenUp });
      },
    },
    onCommit: (partition, rowsDone, seconds) => send({ type: 'advanced', partition, rowsDone, seconds }),
  };
  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'run':
        inTraceOf(message.task.traceCarrier, () => runPartition(runner, message.task)).then((result) => {
          send({ type: 'ended', partition: message.task.partition, result });
        });
        return;
      case 'cut':
        cutAsked = message;
        return;
      case 'stop':
        stopping.abort('stop was asked for');
        return;
      case 'end':
        database.close().finally(() => port.close());
        return;
    }
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'unusable', error: toRemoteError(error) });
}

function send(message: FromWorker): void {
  port.postMessage(message);
}

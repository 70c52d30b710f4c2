/**
 * The worker thread of a partitioned step: opens its own database, loads the job's worker module, and runs the
 * partitions that it is given through the chunk loop. Talks to src/partition/pool.ts in the words of protocol.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Logger, pino } from 'pino';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { isAbort } from '../engine/abort.ts';
import { ChunkSizer, rowsMaxOf } from '../engine/chunk-size.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { JobParameters } from '../engine/parameters.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import type { PartitionWorker } from '../engine/step.ts';
import { stepError } from '../engine/step-error.ts';
import type { FromWorker, PartitionResult, PartitionTask, ToWorker, WorkerStart } from '../partition/protocol.ts';
import { toRemoteError } from '../partition/remote-error.ts';
import { updatePartition } from '../repository/partition.ts';
import { cutPartition, MAX_ID } from './cut-partition.ts';
import { runChunks } from './run-chunks.ts';
import { inTraceOf } from './tracing.ts';

/** One for the scan of a range, one for the transactions. */
const POOL_SIZE_MAX = 2;

const port = parentPort!;
const start: WorkerStart = workerData;
const stopFlag = new Int32Array(start.stopFlag);
const logger = pino({ level: start.logLevel, base: undefined }, { write: (line) => send({ type: 'log', line }) });
const parameters = new JobParameters(start.parameters);
/** The last question that was not answered; it may name a partition that has ended meanwhile. */
let cutAsked: Extract<ToWorker, { type: 'cut' }> | undefined;
const sizer = new ChunkSizer(start.chunkSize);
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
  const { default: openPartition } = (await import(start.workerModule)) as { default: PartitionWorker };
  if (typeof openPartition !== 'function') {
    throw new Error(`${start.workerModule} has no default export that is a PartitionWorker`);
  }
  const database = await withRetry(retrying, () =>
    openDatabase(start.databaseUrl, { poolSizeMax: POOL_SIZE_MAX, create: false }),
  );
  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'run':
        inTraceOf(message.task.traceCarrier, () => runPartition(database, openPartition, message.task)).then(
          (result) => {
            send({ type: 'ended', partition: message.task.partition, result });
          },
        );
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

/** Never rejects. */
async function runPartition(
  database: Database,
  openPartition: PartitionWorker,
  task: PartitionTask,
): Promise<PartitionResult> {
  const { partition, stepExecution } = task;
  const { jobExecutionId, stepName } = start;
  const fence = { ...start.fence, claim: task.claim };
  const { jobInstanceId } = fence;
  const partitionLogger: Logger = logger.child({ partition });
  const executionContext = deserialiseContext(task.contextText);
  const scope = { database, fence, stepExecution, executionContext, now: () => new Date() };
  let { maxId } = task;
  const answerCut = (isGivenUp: boolean) => {
    cutAsked = undefined;
    send({ type: 'cut', partition, isGivenUp });
  };
  try {
    const outcome = await runChunks({
      ...scope,
      sizer,
      open: () => {
        // The truth is what was committed: a cut whose answer was lost is found here.
        const committedMaxId = executionContext.getLong(MAX_ID) ?? maxId;
        if (committedMaxId < maxId) answerCut(true);
        maxId = committedMaxId;
        return openPartition({
          database,
          parameters,
          jobInstanceId,
          jobExecutionId,
          stepExecutionId: stepExecution.id,
          stepName,
          partition,
          minId: task.minId,
          maxId,
          chunkSize: rowsMaxOf(start.chunkSize),
          planDetail: start.planDetail,
          shared: start.shared,
          executionContext,
          logger: partitionLogger,
          signal: stopping.signal,
        });
      },
      retrying: { ...retrying, logger: partitionLogger },
      isStopRequested,
      cut: async (handlers) => {
        if (cutAsked?.partition !== partition) return false;
        const { newPartition } = cutAsked;
        const at = await handlers.cut?.();
        if (at === undefined) {
          answerCut(false);
          return false;
        }
        const rowsDone = task.rowsDone + stepExecution.readCount;
        await cutPartition(scope, { ...task, stepName, maxId, rowsDone }, at, newPartition);
        return true;
      },
      onCommit: (rowsRead, seconds) =>
        send({ type: 'advanced', partition, rowsDone: task.rowsDone + rowsRead, seconds }),
      complete: async (tx) => {
        const change = { status: 'COMPLETED', stepExecutionId: stepExecution.id } as const;
        await updatePartition(tx, jobInstanceId, stepName, partition, change);
      },
    });
    return outcome === 'COMPLETED' ? { outcome: 'completed' } : { outcome: 'stopped' };
  } catch (error) {
    if (isAbort(error, stopping.signal)) return { outcome: 'stopped' };
    return {
      outcome: 'failed',
      error: toRemoteError(stepError(error, stepName)),
      rollbackCount: stepExecution.rollbackCount,
    };
  }
}

function send(message: FromWorker): void {
  port.postMessage(message);
}

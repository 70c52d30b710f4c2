/**
 * The worker pool: gives partitions to threads, one at a time each, until there are no more, one fails, or a stop is
 * asked for. However a thread ends, its partition gets a result; and none is left when `runPool` returns.
 */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { leaveRemovedFolder } from '../database/working-folder.ts';
import type { FromWorker, PartitionResult, PartitionTask, ToWorker, WorkerStart } from './protocol.ts';
import { fromRemoteError, toRemoteError } from './remote-error.ts';
import { RunningPartitions, type StealingOptions } from './stealing.ts';

export interface PoolRun {
  /** The module of the thread. */
  readonly entry: URL;
  readonly workerCount: number;
  readonly start: WorkerStart;
  /** The next partition for a thread, whose number counts from 0, its row written; undefined when there is none left. Never called after a failure or stop. */
  nextTask(worker: number): Promise<PartitionTask | undefined>;
  /** Absent: a worker that finds no task ends, whatever the others have left to do. */
  readonly stealing?: StealingOptions & {
    /** The task of a partition that was cut off a running one, its row written. */
    stolenTask(partition: number, worker: number): Promise<PartitionTask>;
  };
  /** Writes down how a partition ended. */
  taskEnded(task: PartitionTask, result: PartitionResult): Promise<void>;
  /** A chunk was committed, so many seconds after its reading began. */
  onAdvanced(partition: number, rowsDone: number, seconds: number): void;
  /** A thread tries something again that failed. */
  onRetried(): void;
  /** A line of pino's JSON. */
  onLog(line: string): void;
  /** Default 2048. */
  readonly heapMbMax?: number;
  /** Default 8: see `PartitionedStep.maxYoungGenerationSizeMb`. */
  readonly maxYoungGenerationSizeMb?: number;
  /** A partition that fails ends its own attempt only: the threads take others. Default: it stops the pool. */
  readonly goesOnAfterFailure?: boolean;
  /** Aborted to stop all workers at their next chunk boundary. */
  readonly signal: AbortSignal;
}

/** A heap beyond this ends the thread with an error of its own instead of the process by the system's. */
const HEAP_MB_MAX = 2048;
/** Small: the hot path makes next to no objects, and the default would keep tens of megabytes a thread for them. */
const YOUNG_GENERATION_MB_MAX = 8;
/** How long a thread that has nothing left to do may take to close its connections. */
const END_TIMEOUT_MS = 5000;

/** Throws the first error that is not the result of a partition. */
export async function runPool(run: PoolRun): Promise<void> {
  const stopFlag = new Int32Array(run.start.stopFlag);
  const workers = new Set<Worker>();
  const stop = () => {
    Atomics.store(stopFlag, 0, 1);
    for (const worker of workers) send(worker, { type: 'stop' });
  };
  if (run.signal.aborted) stop();
  run.signal.addEventListener('abort', stop);
  try {
    const isStopped = () => Atomics.load(stopFlag, 0) !== 0;
    const running = new RunningPartitions(run.stealing);
    const threads = Array.from({ length: run.workerCount }, (_, number) =>
      runThread(run, number, { workers, running, isStopped, stop }).catch((error: unknown) => {
        stop();
        throw error;
      }),
    );
    const ends = await Promise.allSettled(threads);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    run.signal.removeEventListener('abort', stop);
  }
}

/** What the threads of a pool share. */
interface Threads {
  readonly workers: Set<Worker>;
  readonly running: RunningPartitions;
  isStopped(): boolean;
  stop(): void;
}

async function runThread(run: PoolRun, number: number, { workers, running, isStopped, stop }: Threads): Promise<void> {
  // The limit of the process, which the launcher sets for its main thread, goes before a thread's own. V8 reads it when
  // it makes a heap, so that it can be another one for the threads that are made from here on.
  setFlagsFromString(
    `--max-semi-space-size=${Math.ceil((run.maxYoungGenerationSizeMb ?? YOUNG_GENERATION_MB_MAX) / 2)}`,
  );
  leaveRemovedFolder();
  const worker = new Worker(run.entry, {
    workerData: run.start,
    name: `${run.start.stepName} worker`,
    resourceLimits: { maxOldGenerationSizeMb: run.heapMbMax ?? HEAP_MB_MAX },
    execArgv: inheritedArguments(),
  });
  workers.add(worker);
  try {
    const mailbox = createMailbox(worker, run, running);
    const first = await mailbox.next();
    if (first.type === 'unusable') throw fromRemoteError(first.error);
    while (!isStopped()) {
      const task = (await run.nextTask(number)) ?? (await stealTask(run, number, running, isStopped));
      if (task === undefined) break;
      running.started(task, (newPartition) => send(worker, { type: 'cut', partition: task.partition, newPartition }));
      const result = await runTask(worker, mailbox, task);
      running.ended(task.partition);
      if (result.outcome === 'failed' && !run.goesOnAfterFailure) stop();
      await run.taskEnded(task, result);
      if (mailbox.isClosed()) return;
    }
    send(worker, { type: 'end' });
    await mailbox.closed(END_TIMEOUT_MS);
  } finally {
    workers.delete(worker);
    await worker.terminate();
  }
}

async function stealTask(
  run: PoolRun,
  worker: number,
  running: RunningPartitions,
  isStopped: () => boolean,
): Promise<PartitionTask | undefined> {
  const partition = await running.steal();
  return partition === undefined || isStopped() ? undefined : await run.stealing?.stolenTask(partition, worker);
}

async function runTask(worker: Worker, mailbox: Mailbox, task: PartitionTask): Promise<PartitionResult> {
  try {
    send(worker, { type: 'run', task });
    const message = await mailbox.next();
    if (message.type !== 'ended') throw new Error(`a worker said ${message.type} instead of ended`);
    return message.result;
  } catch (error) {
    return { outcome: 'failed', error: toRemoteError(error), rollbackCount: 0 };
  }
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

type Answer = Extract<FromWorker, { type: 'ready' | 'ended' | 'unusable' }>;

interface Mailbox {
  /** The next answer; rejects when the thread ends without one. */
  next(): Promise<Answer>;
  isClosed(): boolean;
  /** Resolves when the thread has ended, or after the time limit. */
  closed(timeoutMs: number): Promise<void>;
}

/** At most one answer is ever awaited or waiting: a worker speaks when it is spoken to. */
function createMailbox(worker: Worker, run: PoolRun, running: RunningPartitions): Mailbox {
  let answer = Promise.withResolvers<Answer>();
  let end: Error | undefined;
  const ended = Promise.withResolvers<void>();
  const fail = (error: Error) => {
    end ??= error;
    answer.reject(end);
    // Nobody may be waiting: the next one who asks is told.
    answer.promise.catch(() => {});
  };
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'advanced') {
      running.advanced(message.partition, message.rowsDone);
      run.onAdvanced(message.partition, message.rowsDone, message.seconds);
    } else if (message.type === 'cut') running.answered(message.partition, message.isGivenUp);
    else if (message.type === 'retried') run.onRetried();
    else if (message.type === 'log') run.onLog(message.line);
    else answer.resolve(message);
  });
  worker.on('messageerror', fail);
  // What the thread threw outside of its work, running out of memory included; `exit` follows.
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (exitCode) => {
    fail(new Error(`the worker thread ended by itself with exit code ${exitCode}`));
    ended.resolve();
  });
  return {
    async next() {
      const message = await answer.promise;
      answer = Promise.withResolvers<Answer>();
      if (end !== undefined) fail(end);
      return message;
    },
    isClosed: () => end !== undefined,
    async closed(timeoutMs) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([ended.promise, limit]);
      clearTimeout(timer);
    },
  };
}

/** Flags by which a user's own loader (for TypeScript, say) gets at modules; the process's others are its own affair. */
const LOADER_FLAGS = ['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C'];

function inheritedArguments(): string[] {
  return process.execArgv.flatMap((flag, index, all) => {
    if (LOADER_FLAGS.some((name) => flag.startsWith(`${name}=`))) return [flag];
    return LOADER_FLAGS.includes(flag) ? [flag, all[index + 1]] : [];
  });
}

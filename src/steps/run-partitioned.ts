/**
 * Runs a partitioned step: plans and freezes its ranges, has the pool work on those that are not completed, and sums
 * them up. The figures of the manager's row are those of the whole plan, over all executions of the instance, so that
 * after a restart an operator still sees the whole date (Spring Batch would show the last execution's part only).
 */

import { hostname } from 'node:os';
import { extname } from 'node:path';
import type { Span } from '@opentelemetry/api';
import { fencedTransaction } from '../engine/fence.ts';
import { tellMeasure } from '../engine/measure.ts';
import { isExhausted, withRetry } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import type { RemoteOptions } from '../engine/step-context.ts';
import { isPlanOutdated, planOutdated, type SettleError } from '../errors.ts';
import { definitionDigest } from '../partition/definition-digest.ts';
import { runPool } from '../partition/pool.ts';
import type { PartitionTask } from '../partition/protocol.ts';
import { fromRemoteError } from '../partition/remote-error.ts';
import { nextStepExecutionId } from '../repository/next-id.ts';
import { deleteOffer, selectOffer } from '../repository/offer.ts';
import {
  abandonPartitions,
  deletePartitions,
  deletePlan,
  insertPartitions,
  insertPlan,
  listPartitions,
  type StoredPlan,
  selectPlan,
} from '../repository/partition.ts';
import { type ExecutionCounts, type PartitionProgress, zeroCounts } from '../repository/types.ts';
import { takeDown } from './offer-step.ts';
import { endPartition, startPartition } from './own-partition.ts';
import { runInOwnThread } from './run-in-own-thread.ts';
import { runRemote } from './run-remote.ts';
import type { StepOutcome, StepRun } from './run-state.ts';
import { failSpan, openSpan, spanAttributes } from './tracing.ts';

const REPLANS_MAX = 3;
/** Where the planner is not told how many: enough for several hosts, since nobody cuts a partition that another has. */
const REMOTE_PARTITIONS = 32;
const defaultRemoteOptions = { attemptsMax: 3, leaseMs: 30_000 };

export async function runPartitioned(step: PartitionedStep, run: StepRun): Promise<StepOutcome> {
  const { database, fence, retrying } = run;
  if (await mustPlanAgain(step, run)) await dropPlan(step, run);
  for (let replans = 0; ; replans++) {
    const stored = await withRetry(retrying, () => selectPlan(database.knex, fence.jobInstanceId, step.name));
    const plan = stored ?? (await makePlan(step, run));
    try {
      const outcome = await runPlan(step, run, plan);
      await sumUp(step, run);
      return outcome;
    } catch (error) {
      // What went wrong first is what the operator needs to know.
      await sumUp(step, run).catch((err: unknown) =>
        run.logger.debug({ err }, 'the partitions could not be summed up'),
      );
      if (!isPlanOutdated(error)) throw error;
      if (replans === REPLANS_MAX) throw planNeverHolds(step, error);
      run.logger.warn({ replans: replans + 1 }, 'the plan is outdated; planning again');
      await dropPlan(step, run);
    }
  }
}

/** Where the dropping of a plan was interrupted, and where a completed step is to run again from its start. */
async function mustPlanAgain(step: PartitionedStep, run: StepRun): Promise<boolean> {
  const partitions = await partitionsOf(step, run);
  if (partitions.some((partition) => partition.status === 'ABANDONED')) return true;
  const isCompleted = partitions.length > 0 && partitions.every((partition) => partition.status === 'COMPLETED');
  return isCompleted && step.allowStartIfComplete === true;
}

async function makePlan(step: PartitionedStep, run: StepRun): Promise<StoredPlan> {
  const { database, fence, logger } = run;
  const { partitions, detail } = await withRetry(run.retrying, () =>
    step.plan(run.context, partitionsAsked(step, run)),
  );
  // A number out of the sequence of step executions: it tells those of this plan from those of a dropped one.
  const planId = await nextIdOfStep(run);
  const plan: StoredPlan = { planId, detail: JSON.stringify(detail ?? null) };
  const numbered = partitions.map((partition, index) => ({ ...partition, partition: index }));
  await withRetry(run.retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      // An earlier attempt was committed, but the answer was lost.
      if ((await selectPlan(tx, fence.jobInstanceId, step.name))?.planId === planId) return;
      await insertPlan(tx, fence.jobInstanceId, step.name, plan);
      await insertPartitions(tx, fence.jobInstanceId, step.name, numbered);
    }),
  );
  logger.info({ partitions: partitions.length, rowsExpected: total(partitions) }, 'step planned');
  return plan;
}

function partitionsAsked({ ownThreadRowsMax }: PartitionedStep, { options }: StepRun): number | undefined {
  const { partitions, remote } = options;
  // A step that may do without other threads looks itself at how much there is for workers.
  return partitions ?? (remote === undefined || ownThreadRowsMax !== undefined ? undefined : REMOTE_PARTITIONS);
}

/** In an order that survives a crash at any point: while results may be half removed, no partition counts as done. */
async function dropPlan(step: PartitionedStep, run: StepRun): Promise<void> {
  const { database, fence, retrying } = run;
  await withRetry(retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      await deleteOffer(tx, fence.jobInstanceId, step.name);
      await abandonPartitions(tx, fence.jobInstanceId, step.name);
    }),
  );
  await withRetry(retrying, async () => await step.discard?.(run.context));
  await withRetry(retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      await deletePartitions(tx, fence.jobInstanceId, step.name);
      await deletePlan(tx, fence.jobInstanceId, step.name);
    }),
  );
}

function partitionsOf(step: PartitionedStep, { database, fence, retrying }: StepRun): Promise<PartitionProgress[]> {
  return withRetry(retrying, () => listPartitions(database, fence.jobInstanceId, step.name));
}

function nextIdOfStep({ database, retrying }: StepRun): Promise<number> {
  return withRetry(retrying, () => nextStepExecutionId(database, database.knex));
}

async function runPlan(step: PartitionedStep, run: StepRun, plan: StoredPlan): Promise<StepOutcome> {
  const { database, fence, progress, options, retrying } = run;
  const partitions = await partitionsOf(step, run);
  const pending = partitions.filter((partition) => partition.status !== 'COMPLETED');
  const rowsDone = partitions.reduce((sum, partition) => sum + partition.counts.readCount, 0);
  progress({ type: 'step-started', step: step.name, rowsExpected: total(partitions), rowsDone });
  if (pending.length === 0) {
    await takeDownStale(step, run);
    return 'COMPLETED';
  }

  // Largest first: a large one that starts last would keep one worker busy while the others have nothing to do.
  const queue = [...pending].sort((a, b) => b.rowsExpected - a.rowsExpected || a.partition - b.partition);
  await withRetry(retrying, async () => await step.checkPlan?.(run.context));
  const remote = await remoteOptionsOf(step, run, pending);
  if (remote !== undefined) return await runRemote(step, run, plan, remote.options, remote.definition);
  if (isForOwnThread(step, pending)) {
    await runInOwnThread(step, run, plan, pending[0]);
    return await outcomeOf(step, run);
  }
  const shared = await withRetry(retrying, async () => await step.share?.(run.context));
  const failures: Error[] = [];
  const spans = new Map<number, Span>();
  const begin = async (partition: PartitionProgress, worker: number, cutFrom?: number): Promise<PartitionTask> => {
    const { span, carrier } = openSpan('partition', spanAttributes({ partition: partition.partition }));
    spans.set(partition.partition, span);
    return { ...(await startPartition(run, partition, { host: hostname(), worker, cutFrom })), traceCarrier: carrier };
  };
  let lastNumber = Math.max(...partitions.map(({ partition }) => partition));
  await runPool({
    entry: new URL(`./partition-thread${extname(import.meta.url)}`, import.meta.url),
    workerCount: Math.max(1, Math.min(options.workers, partsPossible(step, queue))),
    start: {
      databaseUrl: database.url,
      workerModule: step.workerModule.href,
      parameters: run.parameters.all,
      jobExecutionId: run.execution.id,
      fence,
      stepName: step.name,
      chunkSize: options.chunkSize ?? step.chunkSize,
      retryPolicy: retrying.policy,
      planDetail: JSON.parse(plan.detail),
      shared,
      logLevel: run.logger.level,
      stopFlag: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    },
    maxYoungGenerationSizeMb: step.maxYoungGenerationSizeMb,
    signal: run.signal,
    nextTask: async (worker) => {
      const partition = queue.shift();
      return partition === undefined ? undefined : await begin(partition, worker);
    },
    stealing: step.stealing && {
      rowsMin: step.stealing.rowsMin,
      nextNumber: () => ++lastNumber,
      stolenTask: async (number, worker) => {
        const { stolen, victim } = await stolenPartition(step, run, number);
        return await begin(stolen, worker, victim);
      },
    },
    taskEnded: async (task, result) => {
      const failure = result.outcome === 'failed' ? fromRemoteError(result.error) : undefined;
      if (failure !== undefined) failures.push(failure);
      // The worker has waited for the database long enough for all of us.
      if (isExhausted(failure)) retrying.circuit.isOpen = true;
      await endPartition(run, task, result);
      const span = spans.get(task.partition);
      if (span !== undefined && failure !== undefined) failSpan(span, failure);
      span?.end();
      spans.delete(task.partition);
    },
    onAdvanced: (partition, rows, seconds) => {
      tellMeasure({ type: 'chunk', job: run.job.name, step: step.name, seconds });
      progress({ type: 'advanced', step: step.name, partition, rowsDone: rows });
    },
    onRetried: () => tellMeasure({ type: 'retried', job: run.job.name }),
    onLog: (line) => forwardLog(run, line),
  }).finally(() => {
    for (const span of spans.values()) span.end();
  });
  if (failures.length > 0) throw failures.find((failure) => !isPlanOutdated(failure)) ?? failures[0];
  return await outcomeOf(step, run);
}

/** Left by a run that died between the last partition and the end of the step. */
async function takeDownStale(step: PartitionedStep, run: StepRun): Promise<void> {
  const { database, fence, retrying } = run;
  const stale = await withRetry(retrying, () => selectOffer(database.knex, fence.jobInstanceId, step.name));
  if (stale !== undefined) await takeDown(step, run);
}

/**
 * Whether workers of any host work on the step, and what they must be; undefined: only this run's threads. A run that goes
 * on with a step which a dead one had put up leaves it to those who are at work on it.
 */
async function remoteOptionsOf(
  step: PartitionedStep,
  run: StepRun,
  pending: readonly PartitionProgress[],
): Promise<{ readonly options: RemoteOptions; readonly definition: string } | undefined> {
  const { database, fence, options, retrying, logger } = run;
  const left = await withRetry(retrying, () => selectOffer(database.knex, fence.jobInstanceId, step.name));
  if (left === undefined && (options.remote === undefined || isForOwnThread(step, pending))) return undefined;
  if (!(step.remote ?? step.share === undefined)) {
    logger.info('the step is for threads of this process only');
    return undefined;
  }
  const job = run.job;
  return {
    options: options.remote ?? { ...defaultRemoteOptions, threads: options.workers },
    definition: await definitionDigest(job, step),
  };
}

function isForOwnThread({ ownThreadRowsMax = -1 }: PartitionedStep, pending: readonly PartitionProgress[]): boolean {
  return pending.length === 1 && pending[0].rowsExpected <= ownThreadRowsMax;
}

/** How many workers could find something to do. */
function partsPossible({ stealing }: PartitionedStep, pending: readonly PartitionProgress[]): number {
  if (stealing === undefined) return pending.length;
  const parts = pending.map(({ rowsExpected, counts }) => (rowsExpected - counts.readCount) / stealing.rowsMin);
  return parts.reduce((sum, count) => sum + Math.max(1, Math.floor(count)), 0);
}

/** The partition that was cut off a running one, as it is stored; tells of the one that it was cut off. */
async function stolenPartition(
  step: PartitionedStep,
  run: StepRun,
  number: number,
): Promise<{ stolen: PartitionProgress; victim: number | undefined }> {
  const partitions = await partitionsOf(step, run);
  const stolen = partitions.find(({ partition }) => partition === number);
  if (stolen === undefined) throw new Error(`partition ${number} of step ${step.name} was given up, but not stored`);
  const victim = partitions.find(({ maxId }) => maxId === stolen.minId - 1n);
  run.logger.info({ partition: number, from: victim?.partition, rowsExpected: stolen.rowsExpected }, 'partition cut');
  if (victim !== undefined) {
    const { partition, rowsExpected } = victim;
    run.progress({ type: 'partition-resized', step: step.name, partition, rowsExpected });
  }
  return { stolen, victim: victim?.partition };
}

async function outcomeOf(step: PartitionedStep, run: StepRun): Promise<StepOutcome> {
  const partitions = await partitionsOf(step, run);
  if (partitions.every((partition) => partition.status === 'COMPLETED')) return 'COMPLETED';
  if (run.signal.aborted) return 'STOPPED';
  throw new Error(`step ${step.name} ended with partitions that nobody worked on`);
}

async function sumUp(step: PartitionedStep, run: StepRun): Promise<void> {
  const sums = zeroCounts();
  for (const { counts } of await partitionsOf(step, run)) {
    for (const name of Object.keys(sums) as (keyof ExecutionCounts)[]) sums[name] += counts[name];
  }
  Object.assign(run.stepExecution, sums);
}

/** A line of a worker's log, as one of ours. */
function forwardLog({ logger }: StepRun, line: string): void {
  const { level, time: _time, msg, ...fields } = JSON.parse(line);
  const name = logger.levels.labels[level] as 'info';
  logger[name](fields, msg);
}

function planNeverHolds(step: PartitionedStep, cause: SettleError): SettleError {
  return planOutdated(
    `the data of step ${step.name} changed under each of ${REPLANS_MAX + 1} plans: ${cause.message}`,
    { hint: 'start the run again when fewer rows arrive', cause },
  );
}

function total(partitions: readonly { readonly rowsExpected: number }[]): number {
  return partitions.reduce((sum, partition) => sum + partition.rowsExpected, 0);
}

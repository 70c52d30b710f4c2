/** A worker's threads on one step that was put up: they take partitions until there is none left to take. */
import { extname } from 'node:path';
import type { ChunkSize } from '../engine/chunk-size.ts';
import { type PartitionEnd, tellMeasure } from '../engine/measure.ts';
import type { JobParameters } from '../engine/parameters.ts';
import { isPartitionLost, isRunChanging } from '../engine/partition-claim.ts';
import { isExhausted } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import { stepError } from '../engine/step-error.ts';
import { runPool } from '../partition/pool.ts';
import type { PartitionResult } from '../partition/protocol.ts';
import { fromRemoteError } from '../partition/remote-error.ts';
import { nextStepExecutionId } from '../repository/next-id.ts';
import type { Offer } from '../repository/offer.ts';
import type { StoredPlan } from '../repository/partition.ts';
import type { OpenPartition } from '../repository/partition-claim.ts';
import { giveUpPartition } from './give-up-partition.ts';
import { IdsAhead } from './ids-ahead.ts';
import { type ClaimedTask, type TakingScope, takePartition } from './take-partition.ts';
import { openSpan, spanAttributes } from './tracing.ts';

export interface OfferWork extends TakingScope {
  /** As it was read last; undefined when it was taken down. */
  readonly offer: () => Offer | undefined;
  readonly step: PartitionedStep;
  readonly plan: StoredPlan;
  readonly parameters: JobParameters;
  /** What the step's `share` gave on this host. */
  readonly shared: unknown;
  readonly threads: number;
  readonly attemptsMax: number;
  readonly chunkSize: ChunkSize;
  /** Aborted to stop at the next chunk; what is not complete is given back. */
  readonly signal: AbortSignal;
  readonly onTaken?: (task: ClaimedTask) => void;
}

export interface WorkDone {
  readonly completed: number;
  readonly failed: number;
}

/** What has failed here is left to others for so long, times the attempts it had. */
const OWN_FAILURE_MS = 2_000;

/** Resolves when nothing is left to take at present, or all is given back after a stop. */
export async function workOnOffer(work: OfferWork): Promise<WorkDone> {
  const { database, step, plan, retrying, logger, lease } = work;
  const first = work.offer();
  const done = { completed: 0, failed: 0 };
  if (first === undefined) return done;
  const names = { job: first.jobName, step: first.stepName };
  tellMeasure({ type: 'begun', job: first.jobName });
  const failedAtMs = new Map<number, number>();
  const circuitOpen = new AbortController();
  const isWanted = ({ partition, attempts }: OpenPartition) => {
    const atMs = failedAtMs.get(partition);
    return atMs === undefined || performance.now() - atMs > OWN_FAILURE_MS * attempts;
  };
  const ids = Array.from(
    { length: work.threads },
    () => new IdsAhead(() => nextStepExecutionId(database, database.knex)),
  );
  const tasks = new Map<number, ClaimedTask>();
  const spans = new Map<number, ReturnType<typeof openSpan>['span']>();
  await runPool({
    entry: new URL(`./partition-thread${extname(import.meta.url)}`, import.meta.url),
    workerCount: work.threads,
    start: {
      databaseUrl: database.url,
      workerModule: step.workerModule.href,
      parameters: work.parameters.all,
      jobExecutionId: first.jobExecutionId,
      fence: {
        jobInstanceId: first.jobInstanceId,
        token: first.token,
        idleSecondsMax: Math.ceil(lease.leaseMs / 1000),
      },
      stepName: step.name,
      chunkSize: work.chunkSize,
      retryPolicy: retrying.policy,
      planDetail: JSON.parse(plan.detail),
      shared: work.shared,
      logLevel: logger.level,
      stopFlag: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    },
    maxYoungGenerationSizeMb: step.maxYoungGenerationSizeMb,
    goesOnAfterFailure: true,
    signal: AbortSignal.any([work.signal, circuitOpen.signal]),
    nextTask: async (worker) => {
      const offer = work.offer();
      const scope = { ...work, worker, ids: ids[worker] };
      const task = offer && (await takePartition(scope, offer, work.attemptsMax, isWanted));
      if (task === undefined) return undefined;
      tasks.set(task.partition, task);
      logger.info({ partition: task.partition, epoch: task.claim.epoch }, 'partition taken');
      work.onTaken?.(task);
      tellMeasure({ type: 'taken', ...names });
      const { span, carrier } = openSpan('partition', spanAttributes({ partition: task.partition }));
      spans.set(task.partition, span);
      return { ...task, traceCarrier: carrier };
    },
    taskEnded: async ({ partition }, result) => {
      spans.get(partition)?.end();
      spans.delete(partition);
      const task = tasks.get(partition)!;
      tasks.delete(partition);
      if (result.outcome === 'completed') {
        tellMeasure({ type: 'ended', ...names, outcome: 'completed' });
        done.completed++;
        logger.info({ partition }, 'partition completed');
        return;
      }
      if (result.outcome === 'failed') failedAtMs.set(partition, performance.now());
      const outcome = await endTask(work, first, task, result, circuitOpen);
      tellMeasure({ type: 'ended', ...names, outcome });
      if (outcome === 'lost') tellMeasure({ type: 'lost', job: first.jobName, what: 'partition' });
      if (outcome === 'failed') done.failed++;
    },
    onAdvanced: (_partition, _rows, seconds) => tellMeasure({ type: 'chunk', ...names, seconds }),
    onRetried: () => tellMeasure({ type: 'retried', job: first.jobName }),
    onLog: (line) => {
      const { level, time: _time, msg, ...fields } = JSON.parse(line);
      logger[logger.levels.labels[level] as 'info'](fields, msg);
    },
  }).finally(() => {
    for (const span of spans.values()) span.end();
  });
  return done;
}

/** Writes down how it ended, unless it is another's by then. */
async function endTask(
  work: OfferWork,
  offer: Offer,
  task: ClaimedTask,
  result: Exclude<PartitionResult, { outcome: 'completed' }>,
  circuitOpen: AbortController,
): Promise<Exclude<PartitionEnd, 'completed'>> {
  const { logger, step } = work;
  const { partition } = task;
  const thrown = result.outcome === 'failed' ? fromRemoteError(result.error) : undefined;
  if (isPartitionLost(thrown)) {
    logger.warn({ partition, epoch: task.claim.epoch }, thrown!.message);
    return 'lost';
  }
  // The thread has waited for the database, or for a new run, long enough: it takes nothing more, and nothing failed.
  const isWaitOver = isExhausted(thrown) || isRunChanging(thrown);
  if (isWaitOver) circuitOpen.abort('the database was away for too long');
  const error = thrown === undefined || isWaitOver ? undefined : stepError(thrown, step.name);
  const rollbackCount = result.outcome === 'failed' ? result.rollbackCount : 0;
  const isOurs = await giveUpPartition(work, offer, task, error, rollbackCount);
  if (error === undefined) logger.info({ partition, isOurs }, 'partition given back');
  else logger.error({ partition, reason: error.message, isOurs }, 'partition failed');
  if (!isOurs) return 'lost';
  return error === undefined ? 'given_back' : 'failed';
}

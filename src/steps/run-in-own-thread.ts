/** A partition in the thread of the run: what is done sooner than another thread has started. */
import { hostname } from 'node:os';
import { ChunkSizer } from '../engine/chunk-size.ts';
import { tellMeasure } from '../engine/measure.ts';
import { withRetry } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import { fromRemoteError } from '../partition/remote-error.ts';
import type { StoredPlan } from '../repository/partition.ts';
import type { PartitionProgress } from '../repository/types.ts';
import { endPartition, startPartition } from './own-partition.ts';
import { loadPartitionWorker, type PartitionRunner, runPartition } from './run-partition.ts';
import type { StepRun } from './run-state.ts';
import { inSpan, spanAttributes } from './tracing.ts';

/** Runs it to its end, or a stop; throws what it failed with. */
export async function runInOwnThread(
  step: PartitionedStep,
  run: StepRun,
  plan: StoredPlan,
  partition: PartitionProgress,
): Promise<void> {
  const { database, execution, fence, options, parameters, progress, retrying, signal } = run;
  const chunkSize = options.chunkSize ?? step.chunkSize;
  const stepName = step.name;
  const shared = await withRetry(retrying, async () => await step.share?.(run.context));
  const planDetail = JSON.parse(plan.detail);
  const runner: PartitionRunner = {
    database,
    openPartition: await loadPartitionWorker(step.workerModule.href),
    parameters,
    start: { jobExecutionId: execution.id, fence, stepName, chunkSize, planDetail, shared },
    sizer: new ChunkSizer(chunkSize),
    retrying,
    signal,
    onCommit: (number, rowsDone, seconds) => {
      tellMeasure({ type: 'chunk', job: run.job.name, step: stepName, seconds });
      progress({ type: 'advanced', step: stepName, partition: number, rowsDone });
    },
  };
  const work = { host: hostname(), worker: 0, cutFrom: undefined };
  await inSpan('partition', spanAttributes({ partition: partition.partition }), async () => {
    const task = { ...(await startPartition(run, partition, work)), traceCarrier: {} };
    const result = await runPartition(runner, task);
    await endPartition(run, task, result);
    if (result.outcome === 'failed') throw fromRemoteError(result.error);
  });
}

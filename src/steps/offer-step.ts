/** Puts a step up for workers, and takes it down again. */

import type { ChunkSize } from '../engine/chunk-size.ts';
import { serialiseContext } from '../engine/execution-context.ts';
import { fencedTransaction } from '../engine/fence.ts';
import { revokePartitions } from '../engine/partition-claim.ts';
import { withRetry } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import type { RemoteOptions } from '../engine/step-context.ts';
import { deleteOffer, type Offer, putOffer } from '../repository/offer.ts';
import type { StoredPlan } from '../repository/partition.ts';
import { resetAttempts } from '../repository/partition-claim.ts';
import type { StepRun } from './run-state.ts';

/** What a worker must know of a step besides its plan; JSON in settle_offer. */
export interface OfferDetail {
  readonly chunkSize: ChunkSize;
  readonly attemptsMax: number;
  readonly leaseMs: number;
  /** The step's own row and context, and the job's, as `share` is to find them. */
  readonly stepExecutionId: number;
  readonly contextText: string;
  readonly jobContextText: string;
}

/** The attempts of what nobody is at work on are counted anew. */
export async function offerStep(
  step: PartitionedStep,
  run: StepRun,
  plan: StoredPlan,
  definition: string,
  { attemptsMax, leaseMs }: RemoteOptions,
): Promise<Offer> {
  const { database, fence, execution } = run;
  const { jobInstanceId, token } = fence;
  const detail: OfferDetail = {
    chunkSize: run.options.chunkSize ?? step.chunkSize,
    attemptsMax,
    leaseMs,
    stepExecutionId: run.stepExecution.id,
    contextText: serialiseContext(run.executionContext),
    jobContextText: serialiseContext(run.jobContext),
  };
  const offer: Offer = {
    jobInstanceId,
    stepName: step.name,
    jobExecutionId: execution.id,
    jobName: execution.jobName,
    token,
    planId: plan.planId,
    definition,
    detail: JSON.stringify(detail),
  };
  await withRetry(run.retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      await putOffer(tx, offer);
      await resetAttempts(tx, jobInstanceId, step.name);
    }),
  );
  return offer;
}

/** Workers find nothing more to take, and stop what they have at its next chunk. */
export async function takeDown(step: PartitionedStep, { database, fence, retrying }: StepRun): Promise<void> {
  await withRetry(retrying, () =>
    fencedTransaction(database, fence, (tx) => deleteOffer(tx, fence.jobInstanceId, step.name)),
  );
}

/** Takes from workers what they have not given back. */
export async function revokeAll(step: PartitionedStep, run: StepRun, reason: string): Promise<number> {
  const { database, fence, retrying } = run;
  const which = { jobInstanceId: fence.jobInstanceId, stepName: step.name };
  return await withRetry(retrying, () =>
    fencedTransaction(database, fence, (tx) => revokePartitions(tx, which, 'STOPPED', reason, run.now())),
  );
}

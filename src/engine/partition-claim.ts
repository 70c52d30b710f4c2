/** The check of a claimed partition in each of its transactions, and how a run takes partitions from their workers. */
import type { Transaction } from '../database/database.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import { lockFencedPartition } from '../repository/claim-locks.ts';
import { deleteOffersOf, readOffer } from '../repository/offer.ts';
import {
  listClaimedSteps,
  listOpenPartitions,
  lockPartition,
  writePartitionState,
} from '../repository/partition-claim.ts';
import { selectStepExecution, updateStepExecution } from '../repository/step-execution.ts';
import { isRunning } from '../repository/types.ts';
import { commitRightOf, type HeldPartition, revoked } from './partition-rules.ts';

/** What a worker has taken. Structured-cloneable. */
export interface PartitionClaim extends HeldPartition {
  readonly stepName: string;
  readonly partition: number;
}

const PARTITION_LOST = 'PARTITION_LOST';
const RUN_CHANGING = 'RUN_CHANGING';

/**
 * Holds the fence, the partition's row, and where the fence has changed the offer's, until the transaction ends.
 * @throws SettleError PARTITION_LOST; RUN_CHANGING, which a later attempt gets over, while a new run begins
 */
export async function requireClaim(tx: Transaction, jobInstanceId: number, claim: PartitionClaim): Promise<void> {
  const { stepName, partition } = claim;
  const { fence, state } = await lockFencedPartition(tx, { jobInstanceId, stepName, partition });
  const offer = fence === claim.token ? undefined : await readOffer(tx, jobInstanceId, stepName);
  const right = commitRightOf(state, claim, fence, offer);
  if (right === 'lost') throw partitionLost(claim);
  if (right === 'wait') throw runChanging();
}

/**
 * Takes the partitions that workers have claimed from them: they can commit nothing of these from then on. The caller
 * holds the run's fence.
 * @returns how many there were
 */
export async function revokePartitions(
  tx: Transaction,
  { jobInstanceId, stepName }: { readonly jobInstanceId: number; readonly stepName: string },
  status: 'FAILED' | 'STOPPED',
  reason: string,
  now: Date,
): Promise<number> {
  let count = 0;
  for (const { partition } of await listOpenPartitions(tx, jobInstanceId, stepName, { lock: true })) {
    const key = { jobInstanceId, stepName, partition };
    const state = await lockPartition(tx, key);
    if (state?.status !== 'STARTED' || state.ownerId === undefined) continue;
    await endAttempt(tx, state.stepExecutionId, status, reason, now);
    await writePartitionState(tx, key, revoked(state, status));
    count++;
  }
  return count;
}

/** Ends the step execution of an attempt whose owner does not say itself how it ended. The caller holds the partition. */
export async function endAttempt(
  tx: Transaction,
  stepExecutionId: number | undefined,
  status: 'FAILED' | 'STOPPED',
  reason: string,
  now: Date,
): Promise<void> {
  const step =
    stepExecutionId === undefined ? undefined : await selectStepExecution(tx, stepExecutionId, { lock: true });
  if (step === undefined || !isRunning(step.status)) return;
  const ended = { status, exitCode: status, exitMessage: reason, endTime: now, lastUpdated: now };
  await updateStepExecution(tx, { ...step, ...ended });
}

/** Nobody takes or goes on with anything of the instance. The caller holds its row. */
export async function closeToWorkers(tx: Transaction, jobInstanceId: number, reason: string, now: Date): Promise<void> {
  await deleteOffersOf(tx, jobInstanceId);
  for (const stepName of await listClaimedSteps(tx, jobInstanceId)) {
    await revokePartitions(tx, { jobInstanceId, stepName }, 'STOPPED', reason, now);
  }
}

function partitionLost({ stepName, partition }: PartitionClaim): SettleError {
  const problem = `partition ${partition} of step ${stepName} is not this worker's any more`;
  return new SettleError(PARTITION_LOST, ExitCode.failed, problem, {
    hint: 'this process was paused or cut off for longer than its lease, or the run was stopped; nothing is lost',
  });
}

function runChanging(): SettleError {
  return new SettleError(RUN_CHANGING, ExitCode.failed, 'another process is taking over the run');
}

/** The claim that the transaction goes by is over. */
export function isPartitionLost(error: unknown): boolean {
  return isSettleError(error) && error.code === PARTITION_LOST;
}

/** A new run has begun, and has not come to the step yet. */
export function isRunChanging(error: unknown): boolean {
  return isSettleError(error) && error.code === RUN_CHANGING;
}

/** How work on a claimed partition ends that does not complete it: given back, failed, or set aside after its owner's death. */
import type { Database, Transaction } from '../database/database.ts';
import { endAttempt } from '../engine/partition-claim.ts';
import { givenUp, isHeldBy, revoked, takingOf } from '../engine/partition-rules.ts';
import { withRetry } from '../engine/retrying.ts';
import type { SettleError } from '../errors.ts';
import type { Offer } from '../repository/offer.ts';
import { lockPartition, type PartitionKey, writePartitionState } from '../repository/partition-claim.ts';
import { selectStepExecution, updateStepExecution } from '../repository/step-execution.ts';
import { type ClaimedTask, claimTransaction, deathOf, type TakingScope } from './take-partition.ts';

/** Why an attempt failed, as settle_partition.failure has it. */
export interface PartitionFailure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Writes down how work on a partition ended that did not complete it. Goes by the claim alone: also when the run has been
 * taken over, or has ended. Returns false when the partition is another's.
 */
export async function giveUpPartition(
  scope: TakingScope,
  offer: Pick<Offer, 'jobInstanceId' | 'stepName'>,
  task: ClaimedTask,
  error: SettleError | undefined,
  rollbackCount: number,
): Promise<boolean> {
  const key = { jobInstanceId: offer.jobInstanceId, stepName: offer.stepName, partition: task.partition };
  return await withRetry(scope.retrying, () =>
    claimTransaction(scope, async (tx) => {
      const state = await lockPartition(tx, key);
      if (state === undefined || !isHeldBy(state, task.claim)) return false;
      const stored = await selectStepExecution(tx, task.stepExecution.id, { lock: true });
      const now = scope.now();
      const status = error === undefined ? 'STOPPED' : 'FAILED';
      const ended = {
        status,
        exitCode: status,
        exitMessage: error?.message ?? '',
        endTime: now,
        lastUpdated: now,
      } as const;
      if (stored !== undefined) await updateStepExecution(tx, { ...stored, ...ended, rollbackCount });
      await writePartitionState(
        tx,
        key,
        givenUp(state, error === undefined ? 'stopped' : 'failed'),
        error === undefined ? undefined : failureText(error),
      );
      return true;
    }),
  );
}

/**
 * Sets aside a partition that its dead owner has tried for the last time. The caller's transaction holds the run's fence.
 * Returns why, or undefined when it is not so.
 */
export async function setAsideDead(
  database: Database,
  tx: Transaction,
  key: PartitionKey,
  attemptsMax: number,
  now: Date,
): Promise<string | undefined> {
  const state = await lockPartition(tx, key);
  if (state?.status !== 'STARTED') return undefined;
  const death = await deathOf(database, tx, state);
  if (death === undefined || takingOf(state, false, attemptsMax) !== 'set-aside') return undefined;
  await endAttempt(tx, state.stepExecutionId, 'FAILED', death, now);
  const failure: PartitionFailure = { code: 'WORKER_LOST', exitCode: 1, message: death };
  await writePartitionState(tx, key, revoked(state, 'FAILED'), JSON.stringify(failure));
  return death;
}

function failureText({ code, exitCode, message, hint }: SettleError): string {
  const failure: PartitionFailure = { code, exitCode, message: message.slice(0, 2_000), hint: hint?.slice(0, 1_000) };
  return JSON.stringify(failure);
}

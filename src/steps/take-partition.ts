/** A worker's claims: takes a partition of a step that was put up, and gives it back. Each is one short transaction. */
import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import type { Ring } from '../engine/doorbell.ts';
import { tellMeasure } from '../engine/measure.ts';
import { endAttempt } from '../engine/partition-claim.ts';
import { choicesOf, givenUp, isHeldBy, revoked, taken, takingOf } from '../engine/partition-rules.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { deathOfOwner, GONE_WORKER, listLiveOwners, type WorkerLease } from '../engine/worker-lease.ts';
import type { SettleError } from '../errors.ts';
import type { PartitionTask } from '../partition/protocol.ts';
import { insertStepContext, selectStepContext } from '../repository/execution-context.ts';
import { readFence } from '../repository/fence.ts';
import { nextStepExecutionId } from '../repository/next-id.ts';
import { type Offer, readOffer } from '../repository/offer.ts';
import {
  claimPartition,
  listOpenPartitions,
  lockPartition,
  type OpenPartition,
  type PartitionKey,
  selectRange,
  sumRowsRead,
  writePartitionState,
} from '../repository/partition-claim.ts';
import { insertStepExecution, selectStepExecution, updateStepExecution } from '../repository/step-execution.ts';
import { insertPartitionWork } from '../repository/step-progress.ts';
import type { PartitionState } from '../repository/types.ts';
import { newStepExecution } from './new-step-execution.ts';
import { newPartitionContext } from './partition-context.ts';

export interface TakingScope {
  readonly database: Database;
  readonly lease: WorkerLease;
  readonly retrying: Retrying;
  readonly logger: Logger;
  readonly now: () => Date;
}

export interface TakingThread extends TakingScope {
  /** Number of the thread among those of this process, from 0. */
  readonly worker: number;
}

export type ClaimedTask = Omit<PartitionTask, 'traceCarrier'> & { readonly claim: NonNullable<PartitionTask['claim']> };

/** Why an attempt failed, as settle_partition.failure has it. */
export interface PartitionFailure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string;
}

/** Partitions of the step that may be claimed now, the largest first. */
export async function listTakeable(database: Database, offer: Offer, attemptsMax: number): Promise<OpenPartition[]> {
  const open = await listOpenPartitions(database.knex, offer.jobInstanceId, offer.stepName);
  if (open.length === 0) return [];
  const alive = open.some(({ status }) => status === 'STARTED') ? await listLiveOwners(database) : new Set<string>();
  return open.filter((one) => takingOf(one, isAlive(one, alive), attemptsMax) === 'take');
}

/** What the bell says of them. */
export function ringsOf(
  { jobInstanceId, stepName, planId }: Offer,
  partitions: readonly Pick<OpenPartition, 'partition' | 'epoch'>[],
): Ring[] {
  const of = { instance: jobInstanceId, step: stepName, plan: planId };
  return partitions.map(({ partition, epoch }) => ({ ...of, partition, epoch }));
}

function isAlive({ ownerId }: PartitionState, alive: ReadonlySet<string>): boolean {
  return ownerId !== undefined && alive.has(ownerId);
}

/**
 * Claims one of the step's partitions; undefined when there is none to take, or the offer is not what it was.
 * @param isWanted says which of them this worker leaves alone for now
 */
export async function takePartition(
  scope: TakingThread,
  offer: Offer,
  attemptsMax: number,
  isWanted: (partition: OpenPartition) => boolean,
): Promise<ClaimedTask | undefined> {
  const { database, retrying } = scope;
  for (;;) {
    const takeable = await withRetry(retrying, () => listTakeable(database, offer, attemptsMax));
    const wanted = takeable.filter(isWanted);
    if (wanted.length === 0) return undefined;
    const choices = choicesOf(wanted);
    const chosen = choices[Math.floor(Math.random() * choices.length)];
    const id = await withRetry(retrying, () => nextStepExecutionId(database, database.knex));
    const claimed = await withRetry(retrying, () => claim(scope, offer, attemptsMax, chosen.partition, id));
    if (claimed === 'offer-gone') return undefined;
    if (claimed === 'taken') continue;
    if (claimed.isTakenOver) tellMeasure({ type: 'taken-over', job: offer.jobName, what: 'partition' });
    return claimed.task;
  }
}

interface Claimed {
  readonly task: ClaimedTask;
  /** Its last owner is dead. */
  readonly isTakenOver: boolean;
}

async function claim(
  scope: TakingThread,
  offer: Offer,
  attemptsMax: number,
  partition: number,
  stepExecutionId: number,
): Promise<Claimed | 'taken' | 'offer-gone'> {
  const { lease } = scope;
  const { jobInstanceId, stepName, token, planId, definition } = offer;
  const key: PartitionKey = { jobInstanceId, stepName, partition };
  return await ownTransaction(scope, async (tx) => {
    if (!(await standsAs(tx, offer))) return 'offer-gone';
    const state = await lockPartition(tx, key);
    if (state === undefined) return 'offer-gone';
    const isOwn = state.stepExecutionId === stepExecutionId && state.ownerId === lease.ownerId;
    // An earlier attempt was committed, but the answer was lost.
    const claimedAs = isOwn ? 'own' : await claimRow({ ...scope, attemptsMax, offer }, tx, key, state, stepExecutionId);
    if (claimedAs === undefined) return 'taken';
    const stepExecution = await selectStepExecution(tx, stepExecutionId);
    const contextText = await selectStepContext(tx, stepExecutionId);
    if (stepExecution === undefined || contextText === undefined) {
      throw new Error(`the row of step execution ${stepExecutionId} is gone`);
    }
    const epoch = isOwn ? state.epoch : state.epoch + 1;
    const rowsDone = await sumRowsRead(tx, key, planId);
    const held = { epoch, ownerId: lease.ownerId, stepExecutionId, token, planId, definition };
    const range = await selectRange(tx, key);
    const claimOfTask = { ...held, stepName, partition };
    return {
      task: { partition, ...range, stepExecution, contextText, rowsDone, claim: claimOfTask },
      isTakenOver: claimedAs === 'taken-over',
    };
  });
}

/** How it was claimed; undefined: it was not. The caller holds the row. */
async function claimRow(
  scope: TakingThread & { readonly attemptsMax: number; readonly offer: Offer },
  tx: Transaction,
  key: PartitionKey,
  state: PartitionState,
  stepExecutionId: number,
): Promise<'anew' | 'taken-over' | undefined> {
  const { database, lease, worker, now, logger, attemptsMax, offer } = scope;
  const death = await deathOf(database, tx, state);
  if (takingOf(state, death === undefined, attemptsMax) !== 'take') return undefined;
  if (death !== undefined) {
    await endAttempt(tx, state.stepExecutionId, 'FAILED', death, now());
    logger.warn({ partition: key.partition, reason: death }, 'partition taken over');
  }
  if (!(await claimPartition(tx, key, state, taken(state, lease.ownerId, stepExecutionId), lease.host)))
    return undefined;
  const saved = state.stepExecutionId === undefined ? undefined : await selectStepContext(tx, state.stepExecutionId);
  const name = `${key.stepName}:${key.partition}`;
  await insertStepExecution(tx, newStepExecution(stepExecutionId, offer.jobExecutionId, name, now()));
  await insertStepContext(tx, stepExecutionId, saved ?? newPartitionContext(await selectRange(tx, key)));
  // A host may have several workers, whose threads have the same numbers.
  const host = `${lease.host} (${process.pid})`;
  await insertPartitionWork(tx, stepExecutionId, { host, worker, cutFrom: undefined });
  return death === undefined ? 'anew' : 'taken-over';
}

/** Why the owner of a STARTED one is dead; undefined when it lives, and where nobody is at work on it. */
async function deathOf(database: Database, tx: Transaction, state: PartitionState): Promise<string | undefined> {
  if (state.status !== 'STARTED') return undefined;
  if (state.ownerId === undefined) return GONE_WORKER;
  return await deathOfOwner(database, tx, state.ownerId);
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
    ownTransaction(scope, async (tx) => {
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

/** Under locks: the offer is there as it was read, and its run has not been taken over. */
async function standsAs(tx: Transaction, offer: Offer): Promise<boolean> {
  if ((await readFence(tx, offer.jobInstanceId)) !== offer.token) return false;
  const stored = await readOffer(tx, offer.jobInstanceId, offer.stepName);
  return stored?.token === offer.token && stored.planId === offer.planId && stored.definition === offer.definition;
}

/** A transaction whose locks the server frees when this process is paused in it. */
async function ownTransaction<T>({ database, lease }: TakingScope, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return await database.transaction(work, { idleSecondsMax: Math.ceil(lease.leaseMs / 1000) });
}

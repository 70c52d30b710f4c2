/**
 * A worker's claims: takes a partition of a step that was put up. One short transaction, whose statements follow one
 * another and cost a way to the server and back each: what can be read or drawn before or beside it is.
 */
import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import { isHeld } from '../engine/claim.ts';
import type { Ring } from '../engine/doorbell.ts';
import { tellMeasure } from '../engine/measure.ts';
import { endAttempt } from '../engine/partition-claim.ts';
import { choicesOf, isHeldBy, taken, takingOf } from '../engine/partition-rules.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { deathOfOwner, GONE_WORKER, type WorkerLease } from '../engine/worker-lease.ts';
import type { PartitionTask } from '../partition/protocol.ts';
import {
  type ClaimablePartition,
  listClaimablePartitions,
  lockOfferedStep,
  type OfferedStep,
} from '../repository/claim-locks.ts';
import { insertStepContext, selectStepContext } from '../repository/execution-context.ts';
import type { Offer } from '../repository/offer.ts';
import {
  claimPartition,
  lockPartition,
  type OpenPartition,
  type PartitionKey,
  type PartitionRange,
  selectRange,
  sumRowsRead,
} from '../repository/partition-claim.ts';
import { insertStepExecution, selectStepExecution } from '../repository/step-execution.ts';
import { savePartitionWork } from '../repository/step-progress.ts';
import type { PartitionState, StepExecution } from '../repository/types.ts';
import type { IdsAhead } from './ids-ahead.ts';
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
  /** Of step executions. */
  readonly ids: IdsAhead;
}

export type ClaimedTask = Omit<PartitionTask, 'traceCarrier'> & { readonly claim: NonNullable<PartitionTask['claim']> };

/** Partitions of the step that may be claimed now, the largest first. */
export async function listTakeable(
  database: Database,
  { jobInstanceId, stepName }: Offer,
  attemptsMax: number,
): Promise<ClaimablePartition[]> {
  return takeableOf(await listClaimablePartitions(database, jobInstanceId, stepName), attemptsMax);
}

function takeableOf(open: readonly ClaimablePartition[], attemptsMax: number): ClaimablePartition[] {
  return open.filter((one) => takingOf(one, isHeld(one), attemptsMax) === 'take');
}

/** What the bell says of them. */
export function ringsOf(
  { jobInstanceId, stepName, planId }: Offer,
  partitions: readonly Pick<OpenPartition, 'partition' | 'epoch'>[],
): Ring[] {
  const of = { instance: jobInstanceId, step: stepName, plan: planId };
  return partitions.map(({ partition, epoch }) => ({ ...of, partition, epoch }));
}

/** What is asked for, and what an attempt at it whose answer was lost may have written. */
interface Claiming extends TakingThread {
  readonly offer: Offer;
  readonly attemptsMax: number;
  readonly isWanted: (partition: OpenPartition) => boolean;
  readonly stepExecutionId: number;
  /** Once one is chosen, a further attempt finds out first what became of it. */
  chosen: ClaimablePartition | undefined;
  tries: number;
  /** Resolves when it is written down who works on it. */
  noted: Promise<void> | undefined;
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
  const { database, retrying, ids } = scope;
  for (;;) {
    if (!ids.hasOne) {
      const takeable = await withRetry(retrying, () => listTakeable(database, offer, attemptsMax));
      if (!takeable.some(isWanted)) return undefined;
    }
    const stepExecutionId = await withRetry(retrying, () => ids.next(offer.planId));
    const claiming: Claiming = { ...scope, offer, attemptsMax, isWanted, stepExecutionId, ...newClaiming() };
    const claimed = await withRetry(retrying, () => claim(claiming));
    if (typeof claimed === 'object') {
      await claiming.noted;
      ids.drawAhead();
      if (claimed.isTakenOver) tellMeasure({ type: 'taken-over', job: offer.jobName, what: 'partition' });
      return claimed.task;
    }
    // After a second try nobody knows by then what the first one has written.
    if (claimed !== 'id-behind' && claiming.tries === 1) ids.giveBack(stepExecutionId);
    if (claimed === 'none') return undefined;
  }
}

function newClaiming(): Pick<Claiming, 'tries' | 'chosen' | 'noted'> {
  return { tries: 0, chosen: undefined, noted: undefined };
}

interface Claimed {
  readonly task: ClaimedTask;
  /** Its last owner is dead. */
  readonly isTakenOver: boolean;
}

/** `id-behind`: the id of the step execution is lower than that of the partition's last one. */
type NotClaimed = 'none' | 'not-taken' | 'id-behind';

async function claim(claiming: Claiming): Promise<Claimed | NotClaimed> {
  const { database, offer, lease, stepExecutionId } = claiming;
  claiming.tries++;
  return await claimTransaction(claiming, async (tx) => {
    const step = await lockOfferedStep(database, tx, offer.jobInstanceId, offer.stepName);
    if (!standsAs(step, offer)) return 'none';
    const isAgain = claiming.chosen !== undefined;
    claiming.chosen ??= choose(claiming, step.open);
    if (claiming.chosen === undefined) return 'none';
    const { chosen } = claiming;
    const key = { jobInstanceId: offer.jobInstanceId, stepName: offer.stepName, partition: chosen.partition };
    // Of what nobody is at work on only a claim changes the row while the offer is locked: the compare and set finds out.
    const isAsRead = !isAgain && chosen.status !== 'STARTED';
    const state = isAsRead ? chosen : await lockPartition(tx, key);
    if (state === undefined) return 'not-taken';
    const range = isAsRead ? chosen : await selectRange(tx, key);
    // An earlier attempt was committed, but the answer was lost.
    if (isHeldBy(state, { epoch: state.epoch, ownerId: lease.ownerId, stepExecutionId }))
      return { task: await readTask(claiming, tx, key, range, state), isTakenOver: false };
    return await claimRow(claiming, tx, key, range, state);
  });
}

function choose(
  { attemptsMax, isWanted }: Claiming,
  open: readonly ClaimablePartition[],
): ClaimablePartition | undefined {
  const choices = choicesOf(takeableOf(open, attemptsMax).filter(isWanted));
  return choices[Math.floor(Math.random() * choices.length)];
}

/** A STARTED one's row is held by the caller. */
async function claimRow(
  claiming: Claiming,
  tx: Transaction,
  key: PartitionKey,
  range: PartitionRange,
  state: PartitionState,
): Promise<Claimed | NotClaimed> {
  const { database, lease, now, logger, attemptsMax, offer, stepExecutionId } = claiming;
  const death = await deathOf(database, tx, state);
  if (takingOf(state, death === undefined, attemptsMax) !== 'take') return 'not-taken';
  const last = state.stepExecutionId;
  // The ids of a partition's executions tell which came first.
  if (last !== undefined && last >= stepExecutionId) return 'id-behind';
  if (death !== undefined) {
    await endAttempt(tx, last, 'FAILED', death, now());
    logger.warn({ partition: key.partition, reason: death }, 'partition taken over');
  }
  const to = taken(state, lease.ownerId, stepExecutionId);
  if (!(await claimPartition(tx, key, state, to, lease.host))) return 'not-taken';
  claiming.noted = noteWork(claiming);
  const saved = last === undefined ? undefined : await selectStepContext(tx, last);
  const rowsDone = last === undefined ? 0 : await sumRowsRead(tx, key, offer.planId);
  const name = `${key.stepName}:${key.partition}`;
  const stepExecution = newStepExecution(stepExecutionId, offer.jobExecutionId, name, now());
  const contextText = saved ?? newPartitionContext(range);
  await insertStepExecution(tx, stepExecution);
  await insertStepContext(tx, stepExecutionId, contextText);
  const task = taskOf(claiming, key, range, to, { stepExecution, contextText, rowsDone });
  return { task, isTakenOver: death !== undefined };
}

/**
 * Writes down who works on it, on another connection beside the rest of the claim: for people alone, and true of no claim
 * that is not committed. Never rejects.
 */
async function noteWork({ database, lease, worker, logger, stepExecutionId }: Claiming): Promise<void> {
  // A host may have several workers, whose threads have the same numbers.
  const host = `${lease.host} (${process.pid})`;
  await savePartitionWork(database.knex, stepExecutionId, { host, worker, cutFrom: undefined }).catch((err: unknown) =>
    logger.debug({ err }, 'who works on the partition was not written down'),
  );
}

/** The task of a claim that was committed. */
async function readTask(
  claiming: Claiming,
  tx: Transaction,
  key: PartitionKey,
  range: PartitionRange,
  state: PartitionState,
): Promise<ClaimedTask> {
  const { stepExecutionId, offer } = claiming;
  const stepExecution = await selectStepExecution(tx, stepExecutionId);
  const contextText = await selectStepContext(tx, stepExecutionId);
  if (stepExecution === undefined || contextText === undefined) {
    throw new Error(`the row of step execution ${stepExecutionId} is gone`);
  }
  const rowsDone = await sumRowsRead(tx, key, offer.planId);
  return taskOf(claiming, key, range, state, { stepExecution, contextText, rowsDone });
}

function taskOf(
  { lease, offer, stepExecutionId }: Claiming,
  { stepName, partition }: PartitionKey,
  { minId, maxId, rowsExpected }: PartitionRange,
  { epoch }: PartitionState,
  work: { readonly stepExecution: StepExecution; readonly contextText: string; readonly rowsDone: number },
): ClaimedTask {
  const { token, planId, definition } = offer;
  const held = { epoch, ownerId: lease.ownerId, stepExecutionId, token, planId, definition };
  return { partition, minId, maxId, rowsExpected, ...work, claim: { ...held, stepName, partition } };
}

/** Why the owner of a STARTED one is dead; undefined when it lives, and where nobody is at work on it. */
export async function deathOf(database: Database, tx: Transaction, state: PartitionState): Promise<string | undefined> {
  if (state.status !== 'STARTED') return undefined;
  if (state.ownerId === undefined) return GONE_WORKER;
  return await deathOfOwner(database, tx, state.ownerId);
}

/** The offer is there as it was read, and its run has not been taken over. */
function standsAs({ fence, offer: stored }: OfferedStep, { token, planId, definition }: Offer): boolean {
  if (fence !== token || stored === undefined) return false;
  return stored.token === token && stored.planId === planId && stored.definition === definition;
}

/** A transaction whose locks the server frees when this process is paused in it. */
export async function claimTransaction<T>(
  { database, lease }: TakingScope,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return await database.transaction(work, { idleSecondsMax: Math.ceil(lease.leaseMs / 1000) });
}

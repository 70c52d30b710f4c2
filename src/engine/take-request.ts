/** How a worker takes a run that was left to workers: by one compare-and-set, under the lock that every start takes. */
import type { Database, Executor, Transaction } from '../database/database.ts';
import { ExitCode } from '../errors.ts';
import { takeFence } from '../repository/fence.ts';
import { selectJobExecution } from '../repository/job-execution.ts';
import { lockJobInstance } from '../repository/job-instance.ts';
import { selectLease } from '../repository/lease.ts';
import { claimRequest, endRequest, type RequestClaim, type RunRequest, selectRequest } from '../repository/request.ts';
import { isRunning, type JobExecution, type Lease } from '../repository/types.ts';
import { reasonOfDeath } from './owner.ts';
import { closeToWorkers } from './partition-claim.ts';
import { type RequestTaking, requestTakingOf } from './request-rules.ts';
import { failDeadExecution } from './take-over.ts';
import { deathOfOwner, listLiveOwners, type WorkerLease } from './worker-lease.ts';

/** So many processes may die of a run. */
export const TAKES_MAX = 3;

/**
 * As it stands, by a look without locks: what is decided is decided in `takeRequest`.
 * @param ownId of the worker that asks: a claim of its own that it has left behind counts as nobody's
 */
export async function lookAtRequest(
  database: Database,
  request: RunRequest,
  ownId: string | undefined,
): Promise<RequestTaking> {
  const { ownerId } = request;
  const isOwnerAlive = ownerId !== undefined && ownerId !== ownId && (await listLiveOwners(database)).has(ownerId);
  return (await readTaking(database, database.knex, request, isOwnerAlive)).taking;
}

/**
 * Claims it for this worker, which does not run it yet; what is not to be run again is ended. Returns undefined when it
 * was not claimed.
 * @param lease the worker's; a claim of its own that it has left behind counts as nobody's
 */
export async function takeRequest(
  database: Database,
  { id, jobInstanceId }: Pick<RunRequest, 'id' | 'jobInstanceId'>,
  lease: WorkerLease,
  now: Date,
): Promise<RequestClaim | undefined> {
  return await database.transaction(async (tx) => {
    if (!(await lockJobInstance(tx, jobInstanceId))) return undefined;
    const request = await selectRequest(tx, id);
    if (request === undefined) return undefined;
    const { ownerId } = request;
    const isForeign = ownerId !== undefined && ownerId !== lease.ownerId;
    const isOwnerAlive = isForeign && (await deathOfOwner(database, tx, ownerId)) === undefined;
    const { taking, execution, death } = await readTaking(database, tx, request, isOwnerAlive);
    if (taking === 'stopped' || taking === 'set-aside') {
      const end = endOf(taking, request, death);
      await closeRun(tx, jobInstanceId, execution, death, end.message, now);
      await endRequest(tx, id, end, now);
      return undefined;
    }
    if (taking !== 'take' || !(await claimRequest(tx, request, lease))) return undefined;
    return { id, epoch: request.epoch + 1, ownerId: lease.ownerId };
  });
}

interface TakingRead {
  readonly taking: RequestTaking;
  readonly execution: JobExecution | undefined;
  /** Why its owner is dead, of one that is said to run. */
  readonly death: string | undefined;
}

async function readTaking(
  database: Database,
  executor: Executor,
  request: RunRequest,
  isOwnerAlive: boolean,
): Promise<TakingRead> {
  const { jobExecutionId } = request;
  const execution = jobExecutionId === undefined ? undefined : await selectJobExecution(executor, jobExecutionId);
  const isOwned = execution !== undefined && isRunning(execution.status);
  const lease = isOwned ? await selectLease(database, executor, execution.id) : undefined;
  const death = isOwned ? reasonOfDeath(lease) : undefined;
  const seen = execution && {
    status: execution.status,
    isOwnerDead: death !== undefined,
    isLeaseOver: isLeaseOver(lease),
  };
  return { taking: requestTakingOf(request, isOwnerAlive, seen, TAKES_MAX), execution, death };
}

function isLeaseOver(lease: Lease | undefined): boolean {
  return lease === undefined || lease.isExpired || lease.isAhead;
}

function endOf(taking: 'stopped' | 'set-aside', { takes }: RunRequest, death: string | undefined) {
  const why = death === undefined ? '' : `; of the last one, ${death.replace(/^its owner, /, '')}`;
  return taking === 'stopped'
    ? { exitCode: ExitCode.terminated, message: `its process died while it was stopping${why}` }
    : { exitCode: ExitCode.failed, message: `${takes} processes that ran it have died; it is not run again${why}` };
}

/** The caller holds the instance's row. */
async function closeRun(
  tx: Transaction,
  jobInstanceId: number,
  execution: JobExecution | undefined,
  death: string | undefined,
  message: string,
  now: Date,
): Promise<void> {
  if (execution !== undefined && death !== undefined) {
    await takeFence(tx, jobInstanceId);
    // It may have ended while we waited for the last of its transactions.
    const stored = await selectJobExecution(tx, execution.id, { lock: true });
    if (stored !== undefined && isRunning(stored.status)) await failDeadExecution(tx, stored, death, now);
  }
  await closeToWorkers(tx, jobInstanceId, message, now);
}

/** What an operator can do to an execution from outside: recover, stop, abandon. */
import type { Database } from '../database/database.ts';
import { ExitCode, type SettleError, usageError } from '../errors.ts';
import { takeFence } from '../repository/fence.ts';
import {
  getJobExecution,
  listRunningExecutions,
  markStopping,
  selectJobExecution,
  updateJobExecution,
} from '../repository/job-execution.ts';
import { lockJobInstance } from '../repository/job-instance.ts';
import { selectLease } from '../repository/lease.ts';
import { isRunning, type JobExecution } from '../repository/types.ts';
import { endRequestOf } from './bind-request.ts';
import { reasonOfDeath } from './owner.ts';
import { closeToWorkers } from './partition-claim.ts';
import { failDeadExecution } from './take-over.ts';

type Clock = () => Date;
const systemClock: Clock = () => new Date();

/** Marks the executions whose owner is dead as FAILED, with the reason, and returns them. Live ones are left alone. */
export async function recoverExecutions(database: Database, now: Clock = systemClock): Promise<JobExecution[]> {
  const recovered: JobExecution[] = [];
  for (const { id, jobInstanceId } of await listRunningExecutions(database.knex)) {
    await database.transaction(async (tx) => {
      await lockJobInstance(tx, jobInstanceId);
      const reason = reasonOfDeath(await selectLease(database, tx, id));
      if (reason === undefined) return;
      await takeFence(tx, jobInstanceId);
      const execution = await selectJobExecution(tx, id, { lock: true });
      // It may have ended while we waited for its row.
      if (execution === undefined || !isRunning(execution.status)) return;
      await failDeadExecution(tx, execution, reason, now());
      recovered.push(execution);
    });
  }
  return recovered;
}

/**
 * Asks the owner of a running execution to stop at its next checkpoint, which it notices within a second or so.
 * Throws a usage error when the execution is unknown, has ended, or has lost its owner.
 */
export async function requestStop(database: Database, id: number, now: Clock = systemClock): Promise<JobExecution> {
  const execution = await requireExecution(database, id);
  if (!isRunning(execution.status)) {
    throw usageError(`execution ${id} is not running: it is ${execution.status}`);
  }
  const reason = reasonOfDeath(await selectLease(database, database.knex, id));
  if (reason !== undefined) {
    throw usageError(`execution ${id} is not running any more: ${reason}`, 'free it with: settle recover');
  }
  if (!(await markStopping(database.knex, id, now()))) throw usageError(`execution ${id} has just ended`);
  return await requireExecution(database, id);
}

/**
 * Closes a stopped or failed execution for good, or one whose owner is dead: its instance is not restarted. Throws a
 * usage error without a reason, and for any other execution.
 */
export async function abandonExecution(
  database: Database,
  id: number,
  reason: string,
  now: Clock = systemClock,
): Promise<JobExecution> {
  if (reason.trim() === '') throw usageError('abandoning an execution needs a reason', 'give it with --reason "..."');
  const { jobInstanceId } = await requireExecution(database, id);
  return await database.transaction(async (tx) => {
    await lockJobInstance(tx, jobInstanceId);
    const seen = await selectJobExecution(tx, id);
    const death =
      seen !== undefined && isRunning(seen.status) ? reasonOfDeath(await selectLease(database, tx, id)) : undefined;
    if (death !== undefined) await takeFence(tx, jobInstanceId);
    const execution = await selectJobExecution(tx, id, { lock: true });
    if (execution === undefined) throw unknownExecution(id);
    if (death !== undefined && isRunning(execution.status)) await failDeadExecution(tx, execution, death, now());
    if (execution.status !== 'STOPPED' && execution.status !== 'FAILED') {
      const hint = isRunning(execution.status) ? `stop it first: settle stop ${id}` : undefined;
      throw usageError(`execution ${id} is ${execution.status}; only a stopped or failed one can be abandoned`, hint);
    }
    const message = `abandoned: ${reason.trim().replace(/\s+/g, ' ')}`;
    await closeToWorkers(tx, jobInstanceId, message, now());
    await endRequestOf(database, tx, jobInstanceId, { exitCode: ExitCode.failed, message }, now());
    Object.assign(execution, { status: 'ABANDONED', exitMessage: message, lastUpdated: now() });
    await updateJobExecution(tx, execution);
    return execution;
  });
}

async function requireExecution(database: Database, id: number): Promise<JobExecution> {
  const execution = await getJobExecution(database, id);
  if (execution === undefined) throw unknownExecution(id);
  return execution;
}

function unknownExecution(id: number): SettleError {
  return usageError(`there is no execution ${id}`, 'list them with: settle runs');
}

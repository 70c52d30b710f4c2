/** Runs that are left to workers: asked for, and stopped before or while one is at work on them. */
import type { Database, Transaction } from '../database/database.ts';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { lastExecutionOfInstance, selectJobExecution } from '../repository/job-execution.ts';
import { lockJobInstance } from '../repository/job-instance.ts';
import { selectLease } from '../repository/lease.ts';
import {
  endRequest,
  insertRequest,
  type RunRequest,
  selectOpenRequestOf,
  selectRequest,
} from '../repository/request.ts';
import { isRunning, type JobExecution } from '../repository/types.ts';
import type { RequestedOptions } from './bind-request.ts';
import type { JobDefinition } from './job.ts';
import { jobKey } from './job-key.ts';
import { findOrCreateInstance, reasonToTakeOver } from './launch.ts';
import { reasonOfDeath } from './owner.ts';
import { type JobParameter, JobParameters } from './parameters.ts';

export type Requested =
  | { readonly kind: 'already-complete'; readonly execution: JobExecution }
  | { readonly kind: 'requested'; readonly request: RunRequest };

export interface RunToRequest {
  /** A free number, `nextJobExecutionId`: a request whose commit was not acknowledged is known again by it. */
  readonly id: number;
  readonly parameters: JobParameters;
  /** Of the job and the program, as a digest. */
  readonly definition: string;
  readonly options: RequestedOptions;
  readonly now: Date;
}

/**
 * Leaves a run of `job` to whichever worker comes first. Of any number of simultaneous calls, on any hosts, one does.
 * @throws SettleError ALREADY_RUNNING (exit 11) when the instance runs, or is left to workers already; a usage error for
 * an abandoned one
 */
export async function requestRun(database: Database, job: JobDefinition, run: RunToRequest): Promise<Requested> {
  for (;;) {
    const instance = await findOrCreateInstance(database, job.name, jobKey(run.parameters));
    const requested = await database.transaction((tx) => request(database, tx, job, instance.id, run));
    // Purged since it was found.
    if (requested !== undefined) return requested;
  }
}

async function request(
  database: Database,
  tx: Transaction,
  job: JobDefinition,
  jobInstanceId: number,
  { id, parameters, definition, options, now }: RunToRequest,
): Promise<Requested | undefined> {
  if (!(await lockJobInstance(tx, jobInstanceId))) return undefined;
  const own = await selectRequest(tx, id);
  if (own !== undefined) return { kind: 'requested', request: own };
  const last = await lastExecutionOfInstance(tx, jobInstanceId);
  if (last?.status === 'COMPLETED') return { kind: 'already-complete', execution: last };
  const open = await selectOpenRequestOf(tx, jobInstanceId);
  if (open !== undefined) throw requestedAlready(open);
  if (last !== undefined) await reasonToTakeOver(database, tx, last);
  const request: RunRequest = {
    id,
    jobInstanceId,
    jobName: job.name,
    isDetached: true,
    parameters: JSON.stringify(parameters.all),
    options: JSON.stringify(options),
    definition,
    state: 'OPEN',
    epoch: 0,
    takes: 0,
    ownerId: undefined,
    ownerHost: undefined,
    jobExecutionId: undefined,
    exitCode: undefined,
    message: '',
    createdAt: now,
    endedAt: undefined,
  };
  await insertRequest(tx, request);
  return { kind: 'requested', request };
}

/** Those of the one instance that the request is for. */
export function parametersOf({ parameters }: Pick<RunRequest, 'parameters'>): JobParameters {
  const all: readonly JobParameter[] = JSON.parse(parameters);
  return new JobParameters(all);
}

/**
 * Ends an open request that nobody is at work on: no worker takes it from then on. Returns the execution that is at work
 * on it otherwise, which is then to be stopped; `over` when the request has ended.
 */
export async function cancelRequest(
  database: Database,
  { id, jobInstanceId }: Pick<RunRequest, 'id' | 'jobInstanceId'>,
  now: Date,
): Promise<'cancelled' | 'over' | JobExecution> {
  return await database.transaction(async (tx) => {
    await lockJobInstance(tx, jobInstanceId);
    const request = await selectRequest(tx, id);
    if (request?.state !== 'OPEN') return 'over';
    const { jobExecutionId } = request;
    const execution = jobExecutionId === undefined ? undefined : await selectJobExecution(tx, jobExecutionId);
    if (execution !== undefined && isRunning(execution.status)) {
      if (reasonOfDeath(await selectLease(database, tx, execution.id)) === undefined) return execution;
    }
    const message = 'stopped while no process was at work on it';
    return (await endRequest(tx, id, { exitCode: ExitCode.terminated, message }, now)) ? 'cancelled' : 'over';
  });
}

function requestedAlready({ id, jobName, jobExecutionId }: RunRequest): SettleError {
  const where = jobExecutionId === undefined ? '' : ` (execution ${jobExecutionId})`;
  const problem = `${jobName} with these parameters is left to workers already, as run ${id}${where}`;
  return new SettleError('ALREADY_RUNNING', ExitCode.alreadyRunning, problem, {
    hint: `wait for it with: settle wait ${id}`,
  });
}

/** @throws SettleError (exit 2) for a request that has ended */
export function requestOver({ id }: Pick<RunRequest, 'id'>): SettleError {
  return usageError(`run ${id} has ended`, `see how with: settle wait ${id}`);
}

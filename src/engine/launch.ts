/**
 * The decision at the door: may this job instance start now? Taken and written down in one transaction that holds the
 * instance's row, so that of any number of simultaneous starts, on any hosts, one runs.
 */
import type { Database, Transaction } from '../database/database.ts';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { insertJobContext, selectJobContext } from '../repository/execution-context.ts';
import { readFence, takeFence } from '../repository/fence.ts';
import { insertJobExecution, lastExecutionOfInstance } from '../repository/job-execution.ts';
import { findJobInstance, insertJobInstance, lockJobInstance } from '../repository/job-instance.ts';
import { insertJobParameters } from '../repository/job-parameters.ts';
import { insertLease, type NewLease, selectLease } from '../repository/lease.ts';
import { nextJobExecutionId, nextJobInstanceId } from '../repository/next-id.ts';
import type { RequestClaim } from '../repository/request.ts';
import { isRunning, type JobExecution, type JobInstance } from '../repository/types.ts';
import { type AttachedRun, beginRequest } from './bind-request.ts';
import { deserialiseContext, ExecutionContext, serialiseContext } from './execution-context.ts';
import type { Fence } from './fence.ts';
import { javaTypeOf } from './java-types.ts';
import type { JobDefinition } from './job.ts';
import { jobKey } from './job-key.ts';
import { requireSameMappings } from './mapped-tables.ts';
import { createOwner, reasonOfDeath } from './owner.ts';
import type { JobParameters } from './parameters.ts';
import { failDeadExecution } from './take-over.ts';

export type Launch =
  | { readonly kind: 'already-complete'; readonly execution: JobExecution }
  | {
      readonly kind: 'started';
      readonly execution: JobExecution;
      readonly fence: Fence;
      readonly owner: NewLease;
      readonly jobContext: ExecutionContext;
      /** The dead execution that this one takes over from, with the reason in its exit message. */
      readonly takenOver: JobExecution | undefined;
    };

export interface LaunchOptions {
  readonly leaseMs: number;
  readonly now: () => Date;
  /** Names the start, so that one whose commit was not acknowledged is known again when it is tried again. */
  readonly ownerId: string;
  /** Of a run that a worker has taken: its claim. */
  readonly claim?: RequestClaim;
  /** Of a run that workers go on with when this process dies. */
  readonly attached?: AttachedRun;
}

/**
 * Starts the instance of `job` with these parameters, or finds it complete. Throws ALREADY_RUNNING (exit code 11) when
 * a live owner is at work on it, REQUEST_LOST when `claim` is over, and a usage error when it was abandoned.
 */
export async function launch(
  database: Database,
  job: JobDefinition,
  parameters: JobParameters,
  options: LaunchOptions,
): Promise<Launch> {
  for (;;) {
    const instance = await findOrCreateInstance(database, job.name, jobKey(parameters));
    const launched = await launchInstance(database, instance, parameters, options);
    if (launched !== undefined) return launched;
  }
}

/** Undefined when the instance was purged since it was found. */
async function launchInstance(
  database: Database,
  instance: JobInstance,
  parameters: JobParameters,
  options: LaunchOptions,
): Promise<Launch | undefined> {
  return await database.transaction(async (tx) => {
    if (!(await lockJobInstance(tx, instance.id))) return undefined;
    const last = await lastExecutionOfInstance(tx, instance.id);
    if (last?.status === 'COMPLETED') return { kind: 'already-complete', execution: last };
    if (last !== undefined && isRunning(last.status)) {
      const own = await adoptOwnStart(database, tx, last, options);
      if (own !== undefined) return own;
    }
    const reason = last === undefined ? undefined : await reasonToTakeOver(database, tx, last);
    const contextText = last === undefined ? undefined : await selectJobContext(tx, last.id);
    const jobContext = contextText === undefined ? ExecutionContext.create() : deserialiseContext(contextText);
    await requireSameMappings(tx, jobContext, last);
    // Before any row of the former owner is touched: from here on none of its transactions is open.
    const token = await takeFence(tx, instance.id);
    if (last !== undefined && reason !== undefined) await failDeadExecution(tx, last, reason, options.now());

    const execution = await createExecution(database, tx, instance, options.now());
    await insertJobParameters(
      tx,
      execution.id,
      parameters.all.map(({ type, ...rest }) => ({ ...rest, javaType: javaTypeOf(type) })),
    );
    await insertJobContext(tx, execution.id, serialiseContext(jobContext));
    const owner = createOwner(execution.id, options.ownerId);
    await insertLease(database, tx, owner, options.leaseMs);
    await beginRequest(database, tx, execution, parameters, options);
    const takenOver = reason === undefined ? undefined : last;
    return { kind: 'started', execution, fence: fenceOf(instance.id, token, options), owner, jobContext, takenOver };
  });
}

/** The start of an earlier attempt of this process: it was committed, but the answer was lost. */
async function adoptOwnStart(
  database: Database,
  tx: Transaction,
  execution: JobExecution,
  options: LaunchOptions,
): Promise<Launch | undefined> {
  const { jobInstanceId } = execution;
  if ((await selectLease(database, tx, execution.id))?.ownerId !== options.ownerId) return undefined;
  const token = await readFence(tx, jobInstanceId);
  if (token === undefined) throw new Error(`job instance ${jobInstanceId} has an owner, but no fence`);
  const contextText = await selectJobContext(tx, execution.id);
  const jobContext = contextText === undefined ? ExecutionContext.create() : deserialiseContext(contextText);
  const owner = createOwner(execution.id, options.ownerId);
  const fence = fenceOf(jobInstanceId, token, options);
  return { kind: 'started', execution, fence, owner, jobContext, takenOver: undefined };
}

function fenceOf(jobInstanceId: number, token: number, { leaseMs }: LaunchOptions): Fence {
  return { jobInstanceId, token, idleSecondsMax: Math.ceil(leaseMs / 1000) };
}

export async function findOrCreateInstance(database: Database, jobName: string, key: string): Promise<JobInstance> {
  const { knex } = database;
  const found = await findJobInstance(knex, jobName, key);
  if (found !== undefined) return found;
  const id = await nextJobInstanceId(database, knex);
  await insertJobInstance(knex, { id, jobName, jobKey: key });
  // Ours, or that of the process which was faster.
  const instance = await findJobInstance(knex, jobName, key);
  if (instance === undefined) throw new Error(`the instance of ${jobName} is gone as soon as it was written`);
  return instance;
}

/**
 * Undefined when the execution has ended by itself.
 * @throws SettleError ALREADY_RUNNING (exit 11) when its owner lives; a usage error for an abandoned one
 */
export async function reasonToTakeOver(
  database: Database,
  tx: Transaction,
  last: JobExecution,
): Promise<string | undefined> {
  if (last.status === 'ABANDONED') {
    throw usageError(
      `${last.jobName} with these parameters was abandoned (execution ${last.id}): ${last.exitMessage}`,
      'to compute it after all, start it with --rerun',
    );
  }
  if (!isRunning(last.status)) return undefined;
  const lease = await selectLease(database, tx, last.id);
  const reason = reasonOfDeath(lease);
  if (reason !== undefined) return reason;
  throw new SettleError(
    'ALREADY_RUNNING',
    ExitCode.alreadyRunning,
    `${last.jobName} with these parameters is already running: execution ${last.id}, process ${lease?.pid} on ${lease?.host}`,
    { hint: `follow it with: settle show ${last.id}` },
  );
}

async function createExecution(
  database: Database,
  tx: Transaction,
  instance: JobInstance,
  now: Date,
): Promise<JobExecution> {
  const execution: JobExecution = {
    id: await nextJobExecutionId(database, tx),
    jobInstanceId: instance.id,
    jobName: instance.jobName,
    version: 0,
    status: 'STARTED',
    exitCode: 'UNKNOWN',
    exitMessage: '',
    createTime: now,
    startTime: now,
    endTime: undefined,
    lastUpdated: now,
  };
  await insertJobExecution(tx, execution);
  return execution;
}

/** What a run does to the request that it is for: begins it, ends it with itself, or leaves it to others. */
import type { Database, Transaction } from '../database/database.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import {
  bindClaimed,
  bindRequest,
  endRequest,
  giveBackClaimed,
  insertRequest,
  type RequestClaim,
  type RequestEnd,
  selectOpenRequestOf,
} from '../repository/request.ts';
import type { JobExecution } from '../repository/types.ts';
import type { JobParameters } from './parameters.ts';

/** What a run was asked to be like; JSON in settle_request. */
export interface RequestedOptions {
  readonly partitions?: number;
  readonly chunkSize?: number;
}

/** A run that workers go on with when this process dies. */
export interface AttachedRun {
  readonly definition: string;
  readonly options: RequestedOptions;
}

const REQUEST_LOST = 'REQUEST_LOST';

/** On SQLite there are no requests: workers need a server. */
function hasRequests({ dialect }: Database): boolean {
  return dialect.name !== 'sqlite';
}

/**
 * The execution is that of the instance's request from here on. The caller holds the instance's row and has its fence.
 * @throws SettleError REQUEST_LOST: another worker has taken it, or it has ended
 */
export async function beginRequest(
  database: Database,
  tx: Transaction,
  execution: JobExecution,
  parameters: JobParameters,
  { claim, attached }: { readonly claim?: RequestClaim; readonly attached?: AttachedRun },
): Promise<void> {
  if (claim !== undefined) {
    if (!(await bindClaimed(tx, claim, execution.id))) throw requestLost();
    return;
  }
  if (!hasRequests(database)) return;
  const open = await selectOpenRequestOf(tx, execution.jobInstanceId);
  const anew = attached && { definition: attached.definition, options: JSON.stringify(attached.options) };
  if (open !== undefined) return await bindRequest(tx, open.id, execution.id, anew);
  if (anew === undefined) return;
  await insertRequest(tx, {
    id: execution.id,
    jobInstanceId: execution.jobInstanceId,
    jobName: execution.jobName,
    isDetached: false,
    parameters: JSON.stringify(parameters.all),
    ...anew,
    state: 'OPEN',
    epoch: 0,
    takes: 1,
    ownerId: undefined,
    ownerHost: undefined,
    jobExecutionId: execution.id,
    exitCode: undefined,
    message: '',
    createdAt: execution.createTime,
    endedAt: undefined,
  });
}

/** In the transaction in which the run, or whoever closes its instance, says how it ended. */
export async function endRequestOf(
  database: Database,
  tx: Transaction,
  jobInstanceId: number,
  end: RequestEnd,
  now: Date,
): Promise<void> {
  if (!hasRequests(database)) return;
  const open = await selectOpenRequestOf(tx, jobInstanceId);
  if (open !== undefined) await endRequest(tx, open.id, end, now);
}

/** Its process has ended in good order before the run has: another worker goes on with it, and no try is counted. */
export async function handOver(tx: Transaction, claim: RequestClaim): Promise<void> {
  await giveBackClaimed(tx, claim, false);
}

function requestLost(): SettleError {
  return new SettleError(REQUEST_LOST, ExitCode.failed, 'another worker has taken the run, or it has ended', {
    hint: 'this process was paused or cut off for longer than its lease; nothing is lost',
  });
}

export function isRequestLost(error: unknown): boolean {
  return isSettleError(error) && error.code === REQUEST_LOST;
}

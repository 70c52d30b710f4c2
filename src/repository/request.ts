/** Statements on settle_request: runs that any worker may begin, or go on with when the process that began them dies. */
import type { Executor, Transaction } from '../database/database.ts';
import { type Row, toNumber, toOneOf } from '../database/values.ts';
import { cutMessage, toDate, toInstant } from './row.ts';

const TABLE = 'settle_request';
const states = ['OPEN', 'ENDED'] as const;

export interface RunRequest {
  /** Out of the sequence of job executions: no execution has the same one, but that which began the run itself. */
  readonly id: number;
  readonly jobInstanceId: number;
  readonly jobName: string;
  /** Whoever asked for it has left it to workers; else a process began it, and workers come when that is dead. */
  readonly isDetached: boolean;
  /** JSON: the parameters with their types, those of one instance. */
  readonly parameters: string;
  /** JSON of `RequestedOptions`. */
  readonly options: string;
  /** What the job and the program are, as a digest: a worker of another one leaves it alone. */
  readonly definition: string;
  readonly state: (typeof states)[number];
  /** Raised by each claim. */
  readonly epoch: number;
  /** Processes that have run it, less those that have given it back. */
  readonly takes: number;
  /** The worker that took it last; undefined where none has, or where it was given back. */
  readonly ownerId: string | undefined;
  readonly ownerHost: string | undefined;
  /** The execution that works on it, or did last. */
  readonly jobExecutionId: number | undefined;
  /** Of the command line contract, once it has ended. */
  readonly exitCode: number | undefined;
  readonly message: string;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

/** How a request ended. */
export interface RequestEnd {
  readonly exitCode: number;
  readonly message: string;
}

export async function insertRequest(executor: Executor, request: RunRequest): Promise<void> {
  await executor(TABLE).insert({
    request_id: request.id,
    job_instance_id: request.jobInstanceId,
    job_name: request.jobName,
    detached: request.isDetached ? 1 : 0,
    parameters: request.parameters,
    options: request.options,
    definition: request.definition,
    state: request.state,
    epoch: request.epoch,
    takes: request.takes,
    owner_id: request.ownerId ?? null,
    owner_host: request.ownerHost ?? null,
    job_execution_id: request.jobExecutionId ?? null,
    created_at: toInstant(request.createdAt),
  });
}

export async function selectRequest(executor: Executor, id: number): Promise<RunRequest | undefined> {
  const row = await executor(TABLE).where({ request_id: id }).first();
  return row === undefined ? undefined : requestOf(row);
}

/** The oldest first. One statement on a table that has few open rows: workers ask it all the time. */
export async function listOpenRequests(executor: Executor): Promise<RunRequest[]> {
  const rows: Row[] = await executor(TABLE).where({ state: 'OPEN' }).select('*');
  return rows.map(requestOf).sort((a, b) => a.id - b.id);
}

/** Of an instance whose row the caller holds there is one at most. */
export async function selectOpenRequestOf(executor: Executor, jobInstanceId: number): Promise<RunRequest | undefined> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId, state: 'OPEN' }).first();
  return row === undefined ? undefined : requestOf(row);
}

/** Which claim of a request is meant. */
export interface RequestClaim {
  readonly id: number;
  readonly epoch: number;
  readonly ownerId: string;
}

/** Compare and set: only where it is open and has not been claimed since it was read. Returns whether it was. */
export async function claimRequest(
  tx: Transaction,
  from: Pick<RunRequest, 'id' | 'epoch' | 'takes'>,
  owner: { readonly ownerId: string; readonly host: string },
): Promise<boolean> {
  const changed = await tx(TABLE)
    .where({ request_id: from.id, state: 'OPEN', epoch: from.epoch })
    .update({ epoch: from.epoch + 1, takes: from.takes + 1, owner_id: owner.ownerId, owner_host: owner.host });
  return changed === 1;
}

/** Names the execution that works on it. Returns false when the claim is over. */
export async function bindClaimed(tx: Transaction, claim: RequestClaim, jobExecutionId: number): Promise<boolean> {
  return (await ofClaim(tx, claim).update({ job_execution_id: jobExecutionId })) === 1;
}

/**
 * Names the execution of a run that somebody has started by hand: its processes are counted anew. `anew`: which workers
 * may go on with that one.
 */
export async function bindRequest(
  tx: Transaction,
  id: number,
  jobExecutionId: number,
  anew: Pick<RunRequest, 'definition' | 'options'> | undefined,
): Promise<void> {
  await tx(TABLE)
    .where({ request_id: id })
    .update({ job_execution_id: jobExecutionId, takes: 1, owner_id: null, owner_host: null, ...anew });
}

/** Another worker may take it at once. `isUsed`: it counts as run by this one. */
export async function giveBackClaimed(executor: Executor, claim: RequestClaim, isUsed: boolean): Promise<void> {
  const takes = isUsed ? {} : { takes: executor.raw('takes - 1') };
  await ofClaim(executor, claim).update({ owner_id: null, ...takes });
}

/** Returns whether it was open. */
export async function endRequest(executor: Executor, id: number, end: RequestEnd, now: Date): Promise<boolean> {
  const changed = await executor(TABLE)
    .where({ request_id: id, state: 'OPEN' })
    .update({ state: 'ENDED', exit_code: end.exitCode, message: cutMessage(end.message), ended_at: toInstant(now) });
  return changed === 1;
}

/** As `endRequest`, of one that the caller has claimed and whose run has not begun. */
export async function endClaimed(
  executor: Executor,
  claim: RequestClaim,
  end: RequestEnd & { readonly jobExecutionId: number | undefined },
  now: Date,
): Promise<void> {
  await ofClaim(executor, claim).update({
    state: 'ENDED',
    exit_code: end.exitCode,
    message: cutMessage(end.message),
    ended_at: toInstant(now),
    ...(end.jobExecutionId === undefined ? {} : { job_execution_id: end.jobExecutionId }),
  });
}

function ofClaim(executor: Executor, { id, epoch, ownerId }: RequestClaim) {
  return executor(TABLE).where({ request_id: id, state: 'OPEN', epoch, owner_id: ownerId });
}

function requestOf(row: Row): RunRequest {
  return {
    id: toNumber(row.request_id),
    jobInstanceId: toNumber(row.job_instance_id),
    jobName: String(row.job_name),
    isDetached: toNumber(row.detached) === 1,
    parameters: String(row.parameters),
    options: String(row.options),
    definition: String(row.definition),
    state: toOneOf(row.state, states, 'settle_request.state'),
    epoch: toNumber(row.epoch),
    takes: toNumber(row.takes),
    ownerId: row.owner_id === null ? undefined : String(row.owner_id),
    ownerHost: row.owner_host === null ? undefined : String(row.owner_host),
    jobExecutionId: row.job_execution_id === null ? undefined : toNumber(row.job_execution_id),
    exitCode: row.exit_code === null ? undefined : toNumber(row.exit_code),
    message: String(row.message ?? ''),
    createdAt: toDate(row.created_at)!,
    endedAt: toDate(row.ended_at),
  };
}

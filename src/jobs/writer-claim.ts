/**
 * The claim of a domain whose runs write one at a time, whatever their dates, jobs and hosts: a row of a table of its own.
 * A run takes it at its start and gives it back at its end; that of a dead run is taken. Each transaction that writes
 * checks it under a shared lock, so a run that was paused and lost it commits nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { type Row, toNumber } from '../database/values.ts';
import { reasonOfDeath } from '../engine/owner.ts';
import type { StepContext } from '../engine/step-context.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { selectJobExecution } from '../repository/job-execution.ts';
import { selectLease } from '../repository/lease.ts';
import { isRunning } from '../repository/types.ts';

export interface WriterClaim {
  /** Has the columns `id` and `job_execution_id`, NULL: nobody's. Its one row, of id 1, is made by the first claim. */
  readonly table: string;
  /** What the holder does, behind `which is`. */
  readonly doing: string;
  /** Of the error of a run that has lost it. */
  readonly overtaken: { readonly code: string; readonly message: string };
}

const pollMs = 500;

/**
 * Waits until no other run that is alive has the claim, and takes it.
 * @param work in the transaction that takes it; what it throws leaves the claim where it was
 * @param before first in that transaction: locks that others take before the claim
 */
export async function takeClaim<T>(
  { database, jobExecutionId, signal, logger, transaction }: StepContext,
  { table, doing }: WriterClaim,
  work: (tx: Transaction, claimed: Row) => Promise<T>,
  before?: (tx: Transaction) => Promise<void>,
): Promise<T> {
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    const taken = await transaction(async (tx): Promise<{ readonly result: T } | { readonly holder: number }> => {
      await before?.(tx);
      const claimed = (await lockRow(tx, table, { id: 1 }, { columns: ['*'], initial: {} }))!;
      const holder = claimed.job_execution_id === null ? undefined : toNumber(claimed.job_execution_id);
      if (holder !== undefined && holder !== jobExecutionId && (await isAlive(database, tx, holder))) return { holder };
      await tx(table).where({ id: 1 }).update({ job_execution_id: jobExecutionId });
      return { result: await work(tx, claimed) };
    });
    if ('result' in taken) return taken.result;
    if (!waited) logger.info(`waiting for execution ${taken.holder}, which is ${doing}`);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** @throws SettleError `overtaken` when another run has the claim; nobody takes it until the transaction ends. */
export async function requireClaim(
  tx: Transaction,
  { table, overtaken }: WriterClaim,
  jobExecutionId: number,
): Promise<void> {
  const row = await tx(table).where({ id: 1 }).forShare().first('job_execution_id');
  if (row?.job_execution_id != null && toNumber(row.job_execution_id) === jobExecutionId) return;
  throw new SettleError(overtaken.code, ExitCode.failed, overtaken.message, {
    hint: 'start the run again: it continues from its last checkpoint',
  });
}

export async function releaseClaim(tx: Transaction, { table }: WriterClaim, jobExecutionId: number): Promise<void> {
  await tx(table).where({ id: 1, job_execution_id: jobExecutionId }).update({ job_execution_id: null });
}

async function isAlive(database: Database, tx: Executor, jobExecutionId: number): Promise<boolean> {
  const execution = await selectJobExecution(tx, jobExecutionId);
  if (execution === undefined || !isRunning(execution.status)) return false;
  return reasonOfDeath(await selectLease(database, tx, jobExecutionId)) === undefined;
}

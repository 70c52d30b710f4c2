/**
 * One run at a time writes interest, whatever its date: what a date's run posts depends on what was posted before. A run
 * claims the right at its start and gives it back at its end; that of a dead run is taken. Each transaction that writes
 * checks the claim under a shared lock, so a run that was paused and lost it commits nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { lockRow } from '../../database/lock-row.ts';
import { toNumber } from '../../database/values.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { selectJobExecution } from '../../repository/job-execution.ts';
import { selectLease } from '../../repository/lease.ts';
import { isRunning } from '../../repository/types.ts';
import { lockSettlements } from '../video-settlement/settlement-lock.ts';
import { type InterestDate, readInterestDates } from './interest-store.ts';

const pollMs = 500;
const table = 'settle_interest_claim';

/**
 * Waits until no other run has the claim, takes it, and notes that the date's accrual has begun.
 * @returns the dates that had begun before, in order
 */
export async function claimInterest(context: StepContext, date: string): Promise<InterestDate[]> {
  const { database, jobExecutionId, signal, logger } = context;
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    const holder = await context.transaction(async (tx) => {
      // Its row must be there for the shared locks of chunks.
      await lockSettlements(tx);
      const found = await lockClaim(tx);
      if (found !== null && found !== jobExecutionId && (await isAlive(database, tx, found))) return found;
      await tx(table).where({ id: 1 }).update({ job_execution_id: jobExecutionId });
      const begun = await readInterestDates(tx);
      await noteDate(database, tx, date, jobExecutionId);
      return begun;
    });
    if (typeof holder !== 'number') return holder;
    if (!waited) logger.info(`waiting for execution ${holder}, which is accruing interest`);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** @throws SettleError INTEREST_OVERTAKEN when another run has the claim; nobody takes it until the transaction ends. */
export async function requireClaim(tx: Transaction, jobExecutionId: number): Promise<void> {
  const row = await tx(table).where({ id: 1 }).forShare().first('job_execution_id');
  if (row?.job_execution_id != null && toNumber(row.job_execution_id) === jobExecutionId) return;
  throw new SettleError('INTEREST_OVERTAKEN', ExitCode.failed, 'another run has taken over the accrual of interest', {
    hint: 'start the run again: it continues from its last checkpoint',
  });
}

export async function releaseClaim(tx: Transaction, jobExecutionId: number): Promise<void> {
  await tx(table).where({ id: 1, job_execution_id: jobExecutionId }).update({ job_execution_id: null });
}

async function lockClaim(tx: Transaction): Promise<number | null> {
  const row = await lockRow(
    tx,
    table,
    { id: 1 },
    { columns: ['job_execution_id'], initial: { job_execution_id: null } },
  );
  return row?.job_execution_id == null ? null : toNumber(row.job_execution_id);
}

async function isAlive(database: Database, tx: Executor, jobExecutionId: number): Promise<boolean> {
  const execution = await selectJobExecution(tx, jobExecutionId);
  if (execution === undefined || !isRunning(execution.status)) return false;
  const lease = await selectLease(database, tx, jobExecutionId);
  return lease !== undefined && !lease.isExpired;
}

async function noteDate(database: Database, tx: Transaction, date: string, jobExecutionId: number): Promise<void> {
  const row = [date, jobExecutionId, null];
  const columns = ['business_date', 'job_execution_id', 'completed_at'];
  const target = { table: 'settle_interest_date', columns, mode: 'replace-values' as const, keys: ['business_date'] };
  await bulkInsert(tx, database.dialect, target, [row]);
}

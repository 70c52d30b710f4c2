/** Statements on settle_skipped: the records that chunk steps have passed over. */
import type { Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { type Row, toNumber, toOneOf, toText } from '../database/values.ts';
import { cutMessage, toDate, toInstant } from './row.ts';

const TABLE = 'settle_skipped';
const ROWS_A_STATEMENT = 200;
const KEY_LENGTH_MAX = 500;

/** A row of settle_skipped; its identity is step execution and number. */
export interface StoredSkip {
  readonly jobExecutionId: number;
  readonly stepExecutionId: number;
  /** 1, 2, 3 ... within the step execution. */
  readonly no: number;
  readonly stepName: string;
  readonly phase: 'read' | 'process' | 'write';
  readonly key: string;
  readonly payload: string;
  readonly error: string;
  readonly skippedAt: Date;
  /** Undefined while it waits for another try. */
  readonly replayedAt: Date | undefined;
}

export async function insertSkipped(executor: Executor, skips: readonly StoredSkip[]): Promise<void> {
  for (let start = 0; start < skips.length; start += ROWS_A_STATEMENT) {
    await executor(TABLE).insert(skips.slice(start, start + ROWS_A_STATEMENT).map(toRow));
  }
}

/**
 * Of the execution's instance, in the order in which they were skipped, at most `limit` after the one called `after`: a
 * record that an execution skipped before it was killed is one of the run that completes.
 */
export async function listSkipped(
  executor: Executor,
  jobExecutionId: number,
  { after, limit }: { readonly after?: Pick<StoredSkip, 'stepExecutionId' | 'no'>; readonly limit: number },
): Promise<StoredSkip[]> {
  const query = ofInstance(executor, jobExecutionId);
  if (after !== undefined) {
    query.andWhere((later) => {
      later
        .where('step_execution_id', '>', after.stepExecutionId)
        .orWhere((same) => same.where('step_execution_id', after.stepExecutionId).andWhere('skip_no', '>', after.no));
    });
  }
  const rows: Row[] = await query.orderBy(['step_execution_id', 'skip_no']).limit(limit);
  return rows.map(toSkip);
}

/** Records that the executions of this one's instance have passed over. */
export async function countSkipped(executor: Executor, jobExecutionId: number): Promise<number> {
  const [row] = await ofInstance(executor, jobExecutionId).count({ rows: '*' });
  return toNumber(row.rows);
}

/** How many records of the execution's instance wait for another try, by error, the most frequent first; at most `limit` errors. */
export async function countWaitingByError(
  executor: Executor,
  jobExecutionId: number,
  limit: number,
): Promise<{ readonly error: string; readonly rows: number }[]> {
  const counts: Row[] = await ofInstance(executor, jobExecutionId)
    .whereNull('replayed_at')
    .groupBy('error')
    .orderBy([{ column: 'rows', order: 'desc' }, 'error'])
    .limit(limit)
    .select('error', executor.raw('count(*) AS `rows`'));
  return counts.map((row) => ({ error: toText(row.error), rows: toNumber(row.rows) }));
}

/** How many records of each execution still wait for another try, newest execution first. */
export async function countWaitingByExecution(
  executor: Executor,
): Promise<{ readonly jobExecutionId: number; readonly rows: number }[]> {
  const counts: Row[] = await executor(TABLE)
    .whereNull('replayed_at')
    .groupBy('job_execution_id')
    .orderBy('job_execution_id', 'desc')
    .select('job_execution_id', executor.raw('count(*) AS `rows`'));
  return counts.map((row) => ({ jobExecutionId: toNumber(row.job_execution_id), rows: toNumber(row.rows) }));
}

/** The record, held until the transaction ends; undefined when it has been replayed meanwhile. */
export async function lockWaitingSkip(tx: Transaction, skip: StoredSkip): Promise<StoredSkip | undefined> {
  const row = await lockRow(tx, TABLE, keyOf(skip), { columns: ['*'] });
  return row === undefined || row.replayed_at !== null ? undefined : toSkip(row);
}

export async function markReplayed(executor: Executor, skip: StoredSkip, now: Date): Promise<void> {
  await executor(TABLE)
    .where(keyOf(skip))
    .update({ replayed_at: toInstant(now) });
}

function ofInstance(executor: Executor, jobExecutionId: number) {
  return executor(TABLE).whereIn('job_execution_id', (all) => {
    all
      .select('e.JOB_EXECUTION_ID')
      .from('BATCH_JOB_EXECUTION as e')
      .join('BATCH_JOB_EXECUTION as one', 'one.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
      .where('one.JOB_EXECUTION_ID', jobExecutionId);
  });
}

function keyOf({ jobExecutionId, stepExecutionId, no }: StoredSkip) {
  return { job_execution_id: jobExecutionId, step_execution_id: stepExecutionId, skip_no: no };
}

function toRow(skip: StoredSkip) {
  return {
    ...keyOf(skip),
    step_name: skip.stepName,
    phase: skip.phase,
    item_key: skip.key.slice(0, KEY_LENGTH_MAX),
    payload: skip.payload,
    error: cutMessage(skip.error),
    skipped_at: toInstant(skip.skippedAt),
    replayed_at: toInstant(skip.replayedAt),
  };
}

function toSkip(row: Row): StoredSkip {
  return {
    jobExecutionId: toNumber(row.job_execution_id),
    stepExecutionId: toNumber(row.step_execution_id),
    no: toNumber(row.skip_no),
    stepName: toText(row.step_name),
    phase: toOneOf(row.phase, ['read', 'process', 'write'], 'settle_skipped.phase'),
    key: toText(row.item_key),
    payload: toText(row.payload),
    error: toText(row.error),
    skippedAt: toDate(row.skipped_at)!,
    replayedAt: toDate(row.replayed_at),
  };
}

/**
 * Removes the metadata of instances that ended long ago, in transactions of bounded size; interrupted, it goes on when
 * called again. An instance keeps its last execution with parameters and context, because that is what says "already
 * complete": without it, a date whose log is long gone could be computed again, from nothing. `forget` removes that too.
 */
import type { Database, Transaction } from '../database/database.ts';
import { selectJobExecution } from '../repository/job-execution.ts';
import { lockJobInstance } from '../repository/job-instance.ts';
import {
  countStepExecutions,
  deleteExecutions,
  deleteInstance,
  deletePlans,
  deleteReplayed,
  deleteStepExecutions,
  listExecutionIds,
  listInstances,
  listStepExecutionIds,
  listWaiting,
} from '../repository/purge.ts';
import type { JobExecution } from '../repository/types.ts';

export interface PurgeOptions {
  /** Instances whose last execution ended before this. */
  readonly before: Date;
  /** Removes the last execution and the instance as well: it would run again if it were started. */
  readonly forget: boolean;
  /** Counts, and changes nothing. */
  readonly dryRun: boolean;
}

/** Numbers of what was, or would be, removed; `instances` had something to remove. */
export interface PurgeResult {
  instances: number;
  executions: number;
  stepExecutions: number;
}

/** Tables that purge removes rows from. */
export const purgedTables = [
  'BATCH_JOB_INSTANCE',
  'BATCH_JOB_EXECUTION',
  'BATCH_JOB_EXECUTION_PARAMS',
  'BATCH_JOB_EXECUTION_CONTEXT',
  'BATCH_STEP_EXECUTION',
  'BATCH_STEP_EXECUTION_CONTEXT',
  'settle_partition_plan',
  'settle_partition',
  'settle_skipped',
] as const;

const INSTANCES_A_PAGE = 200;
const ROWS_A_TRANSACTION = 500;

/** Unfinished instances (running, failed, stopped) are left alone, however old; so are skipped records that wait. */
export async function purge(database: Database, options: PurgeOptions): Promise<PurgeResult> {
  const result: PurgeResult = { instances: 0, executions: 0, stepExecutions: 0 };
  for (let after = 0; ; ) {
    const page = await listInstances(database.knex, after, INSTANCES_A_PAGE);
    for (const { instanceId, lastExecutionId } of page) {
      const last = await selectJobExecution(database.knex, lastExecutionId);
      if (isOver(last, options.before)) await purgeInstance(database, instanceId, lastExecutionId, options, result);
    }
    if (page.length < INSTANCES_A_PAGE) return result;
    after = page[page.length - 1].instanceId;
  }
}

function isOver(last: JobExecution | undefined, before: Date): boolean {
  if (last === undefined || (last.status !== 'COMPLETED' && last.status !== 'ABANDONED')) return false;
  const end = last.lastUpdated ?? last.endTime ?? last.createTime;
  return end < before;
}

async function purgeInstance(
  database: Database,
  instanceId: number,
  lastExecutionId: number,
  { forget, dryRun }: PurgeOptions,
  result: PurgeResult,
): Promise<void> {
  const all = await listExecutionIds(database.knex, instanceId);
  const waiting = await listWaiting(database.knex, all);
  const mayForget = forget && waiting.length === 0;
  const removed = all.filter((id) => mayForget || (id !== lastExecutionId && !waiting.includes(id)));
  const steps = await countStepExecutions(database.knex, all);
  if (removed.length === 0 && steps === 0) return;
  result.instances++;
  result.executions += removed.length;
  result.stepExecutions += steps;
  if (dryRun) return;

  // Nothing of it can be started meanwhile: it has ended for good, and COMPLETED and ABANDONED are final.
  for (;;) {
    const ids = await listStepExecutionIds(database.knex, all, ROWS_A_TRANSACTION);
    if (ids.length === 0) break;
    await database.transaction((tx) => deleteStepExecutions(tx, ids));
  }
  await database.transaction(async (tx: Transaction) => {
    await lockJobInstance(tx, instanceId);
    await deletePlans(tx, instanceId);
    await deleteReplayed(tx, all);
  });
  for (let start = 0; start < removed.length; start += ROWS_A_TRANSACTION) {
    const ids = removed.slice(start, start + ROWS_A_TRANSACTION);
    await database.transaction(async (tx) => {
      await lockJobInstance(tx, instanceId);
      await deleteExecutions(tx, ids);
      if (mayForget && start + ids.length === removed.length) await deleteInstance(tx, instanceId);
    });
  }
}

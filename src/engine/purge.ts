/**
 * Removes the metadata of instances that ended long ago, in transactions of bounded size; interrupted, it goes on when
 * called again. An instance keeps its last execution with parameters and context, because that is what says "already
 * complete": without it, a date whose log is long gone could be computed again, from nothing. `forget` removes that too.
 */
import type { Database, Executor } from '../database/database.ts';
import { selectJobExecution } from '../repository/job-execution.ts';
import { lockJobInstance } from '../repository/job-instance.ts';
import {
  countExecutions,
  countInstance,
  countPlans,
  countReplayed,
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
  purgedTables,
  type RowsByTable,
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
  /** Rows of each table. */
  readonly rows: RowsByTable;
}

const INSTANCES_A_PAGE = 200;
const ROWS_A_TRANSACTION = 500;

/** Unfinished instances (running, failed, stopped) are left alone, however old; so are skipped records that wait. */
export async function purge(database: Database, options: PurgeOptions): Promise<PurgeResult> {
  const result: PurgeResult = { instances: 0, executions: 0, stepExecutions: 0, rows: noRows() };
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
  const going = await countGoing(database.knex, instanceId, { all, removed, mayForget });
  if (Object.values(going).every((rows) => rows === 0)) return;
  result.instances++;
  result.executions += removed.length;
  result.stepExecutions += going.BATCH_STEP_EXECUTION;
  const gone = dryRun ? going : await removeRows(database, instanceId, { all, removed, mayForget });
  for (const [table, rows] of Object.entries(gone)) result.rows[table] += rows;
}

/** What goes of an instance. */
interface Going {
  /** Executions whose steps go. */
  readonly all: readonly number[];
  /** Executions that go themselves. */
  readonly removed: readonly number[];
  /** The instance goes as well. */
  readonly mayForget: boolean;
}

async function countGoing(
  knex: Executor,
  instanceId: number,
  { all, removed, mayForget }: Going,
): Promise<RowsByTable> {
  return {
    ...(await countStepExecutions(knex, all)),
    ...(await countPlans(knex, instanceId)),
    ...(await countReplayed(knex, all)),
    ...(await countExecutions(knex, removed)),
    ...(mayForget ? await countInstance(knex, instanceId) : {}),
  };
}

/** Nothing of it can be started meanwhile: it has ended for good, and COMPLETED and ABANDONED are final. */
async function removeRows(
  database: Database,
  instanceId: number,
  { all, removed, mayForget }: Going,
): Promise<RowsByTable> {
  const gone = noRows();
  const add = (rows: RowsByTable) => {
    for (const [table, count] of Object.entries(rows)) gone[table] += count;
  };
  for (;;) {
    const ids = await listStepExecutionIds(database.knex, all, ROWS_A_TRANSACTION);
    if (ids.length === 0) break;
    add(await database.transaction((tx) => deleteStepExecutions(tx, ids)));
  }
  add(
    await database.transaction(async (tx) => {
      await lockJobInstance(tx, instanceId);
      return { ...(await deletePlans(tx, instanceId)), ...(await deleteReplayed(tx, all)) };
    }),
  );
  for (let start = 0; start < removed.length; start += ROWS_A_TRANSACTION) {
    const ids = removed.slice(start, start + ROWS_A_TRANSACTION);
    const isLast = start + ids.length === removed.length;
    add(
      await database.transaction(async (tx) => {
        await lockJobInstance(tx, instanceId);
        const rows = await deleteExecutions(tx, ids);
        return mayForget && isLast ? { ...rows, ...(await deleteInstance(tx, instanceId)) } : rows;
      }),
    );
  }
  return gone;
}

function noRows(): RowsByTable {
  return Object.fromEntries(purgedTables.map((table) => [table, 0]));
}

/** Statements on settle_step_progress: who worked on a step execution, and its rows over time. For people alone. */
import type { Database, Executor } from '../database/database.ts';
import { type Row, toNumber, toTextOrNull } from '../database/values.ts';
import { inBatches } from './in-batches.ts';

const TABLE = 'settle_step_progress';

/** Who works on a partition. */
export interface PartitionWork {
  readonly host: string;
  /** Number of the thread among those of its step, from 0. */
  readonly worker: number;
  /** The partition that it was cut off while that one ran; undefined for a planned one. */
  readonly cutFrom: number | undefined;
}

export interface StepProgressRow {
  readonly stepExecutionId: number;
  readonly host: string | null;
  readonly worker: number | null;
  readonly cutFrom: number | null;
  /** Milliseconds since the start, and rows done by then. */
  readonly points: readonly (readonly [ms: number, rows: number])[];
}

export async function insertPartitionWork(
  executor: Executor,
  stepExecutionId: number,
  { host, worker, cutFrom }: PartitionWork,
): Promise<void> {
  await executor(TABLE).insert({ step_execution_id: stepExecutionId, host, worker, cut_from: cutFrom ?? null });
}

/** As `insertPartitionWork`, where the points of the step execution may have been written before. */
export async function savePartitionWork(
  executor: Executor,
  stepExecutionId: number,
  { host, worker, cutFrom }: PartitionWork,
): Promise<void> {
  await executor(TABLE)
    .insert({ step_execution_id: stepExecutionId, host, worker, cut_from: cutFrom ?? null })
    .onConflict('step_execution_id')
    .merge(['host', 'worker', 'cut_from']);
}

/** Replaces the points of a step execution. */
export async function savePoints(
  executor: Executor,
  stepExecutionId: number,
  points: readonly (readonly [ms: number, rows: number])[],
): Promise<void> {
  await executor(TABLE)
    .insert({ step_execution_id: stepExecutionId, points: JSON.stringify(points) })
    .onConflict('step_execution_id')
    .merge(['points']);
}

/** Those of these step executions that are there. Empty where the schema is of an older version. */
export async function listStepProgress(
  { knex }: Database,
  stepExecutionIds: readonly number[],
): Promise<StepProgressRow[]> {
  if (stepExecutionIds.length === 0 || !(await knex.schema.hasTable(TABLE))) return [];
  const rows: Row[] = await inBatches(stepExecutionIds, (ids) =>
    knex(TABLE).whereIn('step_execution_id', ids).orderBy('step_execution_id'),
  );
  return rows.map((row) => ({
    stepExecutionId: toNumber(row.step_execution_id),
    host: toTextOrNull(row.host),
    worker: row.worker === null ? null : toNumber(row.worker),
    cutFrom: row.cut_from === null ? null : toNumber(row.cut_from),
    points: row.points === null ? [] : JSON.parse(String(row.points)),
  }));
}

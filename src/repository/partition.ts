/** Statements on settle_partition_plan and settle_partition: the frozen ranges of a partitioned step. */
import type { Database, Executor } from '../database/database.ts';
import { toBigInt, toNumber, toOneOf } from '../database/values.ts';
import { hasClaims } from './partition-claim.ts';
import { sumOfCounts, toCounts } from './step-execution.ts';
import { type BatchStatus, batchStatuses, type ExecutionCounts, type PartitionProgress } from './types.ts';

const PLANS = 'settle_partition_plan';
const PARTITIONS = 'settle_partition';
const CLAIM_COLUMNS = ['p.epoch', 'p.attempts', 'p.owner_id', 'p.owner_host', 'p.failure'] as const;
const ROWS_A_STATEMENT = 200;

export interface StoredPlan {
  /** JSON. */
  readonly detail: string;
  /** Step executions of its partitions have higher ids than this; lower ones belong to a plan that was dropped. */
  readonly planId: number;
}

export interface NewPartition {
  readonly partition: number;
  readonly minId: bigint;
  readonly maxId: bigint;
  readonly rowsExpected: number;
}

export async function insertPlan(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  plan: StoredPlan,
): Promise<void> {
  const row = { job_instance_id: jobInstanceId, step_name: stepName, plan_id: plan.planId, detail: plan.detail };
  await executor(PLANS).insert(row);
}

export async function insertPartitions(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  partitions: readonly NewPartition[],
): Promise<void> {
  for (let start = 0; start < partitions.length; start += ROWS_A_STATEMENT) {
    await executor(PARTITIONS).insert(
      partitions.slice(start, start + ROWS_A_STATEMENT).map((partition) => ({
        job_instance_id: jobInstanceId,
        step_name: stepName,
        partition_no: partition.partition,
        // As text: the drivers' own conversion of bigint differs, the columns' conversion of text is exact.
        min_id: String(partition.minId),
        max_id: String(partition.maxId),
        rows_expected: Math.round(partition.rowsExpected),
        status: 'STARTING' satisfies BatchStatus,
      })),
    );
  }
}

export async function selectPlan(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
): Promise<StoredPlan | undefined> {
  const row = await executor(PLANS)
    .where({ job_instance_id: jobInstanceId, step_name: stepName })
    .first('plan_id', 'detail');
  return row === undefined ? undefined : { planId: toNumber(row.plan_id), detail: row.detail };
}

export async function deletePlan(executor: Executor, jobInstanceId: number, stepName: string): Promise<void> {
  await executor(PLANS).where({ job_instance_id: jobInstanceId, step_name: stepName }).delete();
}

export async function deletePartitions(executor: Executor, jobInstanceId: number, stepName: string): Promise<void> {
  await executor(PARTITIONS).where({ job_instance_id: jobInstanceId, step_name: stepName }).delete();
}

/** Notes the step execution that works on a partition, or how that one ended. */
export async function updatePartition(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  partition: number,
  change: { readonly status: BatchStatus; readonly stepExecutionId: number },
): Promise<void> {
  await executor(PARTITIONS)
    .where({ job_instance_id: jobInstanceId, step_name: stepName, partition_no: partition })
    .update({ status: change.status, step_execution_id: change.stepExecutionId });
}

/** As `updatePartition`, by the run's own process: no worker has it. */
export async function startOwnPartition(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  partition: number,
  stepExecutionId: number,
): Promise<void> {
  await executor(PARTITIONS)
    .where({ job_instance_id: jobInstanceId, step_name: stepName, partition_no: partition })
    .update({ status: 'STARTED' satisfies BatchStatus, step_execution_id: stepExecutionId, owner_id: null });
}

/** Gives a partition an earlier end, before the rest of its range is inserted as another one. */
export async function shrinkPartition(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  partition: number,
  end: { readonly maxId: bigint; readonly rowsExpected: number },
): Promise<void> {
  const changed = await executor(PARTITIONS)
    .where({ job_instance_id: jobInstanceId, step_name: stepName, partition_no: partition })
    .update({ max_id: String(end.maxId), rows_expected: Math.round(end.rowsExpected) });
  if (changed !== 1) throw new Error(`partition ${partition} of step ${stepName} is not in the plan any more`);
}

/** Partitions that were being worked on by the process of a run that is dead. What workers have claimed goes on. */
export async function failStartedPartitions(executor: Executor, jobInstanceId: number): Promise<void> {
  const own = executor(PARTITIONS).where({ job_instance_id: jobInstanceId, status: 'STARTED' satisfies BatchStatus });
  await ((await hasClaims(executor)) ? own.whereNull('owner_id') : own).update({
    status: 'FAILED' satisfies BatchStatus,
  });
}

/**
 * Marks every partition of a plan that is about to be dropped: none of them counts as done any more, and no worker can
 * commit anything of one.
 */
export async function abandonPartitions(executor: Executor, jobInstanceId: number, stepName: string): Promise<void> {
  await executor(PARTITIONS)
    .where({ job_instance_id: jobInstanceId, step_name: stepName })
    .update({ status: 'ABANDONED' satisfies BatchStatus, epoch: executor.raw('epoch + 1') });
}

/** The partitions of an instance, of one step or of all, by step and number, each with the sums of its counts. */
export async function listPartitions(
  database: Database,
  jobInstanceId: number,
  stepName?: string,
): Promise<PartitionProgress[]> {
  const { knex } = database;
  const query = knex(`${PARTITIONS} as p`)
    .where('p.job_instance_id', jobInstanceId)
    .orderBy(['p.step_name', 'p.partition_no']);
  if (stepName !== undefined) query.where('p.step_name', stepName);
  const partitions = await query.select(
    'p.step_name',
    'p.partition_no',
    'p.rows_expected',
    'p.status',
    'p.step_execution_id',
    ...((await hasClaims(knex)) ? CLAIM_COLUMNS : []),
    // As text: an id beyond 2^53 would be rounded on SQLite.
    knex.raw('CAST(p.min_id AS CHAR) AS min_id'),
    knex.raw('CAST(p.max_id AS CHAR) AS max_id'),
  );
  const counts = await sumPartitionCounts(knex, jobInstanceId);
  return partitions.map((row) => ({
    stepName: row.step_name,
    partition: toNumber(row.partition_no),
    minId: toBigInt(row.min_id),
    maxId: toBigInt(row.max_id),
    rowsExpected: toNumber(row.rows_expected),
    status: toOneOf(row.status, batchStatuses, 'settle_partition.status'),
    stepExecutionId: row.step_execution_id === null ? undefined : toNumber(row.step_execution_id),
    counts: counts.get(`${row.step_name}:${toNumber(row.partition_no)}`) ?? toCounts({}),
    claim: {
      epoch: toNumber(row.epoch ?? 0),
      attempts: toNumber(row.attempts ?? 0),
      ownerId: row.owner_id ?? undefined,
      host: row.owner_host ?? undefined,
      failure: row.failure ?? undefined,
    },
  }));
}

/** By the name of the partition's step executions: their counts since the plan was made. */
async function sumPartitionCounts(executor: Executor, jobInstanceId: number): Promise<Map<string, ExecutionCounts>> {
  const rows = await executor('BATCH_STEP_EXECUTION as s')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 's.JOB_EXECUTION_ID')
    .join(`${PLANS} as q`, (join) => {
      join
        .on('q.job_instance_id', 'e.JOB_INSTANCE_ID')
        .andOn('s.STEP_EXECUTION_ID', '>', 'q.plan_id')
        .andOn(executor.raw("s.STEP_NAME LIKE CONCAT(q.step_name, ':%')"));
    })
    .where('e.JOB_INSTANCE_ID', jobInstanceId)
    .groupBy('s.STEP_NAME')
    .select('s.STEP_NAME', ...sumOfCounts(executor, 's'));
  return new Map(rows.map((row) => [row.STEP_NAME, toCounts(row)]));
}

/** Statements on the claims of partitions: columns of settle_partition that workers and the run's process change. */
import type { Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { type Row, toBigInt, toNumber, toOneOf } from '../database/values.ts';
import { inBatches } from './in-batches.ts';
import { type BatchStatus, batchStatuses, type PartitionState } from './types.ts';

const TABLE = 'settle_partition';
export const CLAIM_COLUMNS = ['status', 'epoch', 'attempts', 'owner_id', 'step_execution_id'] as const;

export interface PartitionKey {
  readonly jobInstanceId: number;
  readonly stepName: string;
  readonly partition: number;
}

/** A partition that is not complete, with what a worker goes by to choose one. */
export interface OpenPartition extends PartitionState {
  readonly partition: number;
  readonly rowsExpected: number;
}

/** A partition that a worker has. */
export interface ClaimedPartition extends PartitionKey {
  readonly ownerId: string;
  readonly host: string | undefined;
  readonly epoch: number;
  readonly attempts: number;
}

export interface PartitionRange {
  readonly minId: bigint;
  readonly maxId: bigint;
  readonly rowsExpected: number;
}

/** False on the schema of an older settle, which is read, and whose dead runs are freed, before it is migrated. */
export async function hasClaims(executor: Executor): Promise<boolean> {
  return await executor.schema.hasColumn(TABLE, 'epoch');
}

/** Holds the row until the transaction ends; undefined when its plan was dropped. */
export async function lockPartition(tx: Transaction, key: PartitionKey): Promise<PartitionState | undefined> {
  const row = await lockRow(tx, TABLE, whereOf(key), { columns: [...CLAIM_COLUMNS] });
  return row === undefined ? undefined : stateOf(row);
}

/** The largest first; `lock` holds them, and what else is read on the way to them, until the transaction ends. */
export async function listOpenPartitions(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
  { lock = false } = {},
): Promise<OpenPartition[]> {
  const query = openPartitions(executor, jobInstanceId, stepName)
    .orderBy([{ column: 'rows_expected', order: 'desc' }, 'partition_no'])
    .select('partition_no', 'rows_expected', ...CLAIM_COLUMNS);
  const rows: Row[] = await (lock ? query.forUpdate() : query);
  return rows.map((row) => ({
    ...stateOf(row),
    partition: toNumber(row.partition_no),
    rowsExpected: toNumber(row.rows_expected),
  }));
}

/** Those of a step that are not complete, as `p`, without columns. */
export function openPartitions(executor: Executor, jobInstanceId: number, stepName: string) {
  return executor(`${TABLE} as p`)
    .where({ 'p.job_instance_id': jobInstanceId, 'p.step_name': stepName })
    .whereNotIn('p.status', ['COMPLETED', 'ABANDONED'] satisfies BatchStatus[]);
}

/** Steps of which workers have partitions, as they are now, whatever the transaction has seen before. */
export async function listClaimedSteps(executor: Executor, jobInstanceId: number): Promise<string[]> {
  const names = await executor(TABLE)
    .where({ job_instance_id: jobInstanceId, status: 'STARTED' satisfies BatchStatus })
    .whereNotNull('owner_id')
    .distinct('step_name')
    .forUpdate()
    .pluck('step_name');
  return names.map(String);
}

/** Partitions that workers have, of an instance or of all, by step and number. */
export async function listClaimedPartitions(executor: Executor, jobInstanceId?: number): Promise<ClaimedPartition[]> {
  if (!(await hasClaims(executor))) return [];
  const query = executor(TABLE)
    .where({ status: 'STARTED' satisfies BatchStatus })
    .whereNotNull('owner_id')
    .orderBy(['job_instance_id', 'step_name', 'partition_no']);
  const rows: Row[] = await (jobInstanceId === undefined ? query : query.where({ job_instance_id: jobInstanceId }));
  return rows.map((row) => ({
    jobInstanceId: toNumber(row.job_instance_id),
    stepName: String(row.step_name),
    partition: toNumber(row.partition_no),
    ownerId: String(row.owner_id),
    host: row.owner_host === null ? undefined : String(row.owner_host),
    epoch: toNumber(row.epoch),
    attempts: toNumber(row.attempts),
  }));
}

/** Step executions of partitions that workers have. */
export async function listClaimedStepExecutions(executor: Executor, jobInstanceId: number): Promise<Set<number>> {
  if (!(await hasClaims(executor))) return new Set();
  const ids = await executor(TABLE)
    .where({ job_instance_id: jobInstanceId, status: 'STARTED' satisfies BatchStatus })
    .whereNotNull('owner_id')
    .whereNotNull('step_execution_id')
    .pluck('step_execution_id');
  return new Set(ids.map(toNumber));
}

/** Who has which partitions of these instances: one entry a partition. */
export async function listClaimedOwners(
  executor: Executor,
  jobInstanceIds: readonly number[],
): Promise<{ readonly jobInstanceId: number; readonly ownerId: string }[]> {
  if (!(await hasClaims(executor))) return [];
  const rows: Row[] = await inBatches(jobInstanceIds, (ids) =>
    executor(TABLE)
      .whereIn('job_instance_id', ids)
      .where({ status: 'STARTED' satisfies BatchStatus })
      .whereNotNull('owner_id')
      .select('job_instance_id', 'owner_id'),
  );
  return rows.map((row) => ({ jobInstanceId: toNumber(row.job_instance_id), ownerId: String(row.owner_id) }));
}

/** The caller holds the row. */
export async function selectRange(executor: Executor, key: PartitionKey): Promise<PartitionRange> {
  const row: Row = await executor(TABLE).where(whereOf(key)).first(
    'rows_expected',
    // As text: an id beyond 2^53 would be rounded by some drivers.
    executor.raw('CAST(min_id AS CHAR) AS min_id'),
    executor.raw('CAST(max_id AS CHAR) AS max_id'),
  );
  return { minId: toBigInt(row.min_id), maxId: toBigInt(row.max_id), rowsExpected: toNumber(row.rows_expected) };
}

/**
 * Compare and set: writes what a claim makes of the row, unless it has been claimed since it was read at `from.epoch`.
 * Returns whether it was written.
 */
export async function claimPartition(
  tx: Transaction,
  key: PartitionKey,
  from: PartitionState,
  to: PartitionState,
  host: string,
): Promise<boolean> {
  const changed = await tx(TABLE)
    .where({ ...whereOf(key), epoch: from.epoch, status: from.status, attempts: from.attempts })
    .update({ ...columnsOf(to), owner_host: host });
  return changed === 1;
}

/** Writes the row that the caller holds. `failure` is left as it is when not given. */
export async function writePartitionState(
  tx: Transaction,
  key: PartitionKey,
  state: PartitionState,
  failure?: string,
): Promise<void> {
  await tx(TABLE)
    .where(whereOf(key))
    .update({ ...columnsOf(state), ...(failure === undefined ? {} : { failure }) });
}

/** Begins the count of attempts anew, of all that nobody is at work on. */
export async function resetAttempts(tx: Transaction, jobInstanceId: number, stepName: string): Promise<void> {
  await tx(TABLE)
    .where({ job_instance_id: jobInstanceId, step_name: stepName })
    .whereIn('status', ['STARTING', 'STOPPED', 'FAILED'] satisfies BatchStatus[])
    .update({ attempts: 0, failure: null });
}

/** Rows that the partition's executions of this plan have read. */
export async function sumRowsRead(
  executor: Executor,
  { jobInstanceId, stepName, partition }: PartitionKey,
  planId: number,
): Promise<number> {
  const row = await executor('BATCH_STEP_EXECUTION as s')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 's.JOB_EXECUTION_ID')
    .where({ 'e.JOB_INSTANCE_ID': jobInstanceId, 's.STEP_NAME': `${stepName}:${partition}` })
    .andWhere('s.STEP_EXECUTION_ID', '>', planId)
    .sum({ rows: 's.READ_COUNT' })
    .first();
  return toNumber(row?.rows ?? 0);
}

export function whereOf({ jobInstanceId, stepName, partition }: PartitionKey) {
  return { job_instance_id: jobInstanceId, step_name: stepName, partition_no: partition };
}

function columnsOf({ status, epoch, attempts, ownerId, stepExecutionId }: PartitionState) {
  return { status, epoch, attempts, owner_id: ownerId ?? null, step_execution_id: stepExecutionId ?? null };
}

export function stateOf(row: Row): PartitionState {
  return {
    status: toOneOf(row.status, batchStatuses, 'settle_partition.status'),
    epoch: toNumber(row.epoch),
    attempts: toNumber(row.attempts),
    ownerId: row.owner_id === null ? undefined : String(row.owner_id),
    stepExecutionId: row.step_execution_id === null ? undefined : toNumber(row.step_execution_id),
  };
}

/**
 * What a claim and a chunk of a claimed partition go by, each in one statement: the fence, which is locked first as
 * everywhere, and what follows it. The parts of a UNION ALL are read in their order, under locks of their own. Not on SQLite.
 */
import type { Database, Executor, Transaction } from '../database/database.ts';
import { rowsOf } from '../database/rows-of.ts';
import { type Row, toBigInt, toNumber } from '../database/values.ts';
import { type ClaimRow, leaseOf, WORKER_CLAIMS } from './claim.ts';
import {
  CLAIM_COLUMNS,
  type OpenPartition,
  openPartitions,
  type PartitionKey,
  type PartitionRange,
  stateOf,
  whereOf,
} from './partition-claim.ts';
import type { PartitionState } from './types.ts';

/** A partition that is not complete, with all that a claim needs of it. */
export interface ClaimablePartition extends OpenPartition, PartitionRange {
  /** Of the worker that has it; asked of a STARTED one only. */
  readonly lease: ClaimRow['lease'];
}

/** A step as workers find it. */
export interface OfferedStep {
  /** The fence as it stands. */
  readonly fence: number | undefined;
  /** Undefined when it was taken down. */
  readonly offer: { readonly token: number; readonly planId: number; readonly definition: string } | undefined;
  /** As they were when the offer was locked. */
  readonly open: readonly ClaimablePartition[];
}

/** Undefined: the partition's plan was dropped. */
export interface FencedPartition {
  readonly fence: number | undefined;
  readonly state: PartitionState | undefined;
}

/** Partitions that are not complete, the largest first. */
export async function listClaimablePartitions(
  { knex, dialect }: Database,
  jobInstanceId: number,
  stepName: string,
): Promise<ClaimablePartition[]> {
  const rows: Row[] = await claimable(knex, dialect.nowExpression, jobInstanceId, stepName);
  return largestFirst(rows.map(claimablePartitionOf));
}

/** Fence and offer cannot change until the transaction ends; the partitions may. */
export async function lockOfferedStep(
  { dialect }: Database,
  tx: Transaction,
  jobInstanceId: number,
  stepName: string,
): Promise<OfferedStep> {
  const head = tx('settle_fence as f')
    .leftJoin('settle_offer as o', (join) => {
      join.on('o.job_instance_id', 'f.job_instance_id').andOnVal('o.step_name', stepName);
    })
    .where({ 'f.job_instance_id': jobInstanceId })
    .forShare()
    .select('f.token as fence', 'o.token', 'o.plan_id', 'o.definition', ...nulls(tx, CLAIMABLE_COLUMNS));
  const partitions = claimable(tx, dialect.nowExpression, jobInstanceId, stepName, [
    'fence',
    'token',
    'plan_id',
    'definition',
  ]);
  const rows = rowsOf(await tx.raw('? UNION ALL ?', [head, partitions]));
  const first = rows.find(({ partition_no }) => partition_no === null);
  return {
    fence: first === undefined ? undefined : toNumber(first.fence),
    offer:
      first === undefined || first.token === null
        ? undefined
        : {
            token: toNumber(first.token),
            planId: toNumber(first.plan_id),
            definition: String(first.definition),
          },
    open: largestFirst(rows.filter((row) => row !== first).map(claimablePartitionOf)),
  };
}

/** The fence cannot change until the transaction ends, and the partition is held. */
export async function lockFencedPartition(tx: Transaction, key: PartitionKey): Promise<FencedPartition> {
  const fence = tx('settle_fence')
    .where({ job_instance_id: key.jobInstanceId })
    .forShare()
    .select('token as fence', ...nulls(tx, CLAIM_COLUMNS));
  const partition = tx('settle_partition')
    .where(whereOf(key))
    .forUpdate()
    .select(...nulls(tx, ['fence']), ...CLAIM_COLUMNS);
  const rows = rowsOf(await tx.raw('? UNION ALL ?', [fence, partition]));
  const token = rows.find((row) => row.fence !== null)?.fence;
  const row = rows.find(({ status }) => status !== null);
  return {
    fence: token === undefined ? undefined : toNumber(token),
    state: row === undefined ? undefined : stateOf(row),
  };
}

/** By the name that each has in a row. */
const LEASE_COLUMNS = {
  lease_owner: 'c.owner_id',
  lease_host: 'c.host',
  lease_pid: 'c.pid',
  lease_boot_id: 'c.boot_id',
  lease_process_start: 'c.process_start',
  lease_heartbeat_at: 'c.heartbeat_at',
  lease_expires_at: 'c.expires_at',
  lease_ms: 'c.lease_ms',
} as const;

const CLAIMABLE_COLUMNS = [
  'partition_no',
  'rows_expected',
  ...CLAIM_COLUMNS,
  'min_id',
  'max_id',
  ...Object.keys(LEASE_COLUMNS),
  'database_now',
];

/** @param before columns of NULL that come first */
function claimable(
  executor: Executor,
  nowExpression: string,
  jobInstanceId: number,
  stepName: string,
  before: readonly string[] = [],
) {
  return openPartitions(executor, jobInstanceId, stepName)
    .leftJoin('settle_claim as c', (join) => {
      join.on(executor.raw('c.name = CONCAT(?, p.owner_id)', [WORKER_CLAIMS])).andOnVal('p.status', 'STARTED');
    })
    .select(
      ...nulls(executor, before),
      'p.partition_no',
      'p.rows_expected',
      ...CLAIM_COLUMNS.map((column) => `p.${column}`),
      // As text: an id beyond 2^53 would be rounded by some drivers.
      executor.raw('CAST(p.min_id AS CHAR) AS min_id'),
      executor.raw('CAST(p.max_id AS CHAR) AS max_id'),
      LEASE_COLUMNS,
      executor.raw(`${nowExpression} AS database_now`),
    );
}

function nulls(executor: Executor, names: readonly string[]) {
  return names.map((name) => executor.raw('NULL AS ??', [name]));
}

function claimablePartitionOf(row: Row): ClaimablePartition {
  return {
    ...stateOf(row),
    partition: toNumber(row.partition_no),
    rowsExpected: toNumber(row.rows_expected),
    minId: toBigInt(row.min_id),
    maxId: toBigInt(row.max_id),
    lease: leaseOf({
      owner_id: row.lease_owner,
      host: row.lease_host,
      pid: row.lease_pid,
      boot_id: row.lease_boot_id,
      process_start: row.lease_process_start,
      heartbeat_at: row.lease_heartbeat_at,
      expires_at: row.lease_expires_at,
      lease_ms: row.lease_ms,
      database_now: row.database_now,
    }),
  };
}

function largestFirst(partitions: ClaimablePartition[]): ClaimablePartition[] {
  return partitions.sort((a, b) => b.rowsExpected - a.rowsExpected || a.partition - b.partition);
}

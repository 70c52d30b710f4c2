/** Statements on settle_lease: who runs an execution, and until when. Times are on the database's clock. */
import type { Database, Executor } from '../database/database.ts';
import { parseInstant } from '../database/instant.ts';
import { toNumber } from '../database/values.ts';
import { isLeaseAhead, isLeaseOver } from './lease-times.ts';
import { toDate, toInstant } from './row.ts';
import type { Lease } from './types.ts';

const TABLE = 'settle_lease';

export type NewLease = Omit<Lease, 'heartbeatAt' | 'isExpired' | 'isAhead' | 'heartbeatAgoMs' | 'leaseLeftMs'>;

export async function insertLease(
  database: Database,
  executor: Executor,
  lease: NewLease,
  leaseMs: number,
): Promise<void> {
  await executor(TABLE).insert({
    job_execution_id: lease.jobExecutionId,
    owner_id: lease.ownerId,
    host: lease.host,
    pid: lease.pid,
    boot_id: lease.bootId,
    process_start: lease.processStart,
    ...(await times(database, executor, leaseMs)),
  });
}

/** Returns false when the lease is no longer this owner's. */
export async function renewLease(
  database: Database,
  { jobExecutionId, ownerId }: Pick<Lease, 'jobExecutionId' | 'ownerId'>,
  leaseMs: number,
): Promise<boolean> {
  const rowsChanged = await database
    .knex(TABLE)
    .where({ job_execution_id: jobExecutionId, owner_id: ownerId })
    .update(await times(database, database.knex, leaseMs));
  return rowsChanged === 1;
}

export async function deleteLease(executor: Executor, jobExecutionId: number): Promise<void> {
  await executor(TABLE).where({ job_execution_id: jobExecutionId }).delete();
}

/** The lease of an execution, or undefined when none is held. */
export async function selectLease(
  database: Database,
  executor: Executor,
  jobExecutionId: number,
): Promise<Lease | undefined> {
  const row = await executor(TABLE)
    .where({ job_execution_id: jobExecutionId })
    .first('*', executor.raw(`${database.dialect.nowExpression} AS database_now`));
  if (row === undefined) return undefined;
  const [now, begin, end] = [row.database_now, row.heartbeat_at, row.expires_at].map(parseInstant);
  const leaseMs = row.lease_ms === null || row.lease_ms === undefined ? end - begin : toNumber(row.lease_ms);
  const times = { beginMs: begin, endMs: end, leaseMs };
  return {
    jobExecutionId,
    ownerId: row.owner_id,
    host: row.host,
    pid: toNumber(row.pid),
    bootId: row.boot_id,
    processStart: row.process_start,
    heartbeatAt: toDate(row.heartbeat_at)!,
    isExpired: isLeaseOver(times, now),
    isAhead: isLeaseAhead(times, now),
    heartbeatAgoMs: now - begin,
    leaseLeftMs: end - now,
  };
}

async function times(database: Database, executor: Executor, leaseMs: number) {
  const now = parseInstant(await database.dialect.now(executor));
  return { heartbeat_at: toInstant(new Date(now)), expires_at: toInstant(new Date(now + leaseMs)), lease_ms: leaseMs };
}

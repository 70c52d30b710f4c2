/** Statements on settle_claim: who owns a thing, and until when. Times are on the database's clock. */
import type { Database, Executor, Transaction } from '../database/database.ts';
import { parseInstant } from '../database/instant.ts';
import { lockRow } from '../database/lock-row.ts';
import { type Row, toNumber } from '../database/values.ts';
import type { NewLease } from './lease.ts';
import { isLeaseAhead, isLeaseOver } from './lease-times.ts';
import { toDate, toInstant } from './row.ts';
import type { Lease } from './types.ts';

const TABLE = 'settle_claim';
/** How the names of workers' claims begin; what follows is the worker's id as an owner. */
export const WORKER_CLAIMS = 'worker/';

export type ClaimOwner = Omit<NewLease, 'jobExecutionId'>;

/** A claim as it stands; `lease` is undefined when nobody holds it. */
export interface ClaimRow {
  readonly name: string;
  readonly epoch: number;
  readonly lease: Omit<Lease, 'jobExecutionId'> | undefined;
}

/** Claims whose name begins so. */
export async function listClaims(database: Database, executor: Executor, prefix: string): Promise<ClaimRow[]> {
  const rows: Row[] = await executor(TABLE)
    .where('name', '>=', prefix)
    .where('name', '<', `${prefix}\uffff`)
    .select('*', executor.raw(`${database.dialect.nowExpression} AS database_now`));
  return rows.map(claimOf);
}

/** Holds the row until the transaction ends; makes it where there is none. */
export async function lockClaim(database: Database, tx: Transaction, name: string): Promise<ClaimRow> {
  const row = await lockRow(tx, TABLE, { name }, { columns: ['*'], initial: { epoch: 0 } });
  return claimOf({ ...row, database_now: await database.dialect.now(tx) });
}

/** The caller holds the row. */
export async function updateClaim(
  database: Database,
  tx: Transaction,
  { name, epoch, owner, leaseMs }: { name: string; epoch: number; owner: ClaimOwner; leaseMs: number },
): Promise<void> {
  await tx(TABLE)
    .where({ name })
    .update({
      epoch,
      owner_id: owner.ownerId,
      host: owner.host,
      pid: owner.pid,
      boot_id: owner.bootId,
      process_start: owner.processStart,
      ...(await times(database, tx, leaseMs)),
    });
}

/** Renews every claim of an owner; returns the epochs of those that are still its own, by name. */
export async function renewClaims(
  database: Database,
  ownerId: string,
  leaseMs: number,
): Promise<ReadonlyMap<string, number>> {
  return await database.transaction(async (tx) => {
    await tx(TABLE)
      .where({ owner_id: ownerId })
      .update(await times(database, tx, leaseMs));
    const rows: Row[] = await tx(TABLE).where({ owner_id: ownerId }).select('name', 'epoch');
    return new Map(rows.map((row) => [String(row.name), toNumber(row.epoch)]));
  });
}

/** Renews one claim by its key; returns whether it is still this owner's. */
export async function renewClaim(
  database: Database,
  { name, epoch, ownerId }: { readonly name: string; readonly epoch: number; readonly ownerId: string },
  leaseMs: number,
): Promise<boolean> {
  const { knex } = database;
  const renewed = await times(database, knex, leaseMs);
  return (await knex(TABLE).where({ name, epoch, owner_id: ownerId }).update(renewed)) === 1;
}

/** As it is now; it cannot change until the transaction ends. Undefined: there is none. */
export async function readClaim(database: Database, tx: Transaction, name: string): Promise<ClaimRow | undefined> {
  const row: Row | undefined = await tx(TABLE)
    .where({ name })
    .forShare()
    .first('*', tx.raw(`${database.dialect.nowExpression} AS database_now`));
  return row === undefined ? undefined : claimOf(row);
}

/** Leaves the epoch: the next owner's is higher. */
export async function releaseClaim(executor: Executor, name: string, epoch: number): Promise<void> {
  await executor(TABLE).where({ name, epoch }).update({ owner_id: null, expires_at: null });
}

/** For claims whose names are never used again. */
export async function deleteClaims(executor: Executor, names: readonly string[], ownerId?: string): Promise<void> {
  if (names.length === 0) return;
  const query = executor(TABLE).whereIn('name', names);
  await (ownerId === undefined ? query : query.where({ owner_id: ownerId })).delete();
}

/** By name. They cannot change until the transaction ends. Locked in the order of names, as `renewClaims` locks them. */
export async function readEpochs(tx: Transaction, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows: Row[] = await tx(TABLE).whereIn('name', names).orderBy('name').forShare().select('name', 'epoch');
  return new Map(rows.map((row) => [String(row.name), toNumber(row.epoch)]));
}

async function times(database: Database, executor: Executor, leaseMs: number) {
  const now = parseInstant(await database.dialect.now(executor));
  return { heartbeat_at: toInstant(new Date(now)), expires_at: toInstant(new Date(now + leaseMs)), lease_ms: leaseMs };
}

function claimOf(row: Row): ClaimRow {
  return { name: String(row.name), epoch: toNumber(row.epoch), lease: leaseOf(row) };
}

/** By the columns of the table, and `database_now`; undefined when nobody holds the claim. */
export function leaseOf(row: Row): ClaimRow['lease'] {
  if (row.owner_id === null || row.expires_at === null) return undefined;
  const [now, begin, end] = [row.database_now, row.heartbeat_at, row.expires_at].map((time) =>
    parseInstant(String(time)),
  );
  const times = { beginMs: begin, endMs: end, leaseMs: toNumber(row.lease_ms) };
  return {
    ownerId: String(row.owner_id),
    host: String(row.host),
    pid: toNumber(row.pid),
    bootId: String(row.boot_id),
    processStart: String(row.process_start),
    heartbeatAt: toDate(row.heartbeat_at)!,
    isExpired: isLeaseOver(times, now),
    isAhead: isLeaseAhead(times, now),
    heartbeatAgoMs: now - begin,
    leaseLeftMs: end - now,
  };
}

/**
 * The lease of a worker: one claim, on the database's clock, that stands for all partitions that it has. One statement
 * renews it, however many they are, and no chunk's transaction is in its way.
 */
import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import { deleteClaims, listClaims, readClaim, renewClaim, WORKER_CLAIMS } from '../repository/claim.ts';
import { type Claim, type ClaimOwner, type ClaimRow, claimOwner, isHeld, takeClaim } from './claim.ts';
import { DEAD_OWNER, reasonOfDeath } from './owner.ts';

/** How the reasons begin for which a worker cannot be at work on a partition any more, as the repository keeps them. */
export const DEAD_WORKER = 'its worker';
/** That of a partition which threads of a run had that is dead. */
export const GONE_WORKER = 'its process has ended without giving it back';

/** Rows of workers that ended without a word are removed so long after the end of their lease. */
const FORGET_MS = 3_600_000;

export interface WorkerLease {
  readonly ownerId: string;
  readonly host: string;
  readonly leaseMs: number;
  /** Ends it: partitions that it still has may be taken at once. */
  release(): Promise<void>;
}

/** Resolves when the lease stands; renews it until it is released. Does not keep a process alive. */
export async function startWorkerLease(database: Database, leaseMs: number, logger: Logger): Promise<WorkerLease> {
  const owner = claimOwner();
  const name = claimNameOf(owner.ownerId);
  let claim = await claimAnew(database, name, owner, leaseMs);
  await forgetDead(database).catch((err: unknown) => logger.debug({ err }, 'old workers were not removed'));
  let isReleased = false;
  let renewing: Promise<void> = Promise.resolve();

  const renew = async () => {
    try {
      const isOurs = await renewClaim(database, { ...claim, ownerId: owner.ownerId }, leaseMs);
      // Removed while this process was paused. What it had may be others' by now: each commit finds that out by itself.
      if (!isOurs && !isReleased) claim = await claimAnew(database, name, owner, leaseMs);
    } catch (err) {
      logger.warn({ err }, 'the lease of the worker was not renewed');
    }
  };
  const timer = setInterval(() => {
    renewing = renewing.then(renew);
  }, leaseMs / 3);
  timer.unref();
  return {
    ownerId: owner.ownerId,
    host: owner.host,
    leaseMs,
    async release() {
      isReleased = true;
      clearInterval(timer);
      await renewing;
      await deleteClaims(database.knex, [name], owner.ownerId);
    },
  };
}

/** Workers that are there: those whose lease runs, and that are not known to be dead. */
export async function listWorkers(database: Database): Promise<ClaimRow[]> {
  return (await listClaims(database, database.knex, WORKER_CLAIMS)).filter(isHeld);
}

/** Of every worker whose lease has not been given back, dead or alive, by the id of the owner. */
export async function listLeases(database: Database): Promise<ReadonlyMap<string, NonNullable<ClaimRow['lease']>>> {
  const claims = await listClaims(database, database.knex, WORKER_CLAIMS);
  return new Map(
    claims.flatMap(({ name, lease }) => (lease === undefined ? [] : [[name.slice(WORKER_CLAIMS.length), lease]])),
  );
}

/** The owners of partitions that are there, by id. */
export async function listLiveOwners(database: Database): Promise<ReadonlySet<string>> {
  return new Set((await listWorkers(database)).map(({ name }) => name.slice(WORKER_CLAIMS.length)));
}

/**
 * Why the owner of a partition cannot be at work on it any more; undefined when it may be. Its lease cannot be renewed
 * until the transaction ends.
 */
export async function deathOfOwner(database: Database, tx: Transaction, ownerId: string): Promise<string | undefined> {
  const claim = await readClaim(database, tx, claimNameOf(ownerId));
  if (claim?.lease === undefined) return `${DEAD_WORKER} has ended without giving it back`;
  return reasonOfDeath(claim.lease)?.replace(DEAD_OWNER, DEAD_WORKER);
}

function claimNameOf(ownerId: string): string {
  return `${WORKER_CLAIMS}${ownerId}`;
}

async function claimAnew(database: Database, name: string, owner: ClaimOwner, leaseMs: number): Promise<Claim> {
  const claim = await takeClaim(database, name, owner, leaseMs);
  if (claim === undefined) throw new Error(`the claim ${name} is another process's`);
  return claim;
}

async function forgetDead(database: Database): Promise<void> {
  const claims = await listClaims(database, database.knex, WORKER_CLAIMS);
  const dead = claims.filter(({ lease }) => lease === undefined || lease.leaseLeftMs < -FORGET_MS);
  await deleteClaims(
    database.knex,
    dead.map(({ name }) => name),
  );
}

/** Work that one process at a time does: it holds a claim from its start to its end, and is told when it has lost it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { type ClaimRow, claimOwner, listClaims, releaseClaim, renewClaims, takeClaim } from './claim.ts';

const LEASE_MS = 30_000;
const RENEW_MS = 5_000;

/**
 * Runs `work` under the claim. Its signal aborts when another process has taken over, which it does when this one was
 * silent for 30 s; the claim of a process that has died is taken at once where that can be seen.
 * @throws SettleError ALREADY_RUNNING (exit 11) when another process holds it
 */
export async function holdClaim<T>(
  database: Database,
  { name, what }: { readonly name: string; readonly what: string },
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const owner = claimOwner();
  const claim = await takeClaim(database, name, owner, LEASE_MS);
  if (claim === undefined) throw await heldElsewhere(database, name, what);
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = (async () => {
    while (!ended.signal.aborted && !lost.signal.aborted) {
      await sleep(RENEW_MS, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      if (ended.signal.aborted) return;
      // A database that is away is no reason to end: the runs themselves wait for it, and know their own limit.
      const held = await renewClaims(database, owner.ownerId, LEASE_MS).catch(() => undefined);
      if (held !== undefined && held.get(name) !== claim.epoch) lost.abort(claimLost(what));
    }
  })();
  try {
    return await work(lost.signal);
  } finally {
    ended.abort();
    await renewing;
    await releaseClaim(database.knex, name, claim.epoch).catch(() => undefined);
  }
}

/** No OWNERSHIP_LOST: what runs under the claim has owners of its own, and stops as it does when it is asked to. */
function claimLost(what: string): SettleError {
  return new SettleError('CLAIM_LOST', ExitCode.alreadyRunning, `another process has taken over: ${what}`);
}

async function heldElsewhere(database: Database, name: string, what: string): Promise<SettleError> {
  const rows: ClaimRow[] = await listClaims(database, database.knex, name);
  const lease = rows.find((row) => row.name === name)?.lease;
  const where = lease === undefined ? '' : `, in process ${lease.pid} on ${lease.host}`;
  return new SettleError('ALREADY_RUNNING', ExitCode.alreadyRunning, `${what} is running already${where}`, {
    hint: 'leave it to that process; when it is stopped, start the command again',
  });
}

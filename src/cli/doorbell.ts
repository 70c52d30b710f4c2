/** The queue that wakes workers, where one is given: `--queue`, or SETTLE_QUEUE_URL for a URL with a password. */
import type { Doorbell } from '../engine/doorbell.ts';
import { environment } from '../environment.ts';
import type { CommandContext } from './command-context.ts';

/** @throws SettleError (exit 2) for a URL that is none */
export async function doorbellOf(
  { database, logger }: Pick<CommandContext, 'database' | 'logger'>,
  { queue }: { readonly queue?: string },
  { isHeard }: { readonly isHeard: boolean },
): Promise<Doorbell | undefined> {
  const url = queue ?? (environment().SETTLE_QUEUE_URL || undefined);
  if (url === undefined) return undefined;
  const { openDoorbell } = await import('../queue/bull-doorbell.ts');
  // Hosts may reach one server by different names.
  const name = new URL(database.url).pathname;
  return await openDoorbell(url, { isHeard, database: name, logger });
}

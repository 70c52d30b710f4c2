/** Which keys are on the ledger, with what tells whether a request of the same key is the same (`contentDigest`). */
import type { Executor } from '../database/database.ts';
import { inGroups } from './in-groups.ts';

/** Content digests by key, of the keys that are there. */
export async function findDigests(executor: Executor, keys: Iterable<string>): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const group of inGroups([...keys])) {
    const rows = await executor('settle_journal').whereIn('journal_key', group).select('journal_key', 'content_digest');
    for (const row of rows) digests.set(row.journal_key, String(row.content_digest));
  }
  return digests;
}

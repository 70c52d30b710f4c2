/** What accounts hold. */
import type { Executor } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { inGroups } from './in-groups.ts';
import { type AccountRef, accountKey } from './rules/journal.ts';

/** Balances in whole points by `accountKey`; an account without any entry is not in the map. */
export async function readBalances(
  executor: Executor,
  accounts: readonly AccountRef[],
): Promise<ReadonlyMap<string, bigint>> {
  const balances = new Map<string, bigint>();
  for (const [type, some] of Map.groupBy(accounts, (account) => account.type)) {
    for (const group of inGroups(some)) {
      const owners = group.map(({ ownerId }) => ownerId.toString());
      const rows = await executor('settle_account')
        .where({ account_type: type })
        .whereIn('owner_id', owners)
        .select('owner_id', 'balance');
      for (const row of rows) {
        balances.set(accountKey({ type, ownerId: toBigInt(row.owner_id) }), toBigInt(row.balance));
      }
    }
  }
  return balances;
}

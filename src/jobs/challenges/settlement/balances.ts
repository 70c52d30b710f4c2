/** What accounts of the ledger hold: to know before posting whether a posting will hold. */
import type { Executor } from '../../../database/database.ts';
import { toBigInt } from '../../../database/values.ts';
import { inGroups } from '../../../ledger/in-groups.ts';
import type { AccountType } from '../../../ledger/types.ts';

/** Points by owner; 0n for an owner without an account of the type. */
export async function readBalancesByOwner(
  executor: Executor,
  type: AccountType,
  ownerIds: readonly bigint[],
): Promise<Map<bigint, bigint>> {
  const balances = new Map<bigint, bigint>(ownerIds.map((id) => [id, 0n]));
  for (const group of inGroups(ownerIds)) {
    const rows = await executor('settle_account')
      .where({ account_type: type })
      .whereIn('owner_id', group.map(String))
      .select('owner_id', 'balance');
    for (const row of rows) balances.set(toBigInt(row.owner_id), toBigInt(row.balance));
  }
  return balances;
}

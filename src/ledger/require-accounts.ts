/** The accounts as they are stored beside what a replay made of them. */

import { ColumnBatch, type ColumnSpec } from '../database/column-batch.ts';
import type { RowReader } from '../database/row-reader.ts';
import { accountTypes } from './rules/journal.ts';
import type { LedgerReplay } from './rules/replay.ts';
import { Violation } from './rules/violation.ts';

const accountsAPage = 20_000;
const place = 'the accounts';
const ownerLeast = -(2n ** 63n);

const pageSql =
  'SELECT owner_id, balance FROM settle_account WHERE account_type = ? AND owner_id >= ? ORDER BY owner_id LIMIT ?';

/** Every account holds what its entries sum to, and none is missing or too many. @throws Violation */
export async function requireAccounts(reader: RowReader, replay: LedgerReplay): Promise<void> {
  const specs: readonly ColumnSpec[] = [
    { name: 'owner_id', type: 'int64', isRequired: true },
    { name: 'balance', type: 'int64', isRequired: true },
  ];
  const rows = new ColumnBatch(specs, accountsAPage);
  let known = 0;
  for (const [code, type] of accountTypes.entries()) {
    const sums = replay.accounts[code];
    let stored = 0;
    for (let from = ownerLeast; ; ) {
      rows.clear();
      await reader.read(pageSql, [type, from, BigInt(accountsAPage)], rows);
      const { values: owners, words: ownerWords } = rows.int64(0);
      const { values: balances, words: balanceWords } = rows.int64(1);
      for (let row = 0; row < rows.size; row++) {
        const account = sums.find(ownerWords[2 * row], ownerWords[2 * row + 1]);
        if (account >= 0 && sums.holds(account, balanceWords[2 * row], balanceWords[2 * row + 1])) continue;
        const sum = account < 0 ? 'nothing: it has none' : sums.balanceOf(account);
        throw new Violation(`account ${type}:${owners[row]}`, `it holds ${balances[row]}, its entries sum to ${sum}`);
      }
      if (rows.unreadable !== undefined) {
        const { row, value } = rows.unreadable;
        throw new Violation(`account ${type}:${owners[row]}`, `${JSON.stringify(value.slice(0, 60))} is no balance`);
      }
      stored += rows.size;
      if (rows.size < accountsAPage) break;
      from = owners[rows.size - 1] + 1n;
    }
    if (stored !== sums.size)
      throw new Violation(place, `${stored} accounts of type ${type} are stored, ${sums.size} have entries`);
    known += stored;
  }
  await requireNoOthers(reader, known);
}

/** Accounts of a type that there is not were not looked for. */
async function requireNoOthers(reader: RowReader, known: number): Promise<void> {
  const counted = new ColumnBatch([{ name: 'total', type: 'int64' }], 1);
  await reader.read('SELECT COUNT(*) AS total FROM settle_account', [], counted);
  const total = counted.int64(0).values[0];
  if (total !== BigInt(known)) throw new Violation(place, `${total} accounts are stored, ${known} have entries`);
}

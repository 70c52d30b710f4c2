/**
 * Steps `write-deposit-accounts` and `write-deposit-entries`. The file is right about accounts: it replaces what is there,
 * as when one is closed. An entry never changes: one that is there already is passed over when it is the same, and ends
 * the import when it is not.
 */
import type { Transaction } from '../../database/database.ts';
import { type Row, toBigInt, toText } from '../../database/values.ts';
import { tableWriter } from '../../items/table-writer.ts';
import { inGroups } from '../../ledger/in-groups.ts';
import type { DepositAccountRow, DepositEntryRow } from './deposit-rows.ts';
import { writeRowsStep } from './file-rows.ts';
import { malformed } from './malformed.ts';
import { openDepositAccountRows, openDepositEntryRows } from './row-source.ts';

export const writeDepositAccountsStep = writeRowsStep<DepositAccountRow>({
  name: 'write-deposit-accounts',
  open: openDepositAccountRows,
  writer({ database, source }) {
    const hasClosing = source.has('closed_on');
    const columns = ['id', 'product', 'opened_on', ...(hasClosing ? ['closed_on'] : [])];
    return tableWriter(
      database,
      { table: 'deposit_account', columns, mode: 'replace-values', keys: ['id'] },
      ({ id, product, openedOn, closedOn }) => [id, product, openedOn, ...(hasClosing ? [closedOn] : [])],
    );
  },
});

export const writeDepositEntriesStep = writeRowsStep<DepositEntryRow>({
  name: 'write-deposit-entries',
  open: openDepositEntryRows,
  writer({ database, parameters }) {
    const columns = ['id', 'account_id', 'value_date', 'amount'];
    const entries = tableWriter<DepositEntryRow>(
      database,
      { table: 'deposit_entry', columns },
      ({ id, accountId, valueDate, amount }) => [id, accountId, valueDate, amount],
    );
    return async (rows, tx) => await entries.write(await newEntries(tx, rows, parameters.require('file')), tx);
  },
});

/** Those that are not there yet. @throws SettleError MALFORMED_INPUT where an id is taken by a different entry */
async function newEntries(tx: Transaction, rows: readonly DepositEntryRow[], file: string): Promise<DepositEntryRow[]> {
  const known = new Map<bigint, string>();
  for (const ids of inGroups(rows.map(({ id }) => id.toString()))) {
    const found: Row[] = await tx('deposit_entry')
      .whereIn('id', ids)
      .select('id', 'account_id', 'value_date', 'amount');
    for (const row of found) {
      const content = contentOf(toBigInt(row.account_id), toText(row.value_date), toBigInt(row.amount));
      known.set(toBigInt(row.id), content);
    }
  }
  return rows.filter(({ line, id, accountId, valueDate, amount }) => {
    const content = contentOf(accountId, valueDate, amount);
    const other = known.get(id);
    if (other === undefined) known.set(id, content);
    else if (other !== content) {
      throw malformed(
        file,
        line,
        `id ${id} is taken by a different entry`,
        'nothing is overwritten: give the entry another id, or book the difference as an entry of its own',
      );
    }
    return other === undefined;
  });
}

function contentOf(accountId: bigint, valueDate: string, amount: bigint): string {
  return `${accountId} ${valueDate} ${amount}`;
}

/**
 * Steps `write-deposit-accounts` and `write-deposit-entries`. The file is right about accounts: it replaces what is there,
 * as when one is closed. An entry never changes: one that is there already is passed over when it is the same, and ends
 * the import when it is not.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import { type Row, toBigInt, toText } from '../../database/values.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { inGroups } from '../../ledger/in-groups.ts';
import type { DepositAccountRow, DepositEntryRow } from './deposit-rows.ts';
import { malformed } from './malformed.ts';
import { FILE_ROWS, openDepositAccountRows, openDepositEntryRows, type RowSource } from './row-source.ts';
import { ROWS_DONE } from './write-views.ts';

const CHUNK_ROWS = 10_000;

export const writeDepositAccountsStep = depositStep<DepositAccountRow>(
  'write-deposit-accounts',
  openDepositAccountRows,
  async (rows, tx, { database }, source) => {
    const hasClosing = source.has('closed_on');
    const columns = ['id', 'product', 'opened_on', ...(hasClosing ? ['closed_on'] : [])];
    const target: InsertTarget = { table: 'deposit_account', columns, mode: 'replace-values', keys: ['id'] };
    const values = rows.map(({ id, product, openedOn, closedOn }) => [
      id,
      product,
      openedOn,
      ...(hasClosing ? [closedOn] : []),
    ]);
    await bulkInsert(tx, database.dialect, target, values);
  },
);

export const writeDepositEntriesStep = depositStep<DepositEntryRow>(
  'write-deposit-entries',
  openDepositEntryRows,
  async (rows, tx, { database, parameters }) => {
    const fresh = await newEntries(tx, rows, parameters.require('file'));
    const target: InsertTarget = { table: 'deposit_entry', columns: ['id', 'account_id', 'value_date', 'amount'] };
    await bulkInsert(
      tx,
      database.dialect,
      target,
      fresh.map(({ id, accountId, valueDate, amount }) => [id, accountId, valueDate, amount]),
    );
  },
);

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

function depositStep<T>(
  name: string,
  open: (parameters: JobParameters, checked: ExecutionContext) => Promise<RowSource<T>>,
  writeRows: (rows: readonly T[], tx: Transaction, context: StepContext, source: RowSource<T>) => Promise<void>,
): ChunkStep {
  return {
    kind: 'chunk',
    name,
    chunkSize: CHUNK_ROWS,
    async open(context) {
      const { parameters, executionContext, jobContext } = context;
      let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
      const source = await open(parameters, jobContext);
      try {
        await source.skip(Number(rowsDone));
      } catch (error) {
        source.close();
        throw error;
      }
      const handlers: ChunkHandlers<ItemChunk<T>, readonly T[]> = {
        async read(limit) {
          const items = await source.read(limit);
          rowsDone += BigInt(items?.length ?? 0);
          return items === undefined ? undefined : { items, size: items.length };
        },
        process({ items, size }) {
          return { output: items, writeCount: size, filterCount: 0, processSkipCount: 0 };
        },
        async write(rows, tx) {
          await writeRows(rows, tx, context, source);
        },
        saveState(state) {
          state.put(ROWS_DONE, rowsDone);
        },
        async close() {
          source.close();
        },
      };
      const fileRows = jobContext.getLong(FILE_ROWS);
      return { ...handlers, totalExpected: fileRows === undefined ? undefined : Number(fileRows) };
    },
  };
}

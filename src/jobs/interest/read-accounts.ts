/** Reads the accounts of a range and their entries, a chunk at a time, each chunk as it is at one moment. */
import { ColumnBatch } from '../../database/column-batch.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { withRowReader } from '../../database/read-rows.ts';
import { readSnapshot } from '../../database/snapshot.ts';
import { type Row, toBigInt, toText, toTextOrNull } from '../../database/values.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { Chunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';

/** Entries that are held at once; more only where one account has more. */
const entriesMax = 200_000;
/** Entries that there is room for at first. */
const entriesHeld = 16_384;
/** Entries of no account that are told one by one, of a chunk. */
const orphansMax = 1_000;

export interface DepositAccount {
  readonly id: bigint;
  readonly product: string;
  /** YYYY-MM-DD */
  readonly openedOn: string;
  readonly closedOn: string | null;
}

/** Rows `from` to `to` (not inside) of the chunk's entries belong to the account. */
export interface AccountRows extends DepositAccount {
  readonly from: number;
  readonly to: number;
}

export interface AccountChunk extends Chunk {
  readonly accounts: readonly AccountRows[];
  /** By account, value date and id. */
  readonly entries: ColumnBatch;
}

/** Columns of `AccountChunk.entries`. */
export const entryColumns = { accountId: 0, valueDate: 1, id: 2, amount: 3 } as const;

const entriesSql =
  'SELECT account_id, value_date, id, amount FROM deposit_entry WHERE account_id BETWEEN ? AND ? ORDER BY account_id, value_date, id';

export class AccountReader {
  readonly #database: Database;
  readonly #toId: bigint;
  #nextId: bigint | undefined;
  readonly #entries = new ColumnBatch(
    [
      { name: 'account_id', type: 'int64', isRequired: true },
      { name: 'value_date', type: 'date', isRequired: true },
      { name: 'id', type: 'int64', isRequired: true },
      { name: 'amount', type: 'int64', isRequired: true },
    ],
    entriesHeld,
    { grows: true },
  );

  /** Both ends inside; from undefined: there is nothing left. */
  constructor(database: Database, fromId: bigint | undefined, toId: bigint) {
    this.#database = database;
    this.#nextId = fromId;
    this.#toId = toId;
  }

  /** Where the next chunk begins; undefined at the end of the range. */
  get nextId(): bigint | undefined {
    return this.#nextId;
  }

  /**
   * The next accounts, at most `limit`; undefined at the end of the range. Valid until the next call. Entries of no account
   * are in `skipped`; the last chunk may have nothing else.
   */
  async next(limit: number): Promise<AccountChunk | undefined> {
    const from = this.#nextId;
    if (from === undefined) return undefined;
    return await readSnapshot(this.#database, async (tx) => {
      let accounts = await selectAccounts(tx, from, this.#toId, limit);
      let to = accounts.length < limit ? this.#toId : accounts[accounts.length - 1].id;
      const ids = await this.#readEntries(tx, from, to, BigInt(entriesMax));
      if (this.#entries.size === entriesMax) {
        // The last account may have more entries: it comes in the next chunk, unless it is the first one.
        const cut = ids[this.#entries.size - 1];
        accounts = accounts.filter(({ id }) => id < cut);
        to = cut - 1n;
        if (accounts.length === 0) {
          to = cut;
          accounts = await selectAccounts(tx, from, to, 1);
          await this.#readEntries(tx, from, to, undefined);
        }
      }
      const { rows, skipped } = this.#assign(accounts, to);
      this.#nextId = to >= this.#toId ? undefined : to + 1n;
      if (rows.length === 0 && skipped.length === 0) return undefined;
      return { size: rows.length, accounts: rows, entries: this.#entries, skipped };
    });
  }

  async #readEntries(tx: Transaction, from: bigint, to: bigint, limit: bigint | undefined): Promise<BigInt64Array> {
    const entries = this.#entries;
    entries.clear();
    const [sql, bindings] =
      limit === undefined ? [entriesSql, [from, to]] : [`${entriesSql} LIMIT ?`, [from, to, limit]];
    await withRowReader(this.#database, tx, (reader) => reader.read(sql, bindings, entries));
    if (entries.unreadable !== undefined) throw unreadableEntry(entries);
    return entries.int64(entryColumns.accountId).values;
  }

  /** Which rows are whose. Rows behind `to` are left alone. */
  #assign(accounts: readonly DepositAccount[], to: bigint): { rows: AccountRows[]; skipped: SkippedRecord[] } {
    const owners = this.#entries.int64(entryColumns.accountId).values;
    const { size } = this.#entries;
    const skipped: SkippedRecord[] = [];
    let row = 0;
    const passOrphans = (before: bigint) => {
      for (; row < size && owners[row] < before; row++) {
        if (skipped.length < orphansMax) skipped.push(this.#orphan(row));
      }
    };
    const rows = accounts.map((account): AccountRows => {
      passOrphans(account.id);
      const from = row;
      while (row < size && owners[row] === account.id) row++;
      return { ...account, from, to: row };
    });
    passOrphans(to + 1n);
    return { rows, skipped };
  }

  #orphan(row: number): SkippedRecord {
    const [id, accountId, amount] = [entryColumns.id, entryColumns.accountId, entryColumns.amount].map((column) =>
      String(this.#entries.int64(column).values[row]),
    );
    return {
      phase: 'read',
      key: `entry ${id}`,
      payload: JSON.stringify({ id, accountId, amount }),
      error: `entry ${id} is of account ${accountId}, which deposit_account does not have`,
    };
  }
}

async function selectAccounts(tx: Transaction, from: bigint, to: bigint, limit: number): Promise<DepositAccount[]> {
  const rows: Row[] = await tx('deposit_account')
    .whereBetween('id', [from.toString(), to.toString()])
    .orderBy('id')
    .limit(limit)
    .select('id', 'product', 'opened_on', 'closed_on');
  return rows.map((row) => ({
    id: toBigInt(row.id),
    product: toText(row.product),
    openedOn: toText(row.opened_on),
    closedOn: toTextOrNull(row.closed_on),
  }));
}

function unreadableEntry(entries: ColumnBatch): SettleError {
  const { row, column, value } = entries.unreadable!;
  const before =
    row === 0
      ? 'the first entry read'
      : `the entry after that with id ${entries.int64(entryColumns.id).values[row - 1]}`;
  return new SettleError(
    'UNREADABLE_VALUE',
    ExitCode.usage,
    `deposit_entry.${entries.specs[column].name} of ${before} is ${JSON.stringify(value.slice(0, 60))}, which settle cannot use`,
    { hint: 'correct the row, then start the run again: it continues from its last checkpoint' },
  );
}

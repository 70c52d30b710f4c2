/**
 * Inserts views beside other programs that insert into view_log. Rows without ids are numbered in the transaction that
 * writes them, from the largest id on. An id that is taken meanwhile is no fault of the file: the chunk is tried again.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { isPrimaryKeyClash } from '../../database/errors.ts';
import { toBigInt } from '../../database/values.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { toValues, type ViewValues } from './new-views.ts';
import { viewLogTarget } from './view-log-target.ts';
import type { ViewRow } from './view-row.ts';

/** The error of an id that another program has taken since it was looked up: trying the chunk again helps. */
export const VIEW_IDS_TAKEN = 'VIEW_IDS_TAKEN';
const ID_MAX = 2n ** 63n - 1n;

/** Rows that have their ids. Throws VIEW_IDS_TAKEN, or the driver's error. */
export async function insertViews(database: Database, tx: Transaction, views: readonly ViewValues[]): Promise<void> {
  try {
    await bulkInsert(tx, database.dialect, viewLogTarget, views);
  } catch (error) {
    throw isPrimaryKeyClash(error) ? idsTaken(error) : error;
  }
}

/** Ids of rows that were written, both inside. */
export interface IdRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Rows without ids; returns those that they got. Throws VIEW_IDS_TAKEN, IDS_EXHAUSTED, or the driver's error. */
export async function insertNumbered(database: Database, tx: Transaction, rows: readonly ViewRow[]): Promise<IdRange> {
  const newest = await tx('view_log').max({ id: 'id' }).first();
  const largest = newest?.id == null ? 0n : toBigInt(newest.id);
  const first = largest < 0n ? 1n : largest + 1n;
  if (first + BigInt(rows.length) - 1n > ID_MAX) throw noIdsLeft();
  const views = rows.map((row, index) => toValues(row, first + BigInt(index)));
  // The ends come first, in one statement: whoever counts up from the largest id, or lets the server do so (which counts
  // on from the largest it has seen), then meets or passes all of them, not those that are not written yet.
  const last = views.length > 1 ? views.slice(-1) : [];
  await insertViews(database, tx, [views[0], ...last]);
  await insertViews(database, tx, views.slice(1, -1));
  return { first, last: first + BigInt(rows.length) - 1n };
}

function idsTaken(cause: unknown): SettleError {
  return new SettleError(VIEW_IDS_TAKEN, ExitCode.failed, 'another program took ids of view_log at the same time', {
    hint: 'start the run again: it continues from its last checkpoint',
    cause,
  });
}

function noIdsLeft(): SettleError {
  return new SettleError('IDS_EXHAUSTED', ExitCode.usage, 'view_log has no ids left after its largest one', {
    hint: 'give the file an id column',
  });
}

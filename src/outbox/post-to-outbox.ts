/**
 * The outbox: notifications that commit together with what they tell of. The relay reads them by ascending id; so an id
 * must never become visible after a higher one, and the lock of the counter is held from here to the commit: add to the
 * outbox last in a transaction.
 */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { InsertTarget } from '../database/dialect.ts';
import { lockRow } from '../database/lock-row.ts';
import { type SqlValue, toBigInt } from '../database/values.ts';

const target: InsertTarget = { table: 'settle_outbox', columns: ['id', 'topic', 'key', 'payload', 'created_at'] };

export interface Notification {
  readonly topic: string;
  /** Messages of one key are delivered in the order of their ids. At most 190 characters. */
  readonly key: string;
  /** JSON. */
  readonly payload: string;
}

/**
 * As `addToOutbox`, for jobs of others. Call it last in the transaction that makes what the messages tell of: they are
 * delivered after its commit, and never without it.
 */
export async function postToOutbox(
  tx: Transaction,
  database: Database,
  messages: readonly Notification[],
): Promise<void> {
  await addToOutbox(database, tx, messages.length, messages);
}

/** @param count how many there are; they may be made while they are asked for */
export async function addToOutbox(
  database: Database,
  tx: Transaction,
  count: number,
  notifications: Iterable<Notification>,
): Promise<void> {
  if (count === 0) return;
  const { dialect } = database;
  const row = await lockRow(tx, 'settle_outbox_next', { singleton: 1 }, { columns: ['next_id'] });
  const first = toBigInt(row?.next_id);
  await tx.raw(`UPDATE settle_outbox_next SET next_id = ${first + BigInt(count)} WHERE singleton = 1`);
  const createdAt = await dialect.now(tx);
  await bulkInsert(tx, dialect, target, outboxRows(first, notifications, createdAt));
}

function* outboxRows(first: bigint, notifications: Iterable<Notification>, createdAt: string): Generator<SqlValue[]> {
  let id = first;
  for (const { topic, key, payload } of notifications) yield [id++, topic, key, payload, createdAt];
}

/** Inserts a batch on MariaDB by its bulk protocol, as insert-rows-mariadb.ts does rows; what it cannot say goes as text. */
import type { ColumnBatch } from './column-batch.ts';
import { ColumnPacket } from './column-packet.ts';
import { sqlRowAt } from './column-values.ts';
import type { Executor } from './connection.ts';
import type { InsertSyntax } from './dialect.ts';
import { insertServerColumns } from './insert-columns-server.ts';
import { prepareRow } from './insert-rows-mariadb.ts';
import { insertServerRows } from './insert-rows-server.ts';
import { type BulkConnection, executeBulk, HEADER_BYTES, PACKET_BYTES_MAX, takesBulk } from './mysql2-bulk-seam.ts';
import { withRawConnection } from './raw-connection.ts';

/** Fewer are not worth a round trip for preparing the statement. */
const ROWS_MIN = 50;
const PACKET_BYTES = 256 * 1024;
/** A row that is larger is sent by itself, as text: the whole packet has to be smaller than the protocol's. */
const ROW_BYTES_MAX = PACKET_BYTES_MAX - 2 * PACKET_BYTES;
/** A packet that had to grow beyond this for a large row is not kept. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/** The memory of the last packets: a connection has one batch under way at a time. */
const packets = new WeakMap<BulkConnection, [ColumnPacket, ColumnPacket]>();

export async function insertMariadbColumns(
  executor: Executor,
  syntax: InsertSyntax,
  batch: ColumnBatch,
): Promise<void> {
  const isDone = await withRawConnection(executor, async (connection: BulkConnection) => {
    if (batch.size < ROWS_MIN || !takesBulk(connection)) return false;
    await sendRows(connection, executor, syntax, batch);
    return true;
  });
  if (!isDone) await insertServerColumns(executor, syntax, batch);
}

/** While the server has one packet the next one is made; it is sent when the answer is there and good. */
async function sendRows(
  connection: BulkConnection,
  executor: Executor,
  syntax: InsertSyntax,
  batch: ColumnBatch,
): Promise<void> {
  const { sql, id } = await prepareRow(connection, syntax, batch.specs.length);
  const pair = packets.get(connection) ?? [newPacket(), newPacket()];
  // Until it is done nobody else may write to this memory.
  packets.delete(connection);
  let answer: Promise<void> = Promise.resolve();
  try {
    for (let row = 0, turn = 0; row < batch.size; turn = 1 - turn) {
      const packet = pair[turn];
      packet.begin(id, batch);
      row = packet.fill(batch, row, ROW_BYTES_MAX);
      await answer;
      if (packet.isEmpty) {
        await insertServerRows(executor, syntax, [sqlRowAt(batch, row)]);
        row++;
        continue;
      }
      answer = executeBulk(connection, sql, packet.bytes);
      // Thrown where it is awaited.
      answer.catch(() => undefined);
    }
  } finally {
    await answer;
  }
  if (pair.every(({ capacity }) => capacity <= KEPT_BYTES_MAX)) packets.set(connection, pair);
}

function newPacket(): ColumnPacket {
  return new ColumnPacket(HEADER_BYTES, PACKET_BYTES);
}

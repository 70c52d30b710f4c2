/**
 * Inserts on MariaDB by its bulk protocol: the rows as binary parameters of one prepared row. The server parses no text,
 * which takes a third off its work (docs/decisions/0014-bulk-writes.md). Few rows, and what the protocol cannot say, go
 * as text: insert-rows-server.ts.
 */
import { BulkPacket, parameterKinds } from './bulk-packet.ts';
import type { Executor } from './database.ts';
import type { InsertSyntax } from './dialect.ts';
import { insertServerRows } from './insert-rows-server.ts';
import {
  type BulkConnection,
  executeBulk,
  HEADER_BYTES,
  PACKET_BYTES_MAX,
  prepareBulk,
  takesBulk,
} from './mysql2-bulk-seam.ts';
import { withRawConnection } from './raw-connection.ts';
import type { SqlValue } from './values.ts';

/** Fewer are not worth a round trip for preparing the statement. */
const ROWS_MIN = 50;
/** Large enough that round trips do not count, small enough for the caches and for any `max_allowed_packet`. */
const PACKET_BYTES = 256 * 1024;
/** A packet that had to grow beyond this for a large row is not kept. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/** The memory of the last packet: a connection has one command under way at a time. */
const packets = new WeakMap<BulkConnection, BulkPacket>();

export async function insertMariadbRows(
  executor: Executor,
  syntax: InsertSyntax,
  columnCount: number,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const kinds = rows.length < ROWS_MIN ? undefined : parameterKinds(rows, columnCount);
  if (kinds === undefined) return await insertServerRows(executor, syntax, rows);
  await withRawConnection(executor, async (connection: BulkConnection) => {
    if (!takesBulk(connection)) return await insertServerRows(executor, syntax, rows);
    const sql = `${syntax.head}(${kinds.map(() => '?').join(',')})${syntax.tail}`;
    const statementId = await prepareBulk(connection, sql);
    const packet = packets.get(connection) ?? new BulkPacket(HEADER_BYTES, PACKET_BYTES);
    // Until it is done nobody else may write to this memory.
    packets.delete(connection);
    for (let first = 0; first < rows.length; ) {
      const { bytes, next } = packet.fill(statementId, kinds, rows, first);
      if (bytes.length <= PACKET_BYTES_MAX) await executeBulk(connection, sql, bytes);
      else await insertServerRows(executor, syntax, rows.slice(first, next));
      first = next;
    }
    if (packet.capacity <= KEPT_BYTES_MAX) packets.set(connection, packet);
  });
}

/**
 * Inserts on MariaDB by its bulk protocol: the rows as binary parameters of one prepared row. The server parses no text,
 * which takes a third off its work (docs/decisions/0014-bulk-writes.md). Few rows, and what the protocol cannot say, go
 * as text: insert-rows-server.ts.
 */
import { BulkPacket, joinKinds, type ParameterKind, parameterKinds } from './bulk-packet.ts';
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
/** So many are looked at before they are written: rows may be made while they are asked for, and are not held. */
const ROWS_AT_ONCE = 256;
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
  rows: Iterable<readonly SqlValue[]>,
): Promise<void> {
  const batches = batchesOf(rows);
  const { value: first = [] } = batches.next();
  if (first.length < ROWS_MIN) return await insertServerRows(executor, syntax, first);
  await withRawConnection(executor, async (connection: BulkConnection) => {
    if (!takesBulk(connection)) {
      await insertServerRows(executor, syntax, first);
      for (const batch of batches) await insertServerRows(executor, syntax, batch);
      return;
    }
    const sql = `${syntax.head}(${new Array(columnCount).fill('?').join(',')})${syntax.tail}`;
    const writer = new BulkWriter(executor, syntax, connection, sql, await prepareBulk(connection, sql));
    await writer.write(first, columnCount);
    for (const batch of batches) await writer.write(batch, columnCount);
    await writer.end();
  });
}

function* batchesOf(rows: Iterable<readonly SqlValue[]>): Generator<readonly (readonly SqlValue[])[]> {
  let batch: (readonly SqlValue[])[] = [];
  for (const row of rows) {
    if (batch.push(row) < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Rows of one INSERT as packets. */
class BulkWriter {
  readonly #executor: Executor;
  readonly #syntax: InsertSyntax;
  readonly #connection: BulkConnection;
  readonly #sql: string;
  readonly #statementId: number;
  readonly #packet: BulkPacket;
  #kinds: readonly ParameterKind[] | undefined;
  /** Of a packet without rows. */
  #emptyLength = 0;

  constructor(executor: Executor, syntax: InsertSyntax, connection: BulkConnection, sql: string, statementId: number) {
    this.#executor = executor;
    this.#syntax = syntax;
    this.#connection = connection;
    this.#sql = sql;
    this.#statementId = statementId;
    this.#packet = packets.get(connection) ?? new BulkPacket(HEADER_BYTES, PACKET_BYTES);
    // Until it is done nobody else may write to this memory.
    packets.delete(connection);
  }

  async write(batch: readonly (readonly SqlValue[])[], columnCount: number): Promise<void> {
    const kinds = parameterKinds(batch, columnCount);
    if (kinds === undefined) return await this.#writeText(batch);
    await this.#useKinds(kinds);
    for (const row of batch) {
      const { length } = this.#packet;
      this.#packet.add(row);
      if (this.#packet.length > PACKET_BYTES_MAX) {
        this.#packet.cut(length);
        await this.#writeText([row]);
      } else if (this.#packet.isFull) await this.#send();
    }
  }

  async end(): Promise<void> {
    await this.#send();
    if (this.#packet.capacity <= KEPT_BYTES_MAX) packets.set(this.#connection, this.#packet);
  }

  /** What the protocol cannot say, after all that came before it. */
  async #writeText(rows: readonly (readonly SqlValue[])[]): Promise<void> {
    await this.#send();
    await insertServerRows(this.#executor, this.#syntax, rows);
  }

  async #useKinds(kinds: readonly ParameterKind[]): Promise<void> {
    const joined = this.#kinds === undefined ? kinds : joinKinds(this.#kinds, kinds);
    if (joined === this.#kinds) return;
    await this.#send();
    this.#kinds = joined;
    this.#begin(joined);
  }

  async #send(): Promise<void> {
    if (this.#kinds === undefined || this.#packet.length === this.#emptyLength) return;
    await executeBulk(this.#connection, this.#sql, this.#packet.bytes);
    this.#begin(this.#kinds);
  }

  #begin(kinds: readonly ParameterKind[]): void {
    this.#packet.begin(this.#statementId, kinds);
    this.#emptyLength = this.#packet.length;
  }
}

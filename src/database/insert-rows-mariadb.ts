/**
 * Inserts on MariaDB by its bulk protocol: the rows as binary parameters of one prepared row. The server parses no text,
 * which takes a third off its work (docs/decisions/0014-bulk-writes.md). Few rows, and what the protocol cannot say, go
 * as text: insert-rows-server.ts.
 *
 * While the server has one packet the next one is made, of the same INSERT or of the one after it; it is sent when the
 * answer is there and good: rows sent behind a failure would be written where there is no transaction.
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

/** The memory of the last packets: a connection has one list of rows under way at a time. */
const packets = new WeakMap<BulkConnection, PacketPair>();

/** Statements that are prepared, by their text: as many as there are tables and ways to write them. */
const statementIds = new WeakMap<BulkConnection, Map<string, number>>();

type PacketPair = readonly [BulkPacket, BulkPacket];

/** Rows of one INSERT. */
export interface MariadbRows {
  readonly syntax: InsertSyntax;
  readonly columnCount: number;
  readonly rows: Iterable<readonly SqlValue[]>;
}

/** Inserts one after the other; after a failure no further one. */
export async function insertMariadbRows(executor: Executor, inserts: readonly MariadbRows[]): Promise<void> {
  await withRawConnection(executor, async (connection: BulkConnection) => {
    const isBulk = takesBulk(connection);
    const sender = new BulkSender(connection);
    try {
      for (const { syntax, columnCount, rows } of inserts) {
        const batches = batchesOf(rows);
        const { value: first = [] } = batches.next();
        if (isBulk && first.length >= ROWS_MIN) {
          const writer = new BulkWriter(executor, syntax, sender, await prepareRow(connection, syntax, columnCount));
          await writer.write(first, columnCount);
          for (const batch of batches) await writer.write(batch, columnCount);
          await writer.end();
        } else if (first.length > 0) {
          await sender.answered();
          await insertServerRows(executor, syntax, first);
          for (const batch of batches) await insertServerRows(executor, syntax, batch);
        }
      }
    } finally {
      await sender.end();
    }
  });
}

export interface BulkStatement {
  readonly sql: string;
  readonly id: number;
}

/** Remembered here, because the driver, which remembers too, answers only when what is under way is done. */
export async function prepareRow(
  connection: BulkConnection,
  { head, tail }: InsertSyntax,
  columnCount: number,
): Promise<BulkStatement> {
  const sql = `${head}(${new Array(columnCount).fill('?').join(',')})${tail}`;
  let known = statementIds.get(connection);
  if (known === undefined) {
    known = new Map();
    statementIds.set(connection, known);
  }
  const id = known.get(sql) ?? (await prepareBulk(connection, sql));
  known.set(sql, id);
  return { sql, id };
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

/** Two packets by turns: one is filled while the other is under way. */
class BulkSender {
  readonly #connection: BulkConnection;
  readonly #pair: PacketPair;
  #filled = 0;
  #answer: Promise<void> | undefined;

  constructor(connection: BulkConnection) {
    this.#connection = connection;
    this.#pair = packets.get(connection) ?? [newPacket(), newPacket()];
    // Until it is done nobody else may write to this memory.
    packets.delete(connection);
  }

  /** The one to fill. */
  get packet(): BulkPacket {
    return this.#pair[this.#filled];
  }

  /** Sends the packet when the one before it was taken well; `packet` is then the other one. */
  async send(sql: string): Promise<void> {
    await this.answered();
    this.#answer = executeBulk(this.#connection, sql, this.packet.bytes);
    // Thrown where it is awaited.
    this.#answer.catch(() => undefined);
    this.#filled = 1 - this.#filled;
  }

  /** @throws what the server, or the driver, said to the last packet */
  async answered(): Promise<void> {
    await this.#answer;
  }

  async end(): Promise<void> {
    await this.#answer;
    if (this.#pair.every(({ capacity }) => capacity <= KEPT_BYTES_MAX)) packets.set(this.#connection, this.#pair);
  }
}

function newPacket(): BulkPacket {
  return new BulkPacket(HEADER_BYTES, PACKET_BYTES);
}

/** Rows of one INSERT as packets. */
class BulkWriter {
  readonly #executor: Executor;
  readonly #syntax: InsertSyntax;
  readonly #sender: BulkSender;
  readonly #statement: BulkStatement;
  #kinds: readonly ParameterKind[] | undefined;
  /** Of a packet without rows. */
  #emptyLength = 0;

  constructor(executor: Executor, syntax: InsertSyntax, sender: BulkSender, statement: BulkStatement) {
    this.#executor = executor;
    this.#syntax = syntax;
    this.#sender = sender;
    this.#statement = statement;
  }

  async write(batch: readonly (readonly SqlValue[])[], columnCount: number): Promise<void> {
    const kinds = parameterKinds(batch, columnCount);
    if (kinds === undefined) return await this.#writeText(batch);
    await this.#useKinds(kinds);
    for (const row of batch) {
      const { packet } = this.#sender;
      const { length } = packet;
      packet.add(row);
      if (packet.length > PACKET_BYTES_MAX) {
        packet.cut(length);
        await this.#writeText([row]);
      } else if (packet.isFull) await this.end();
    }
  }

  /** Sends what has been written; its answer may still be awaited. */
  async end(): Promise<void> {
    if (this.#kinds === undefined || this.#sender.packet.length === this.#emptyLength) return;
    await this.#sender.send(this.#statement.sql);
    this.#begin(this.#kinds);
  }

  /** What the protocol cannot say, after all that came before it. */
  async #writeText(rows: readonly (readonly SqlValue[])[]): Promise<void> {
    await this.end();
    await this.#sender.answered();
    await insertServerRows(this.#executor, this.#syntax, rows);
  }

  async #useKinds(kinds: readonly ParameterKind[]): Promise<void> {
    const joined = this.#kinds === undefined ? kinds : joinKinds(this.#kinds, kinds);
    if (joined === this.#kinds) return;
    await this.end();
    this.#kinds = joined;
    this.#begin(joined);
  }

  #begin(kinds: readonly ParameterKind[]): void {
    this.#sender.packet.begin(this.#statement.id, kinds);
    this.#emptyLength = this.#sender.packet.length;
  }
}

/**
 * The second seam to mysql2's internals, all of it: MariaDB's COM_STMT_BULK_EXECUTE, a prepared statement with the
 * parameters of many rows in one packet, which mysql2 does not know. What it relies on
 * (test/integration/database/mysql2-bulk-seam.test.ts holds it):
 *  - the `_command` of a new connection is its handshake, which reads its own `mariadbExtendedClientFlags` when it
 *    answers, and keeps the server's greeting as `handshake`, later the connection's `_handshakePacket`;
 *  - `addCommand` takes whatever has `execute(packet, connection)`, called first without a packet, true at the end;
 *    and `onResult`, which is told when the connection is lost;
 *  - `connection.sequenceId` is the number that the next packet is to carry, and `write` sends bytes as they are.
 */

/** Capability bits of MariaDB beyond the 32 of MySQL. */
const BULK_OPERATIONS = 0x04;
const EXTENDED_METADATA = 0x08;
/** Length and sequence number, before the payload. */
export const HEADER_BYTES = 4;
/** A longer payload would have to be sent as several packets. */
export const PACKET_BYTES_MAX = HEADER_BYTES + 0xff_fffe;

interface Greeting {
  readonly mariadbExtendedCapabilityFlags?: number;
}

interface Handshake {
  mariadbExtendedClientFlags?: number;
  readonly handshake?: Greeting | null;
}

interface Packet {
  isError(): boolean;
  asError(encoding: string): Error;
}

interface Statement {
  readonly id: number;
}

/** A mysql2 connection, as far as it is used here. */
export interface BulkConnection {
  readonly _command?: object | null;
  readonly _handshakePacket?: Greeting | null;
  readonly clientEncoding: string;
  sequenceId: number;
  addCommand(command: BulkCommand): unknown;
  write(bytes: Uint8Array): void;
  prepare(sql: string, done: (error: unknown, statement: Statement) => void): unknown;
}

const offered = new WeakSet<object>();

/** To be called at once for a new connection: tells the server, if it is one that asks, that bulk commands may come. */
export function offerBulk(connection: object): void {
  const { _command: handshake }: { readonly _command?: Handshake | null } = connection;
  if (typeof handshake?.mariadbExtendedClientFlags !== 'number') return;
  let flags = handshake.mariadbExtendedClientFlags;
  Object.defineProperty(handshake, 'mariadbExtendedClientFlags', {
    get: () => (offers(handshake.handshake) ? flags | BULK_OPERATIONS : flags),
    set: (value: number) => {
      flags = value;
    },
  });
  offered.add(connection);
}

/** Whether the server takes bulk commands on this connection. Not with MySQL, nor through a proxy that knows none. */
export function takesBulk(connection: BulkConnection): boolean {
  return offered.has(connection) && offers(connection._handshakePacket);
}

/** mysql2 sends the further flags only to a server that it asks for extended metadata. */
function offers(greeting: Greeting | null | undefined): boolean {
  const both = BULK_OPERATIONS | EXTENDED_METADATA;
  return ((greeting?.mariadbExtendedCapabilityFlags ?? 0) & both) === both;
}

/** Prepared once a connection: mysql2 remembers statements by their text. Resolves to the statement's id. */
export function prepareBulk(connection: BulkConnection, sql: string): Promise<number> {
  return new Promise((resolve, reject) => {
    connection.prepare(sql, (error, statement) => (error ? reject(error) : resolve(statement.id)));
  });
}

/**
 * Sends a command and waits for its answer. `packet`, at most `PACKET_BYTES_MAX`, has room for the header at its start;
 * its memory must stay as it is until then. Rejects with the server's or the driver's error.
 */
export function executeBulk(connection: BulkConnection, sql: string, packet: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.addCommand(new BulkCommand(sql, packet, (error) => (error ? reject(error) : resolve())));
  });
}

class BulkCommand {
  /** Errors carry it, as those of mysql2's own commands. */
  readonly sql: string;
  readonly onResult: (error?: unknown) => void;
  readonly #packet: Buffer;
  #isSent = false;

  constructor(sql: string, packet: Buffer, onResult: (error?: unknown) => void) {
    this.sql = sql;
    this.#packet = packet;
    this.onResult = onResult;
  }

  execute(answer: Packet | undefined, connection: BulkConnection): boolean {
    if (!this.#isSent) {
      this.#isSent = true;
      this.#packet.writeUIntLE(this.#packet.length - HEADER_BYTES, 0, 3);
      this.#packet[3] = 0;
      connection.sequenceId = 1;
      connection.write(this.#packet);
      return false;
    }
    if (answer?.isError()) this.onResult(Object.assign(answer.asError(connection.clientEncoding), { sql: this.sql }));
    else this.onResult();
    return true;
  }
}

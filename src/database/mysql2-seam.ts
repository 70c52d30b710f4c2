/**
 * The seam to mysql2's internals, all of it: reading a result set from the bytes of the socket instead of through a
 * Packet and an object for each row. What it relies on (test/integration/database/mysql2-seam.test.ts holds it):
 *  - the socket's data handler calls `connection.packetParser.execute(bytes)`, looked up anew for each piece;
 *  - an Execute command calls its own `buildParserFromFields(definitions)` when the column definitions have ended;
 *  - `connection.sequenceId` is the number that the next packet is to carry.
 * The parser is put aside for one command. It is still given every packet that is no row, so that mysql2 goes through
 * its usual states, keeps its queue of commands, and reports errors and lost connections as it always does.
 */
import type { Connection, ExecuteValues } from 'mysql2';
import { ExitCode, SettleError } from '../errors.ts';
import type { ColumnDefinition } from './binary-columns.ts';
import type { ServerStream } from './server-stream.ts';

/** Takes the rows; `decode` as BinaryRows has it. */
export interface RowTarget {
  readonly rows: number;
  decode(bytes: Uint8Array, at: number): number;
}

interface PacketParser {
  execute(bytes: Buffer): void;
}

interface Internals {
  readonly stream: ServerStream;
  packetParser: PacketParser;
  sequenceId: number;
}

/** Makes the parser of a result's rows, when its column definitions have come. */
type BuildParser = (definitions: readonly ColumnDefinition[]) => new () => unknown;

/** Thrown when mysql2 did not go the way described above; nothing is wrong with the data or the connection. */
export class SeamMovedError extends Error {
  override readonly name = 'SeamMovedError';
}

/** Whether this connection looks as the seam needs it. */
export function seamFits(connection: Connection): connection is Connection & Internals {
  const { packetParser, sequenceId }: Connection & Partial<Internals> = connection;
  return typeof packetParser?.execute === 'function' && typeof sequenceId === 'number';
}

/**
 * Runs a prepared statement and lets the target that `begin` makes decode its rows. Resolves after the last row;
 * rejects with the server's or the driver's error, or with what `begin` threw (the rows are then read over).
 * An error out of `decode` destroys the connection, because nobody knows where the next packet begins.
 * A connection that is lost, at whatever point, rejects.
 */
export function executeIntoTarget(
  connection: Connection,
  sql: string,
  values: ExecuteValues,
  begin: (definitions: readonly ColumnDefinition[]) => RowTarget,
): Promise<void> {
  if (!seamFits(connection)) return Promise.reject(new SeamMovedError('mysql2 has no packet parser of this kind'));
  const internals: Internals = connection;
  const original = internals.packetParser;
  return new Promise<void>((resolve, reject) => {
    let beginError: unknown;
    let begun = false;
    let rowsMissed = 0;
    const settle = (error: unknown) => {
      internals.packetParser = original;
      internals.stream.tap = undefined;
      if (error) reject(error);
      else if (beginError !== undefined) reject(beginError);
      else if (!begun) reject(new SeamMovedError('mysql2 did not hand over its column definitions'));
      else if (rowsMissed > 0) reject(new SeamMovedError(`mysql2 received ${rowsMissed} rows itself`));
      else resolve();
    };
    const tap = new RowTap(internals, original, (error) => {
      connection.destroy();
      settle(error);
      // What still arrives begins in the middle of a packet: mysql2 must not see it.
      internals.packetParser = { execute() {} };
    });
    internals.packetParser = tap;
    // Where the socket is ours it hands its bytes over in place; elsewhere (TLS) they come by way of mysql2's handler.
    internals.stream.tap = (bytes) => internals.packetParser.execute(bytes);
    const buildParserFromFields: BuildParser = (definitions) => {
      begun = true;
      try {
        tap.begin(begin(definitions));
      } catch (error) {
        beginError = error;
        tap.begin(new SkippedRows());
      }
      // mysql2's own row parser, which never gets to see a row. Should it, it reads over them: the connection stays usable.
      return class {
        next() {
          rowsMissed++;
        }
      };
    };
    Object.assign(connection.execute(sql, values, settle), { buildParserFromFields });
  });
}

/** Stands in for mysql2's packet parser: rows go to the target, everything else goes on to mysql2. */
class RowTap implements PacketParser {
  readonly #internals: Internals;
  readonly #original: PacketParser;
  readonly #broken: (error: unknown) => void;
  #target: RowTarget | undefined;
  /** Sequence number of the first row. */
  #sequenceStart = 0;
  /** The beginning of a packet whose end has not come yet. */
  #partial = Buffer.allocUnsafe(1024);
  #partialLength = 0;

  constructor(internals: Internals, original: PacketParser, broken: (error: unknown) => void) {
    this.#internals = internals;
    this.#original = original;
    this.#broken = broken;
  }

  begin(target: RowTarget): void {
    this.#target = target;
    // Called while mysql2 works on the packet before the first row: it has counted that one already.
    this.#sequenceStart = this.#internals.sequenceId;
  }

  /** Called by the socket's data handler, which cannot take an exception. */
  execute(bytes: Buffer): void {
    try {
      let at = this.#partialLength === 0 ? 0 : this.#completePartial(bytes);
      while (at < bytes.length) {
        if (this.#internals.packetParser !== this) {
          // The command has ended and mysql2's parser is back: what follows is its business.
          this.#original.execute(Buffer.from(bytes.subarray(at)));
          break;
        }
        if (this.#target !== undefined) at = this.#target.decode(bytes, at);
        const length = bytes.length - at;
        const total = length < 4 ? 4 : packetLength(bytes, at);
        if (length < total) {
          this.#keepPartial(bytes.subarray(at));
          break;
        }
        this.#passOn(Buffer.from(bytes.subarray(at, at + total)));
        at += total;
      }
    } catch (error) {
      this.#broken(error);
    }
  }

  /** Adds what is missing of the kept packet and handles it. Returns how many bytes of the new piece that took. */
  #completePartial(bytes: Buffer): number {
    let taken = 0;
    while (this.#partialLength < 4 && taken < bytes.length) this.#partial[this.#partialLength++] = bytes[taken++];
    if (this.#partialLength < 4) return taken;
    const total = packetLength(this.#partial, 0);
    const missing = Math.min(total - this.#partialLength, bytes.length - taken);
    this.#keepPartial(bytes.subarray(taken, taken + missing));
    taken += missing;
    if (this.#partialLength < total) return taken;

    const packet = this.#partial.subarray(0, total);
    this.#partialLength = 0;
    if (this.#target === undefined || this.#target.decode(packet, 0) === 0) this.#passOn(Buffer.from(packet));
    return taken;
  }

  #keepPartial(bytes: Buffer): void {
    const length = this.#partialLength + bytes.length;
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(length * 2);
      this.#partial.copy(larger, 0, 0, this.#partialLength);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialLength);
    this.#partialLength = length;
  }

  /** Gives mysql2 a packet that is no row, in memory of its own: it may keep it, as column definitions do. After rows it is the last one: end of rows, or an error. */
  #passOn(packet: Buffer): void {
    const target = this.#target;
    if (target !== undefined) {
      this.#target = undefined;
      const sequence = (this.#sequenceStart + target.rows) & 0xff;
      if (packet[3] !== sequence) throw new Error(`packet ${packet[3]} came where ${sequence} was due: rows are lost`);
      this.#internals.sequenceId = sequence;
      this.#internals.packetParser = this.#original;
    }
    this.#original.execute(packet);
  }
}

/** Reads over the rows of a result set that nobody can take. */
class SkippedRows implements RowTarget {
  rows = 0;
  decode(bytes: Uint8Array, at: number): number {
    while (at + 5 <= bytes.length && bytes[at + 4] === 0) {
      const next = at + packetLength(bytes, at);
      if (next > bytes.length) break;
      this.rows++;
      at = next;
    }
    return at;
  }
}

/** Of the whole packet that begins at `at`, its header included. */
function packetLength(bytes: Uint8Array, at: number): number {
  const payload = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
  if (payload === 0xffffff) {
    throw new SettleError('ROW_TOO_LARGE', ExitCode.usage, 'a row has more than 16 MB', {
      hint: 'SETTLE_PLAIN_SCAN=1 reads it, slowly',
    });
  }
  return payload + 4;
}

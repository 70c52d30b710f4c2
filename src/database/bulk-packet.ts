/**
 * Rows as MariaDB's COM_STMT_BULK_EXECUTE has them: the types of the columns once, then for each value a byte that says
 * whether it is NULL, and the value. Knows bytes; knows nothing of connections (mysql2-bulk-seam.ts).
 */
import type { SqlValue } from './values.ts';

/** How all values of a column are sent; one that may be sent as several is sent as the last of them. */
export type ParameterKind = typeof INT32 | typeof INT64 | typeof TEXT | typeof BYTES;
export const INT32 = 0;
export const INT64 = 1;
export const TEXT = 2;
export const BYTES = 3;

/** Protocol numbers of the types, by kind: LONG, LONGLONG, VAR_STRING, BLOB. */
const TYPES = [3, 8, 253, 252];
const COMMAND = 0xfa;
const SEND_TYPES = 128;
const FOLLOWS = 0;
const IS_NULL = 1;

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const TWO_32 = 4_294_967_296;
/** UTF-16 units whose UTF-8, at most three bytes each, has a length that fits one byte. */
const SHORT_TEXT = 83;
/** Up to here a loop over the characters is faster than a call out of JavaScript. */
const TINY_TEXT = 32;

/**
 * How each column can be sent without changing what the server makes of it: integers of 32 and 64 bits as such, other
 * numbers and larger integers as text, which is exact for DECIMAL too. Undefined when a column has bytes and other
 * values. Throws a RangeError for a number that is not finite, a TypeError for a row of another length or an unknown
 * value.
 */
export function parameterKinds(
  rows: readonly (readonly SqlValue[])[],
  columnCount: number,
): ParameterKind[] | undefined {
  const largest = new Uint8Array(columnCount);
  const hasBytes = new Uint8Array(columnCount);
  const hasOthers = new Uint8Array(columnCount);
  for (const row of rows) {
    if (row.length !== columnCount) throw new TypeError(`a row has ${row.length} values for ${columnCount} columns`);
    for (let c = 0; c < columnCount; c++) {
      const value = row[c];
      if (value === null) continue;
      const kind = kindOf(value);
      if (kind > largest[c]) largest[c] = kind;
      if (kind === BYTES) hasBytes[c] = 1;
      else hasOthers[c] = 1;
    }
  }
  if (hasBytes.some((has, c) => has !== 0 && hasOthers[c] !== 0)) return undefined;
  return Array.from(largest) as ParameterKind[];
}

function kindOf(value: Exclude<SqlValue, null>): ParameterKind {
  switch (typeof value) {
    case 'number':
      if (Number.isSafeInteger(value)) return value >= INT32_MIN && value <= INT32_MAX ? INT32 : INT64;
      if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be stored`);
      return TEXT;
    case 'bigint':
      return value >= INT64_MIN && value <= INT64_MAX ? INT64 : TEXT;
    case 'string':
      return TEXT;
    default:
      if (value instanceof Uint8Array) return BYTES;
      throw new TypeError(`not a value for a column: ${typeof value}`);
  }
}

/**
 * How to send rows together with those before them; rows of `before` need not be sent as said here. A column of bytes
 * can be one of NULLs alone beside it, which is sent as integers.
 */
export function joinKinds(before: readonly ParameterKind[], next: readonly ParameterKind[]): readonly ParameterKind[] {
  const joined = next.map((kind, c) => (kind === BYTES || before[c] === BYTES || kind > before[c] ? kind : before[c]));
  return joined.every((kind, c) => kind === before[c]) ? before : joined;
}

/** One packet after the other in the same memory. */
export class BulkPacket {
  #bytes: Buffer;
  #view: DataView;
  readonly #headerBytes: number;
  readonly #payloadBytes: number;
  #kinds: readonly ParameterKind[] = [];
  #length = 0;

  /** @param payloadBytes a packet is full when it has grown to this many; one row more may stand in it */
  constructor(headerBytes: number, payloadBytes: number) {
    this.#headerBytes = headerBytes;
    this.#payloadBytes = payloadBytes;
    this.#bytes = Buffer.allocUnsafeSlow(headerBytes + payloadBytes + 4096);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Memory that it holds. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes of the packet, its header included. */
  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= this.#headerBytes + this.#payloadBytes;
  }

  /** What has been written, good until the next call; begins with an empty header. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins a packet without rows; each row is to be of these kinds. */
  begin(statementId: number, kinds: readonly ParameterKind[]): void {
    this.#kinds = kinds;
    let at = this.#headerBytes;
    this.#reserve(at, 7 + 2 * kinds.length);
    this.#bytes[at] = COMMAND;
    this.#view.setUint32(at + 1, statementId, true);
    this.#view.setUint16(at + 5, SEND_TYPES, true);
    at += 7;
    for (const kind of kinds) {
      this.#bytes[at++] = TYPES[kind];
      this.#bytes[at++] = 0;
    }
    this.#length = at;
  }

  add(row: readonly SqlValue[]): void {
    this.#length = this.#putRow(row, this.#kinds, this.#length);
  }

  /** Takes back what was added since the packet had that length. */
  cut(length: number): void {
    this.#length = length;
  }

  #putRow(row: readonly SqlValue[], kinds: readonly ParameterKind[], start: number): number {
    let at = start;
    // For every value that is short; what is longer reserves its own.
    this.#reserve(at, 2 + row.length * (4 + 3 * SHORT_TEXT));
    for (let c = 0; c < row.length; c++) {
      const value = row[c];
      if (value === null) {
        this.#bytes[at++] = IS_NULL;
        continue;
      }
      this.#bytes[at++] = FOLLOWS;
      const kind = kinds[c];
      if (kind === INT32) {
        this.#view.setInt32(at, value as number, true);
        at += 4;
        continue;
      }
      if (kind !== INT64) {
        at = kind === TEXT ? this.#putText(String(value), at) : this.#putBytes(value as Uint8Array, at);
        this.#reserve(at, 2 + (row.length - c) * (4 + 3 * SHORT_TEXT));
        continue;
      }
      if (typeof value === 'number') {
        this.#view.setInt32(at, value | 0, true);
        this.#view.setInt32(at + 4, Math.floor(value / TWO_32), true);
      } else {
        this.#view.setBigInt64(at, value as bigint, true);
      }
      at += 8;
    }
    return at;
  }

  #putText(text: string, at: number): number {
    const { length } = text;
    if (length <= TINY_TEXT) {
      const bytes = this.#bytes;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        bytes[at + 1 + i] = code;
      }
      if (i === length) {
        bytes[at] = length;
        return at + 1 + length;
      }
    }
    if (length <= SHORT_TEXT) {
      const written = this.#bytes.write(text, at + 1);
      this.#bytes[at] = written;
      return at + 1 + written;
    }
    const byteLength = Buffer.byteLength(text);
    const start = this.#putLength(byteLength, at);
    this.#bytes.write(text, start);
    return start + byteLength;
  }

  #putBytes(value: Uint8Array, at: number): number {
    const start = this.#putLength(value.length, at);
    this.#bytes.set(value, start);
    return start + value.length;
  }

  /** Reserves room for what is so long, too. */
  #putLength(length: number, at: number): number {
    this.#reserve(at, 9 + length);
    if (length < 251) {
      this.#bytes[at] = length;
      return at + 1;
    }
    if (length < 0x1_0000) {
      this.#bytes[at] = 252;
      this.#view.setUint16(at + 1, length, true);
      return at + 3;
    }
    this.#bytes[at] = 254;
    this.#view.setBigUint64(at + 1, BigInt(length), true);
    return at + 9;
  }

  #reserve(at: number, length: number): void {
    if (at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(at + length, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/**
 * Rows of a batch as MariaDB's COM_STMT_BULK_EXECUTE has them (bulk-packet.ts), without a value for a value: integers and
 * doubles as their words, texts, bytes and times as the bytes that they came as.
 */
import type { ColumnBatch, ColumnSpec, ColumnType } from './column-batch.ts';

const COMMAND = 0xfa;
const SEND_TYPES = 128;
const UNSIGNED = 0x80;
const FOLLOWS = 0;
const IS_NULL = 1;
/** Protocol numbers: LONGLONG, DOUBLE, VAR_STRING, BLOB, DATE, DATETIME, TIME. */
const TYPES: Readonly<Partial<Record<ColumnType, number>>> = {
  int64: 8,
  double: 5,
  text: 253,
  json: 253,
  decimal: 253,
  bytes: 252,
  'wire-date': 10,
  'wire-datetime': 12,
  'wire-time': 11,
};
/** Up to here a loop over the bytes is faster than a call out of JavaScript. */
const TINY = 40;
/** The mark of a value and its length, or its 8 bytes. */
const VALUE_BYTES_MAX = 10;

/** Where the values of a column are: of each kind of column one of the lists. */
interface Source {
  readonly words: Int32Array | undefined;
  readonly lengths: Int32Array | undefined;
  readonly places: Int32Array | undefined;
  readonly doubles: Float64Array | undefined;
  readonly nulls: Int32Array;
  readonly bit: number;
}

export class ColumnPacket {
  #bytes: Buffer;
  #view: DataView;
  readonly #headerBytes: number;
  readonly #payloadBytes: number;
  #sources: readonly Source[] = [];
  #texts: readonly Int32Array[] = [];
  #length = 0;
  #emptyLength = 0;

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

  get isEmpty(): boolean {
    return this.#length === this.#emptyLength;
  }

  /** What has been written, good until the next call; begins with an empty header. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins a packet without rows. */
  begin(statementId: number, batch: ColumnBatch): void {
    this.#sources = sourcesOf(batch);
    this.#texts = this.#sources.flatMap(({ lengths }) => (lengths === undefined ? [] : [lengths]));
    let at = this.#headerBytes;
    this.#length = at;
    this.#reserve(7 + 2 * batch.specs.length);
    this.#bytes[at] = COMMAND;
    this.#view.setUint32(at + 1, statementId, true);
    this.#view.setUint16(at + 5, SEND_TYPES, true);
    at += 7;
    for (const spec of batch.specs) {
      this.#bytes[at++] = protocolType(spec);
      this.#bytes[at++] = spec.isUnsigned ? UNSIGNED : 0;
    }
    this.#length = at;
    this.#emptyLength = at;
  }

  /**
   * Adds rows of the batch from `row` on, until the packet is full. Returns the first row that is not in it: the number of
   * rows when all are, and the row itself when it alone is larger than `rowBytesMax`.
   */
  fill(batch: ColumnBatch, row: number, rowBytesMax: number): number {
    const { size } = batch;
    const full = this.#headerBytes + this.#payloadBytes;
    const fixed = this.#sources.length * VALUE_BYTES_MAX;
    const texts = this.#texts;
    for (; row < size && this.#length < full; row++) {
      let rowBytes = fixed;
      for (let t = 0; t < texts.length; t++) rowBytes += texts[t][row];
      if (rowBytes > rowBytesMax) return row;
      this.#reserve(rowBytes);
      this.#putRow(batch.bytes, row);
    }
    return row;
  }

  #putRow(from: Buffer, row: number): void {
    const [bytes, view, sources] = [this.#bytes, this.#view, this.#sources];
    let at = this.#length;
    for (let c = 0; c < sources.length; c++) {
      const { words, lengths, places, doubles, nulls, bit } = sources[c];
      if ((nulls[row] & bit) !== 0) {
        bytes[at++] = IS_NULL;
        continue;
      }
      bytes[at++] = FOLLOWS;
      if (words !== undefined) {
        view.setInt32(at, words[2 * row], true);
        view.setInt32(at + 4, words[2 * row + 1], true);
        at += 8;
      } else if (lengths !== undefined && places !== undefined) {
        const length = lengths[row];
        const place = places[row];
        at = putLength(bytes, view, length, at);
        if (length <= TINY) for (let i = 0; i < length; i++) bytes[at + i] = from[place + i];
        else from.copy(bytes, at, place, place + length);
        at += length;
      } else if (doubles !== undefined) {
        if (!Number.isFinite(doubles[row])) throw new RangeError(`${doubles[row]} cannot be stored`);
        view.setFloat64(at, doubles[row], true);
        at += 8;
      }
    }
    this.#length = at;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function putLength(bytes: Buffer, view: DataView, length: number, at: number): number {
  if (length < 251) {
    bytes[at] = length;
    return at + 1;
  }
  if (length < 0x1_0000) {
    bytes[at] = 252;
    view.setUint16(at + 1, length, true);
    return at + 3;
  }
  bytes[at] = 254;
  view.setUint32(at + 1, length, true);
  view.setUint32(at + 5, 0, true);
  return at + 9;
}

function sourcesOf(batch: ColumnBatch): Source[] {
  return batch.columns.map((column, index) => ({
    words: column.type === 'int64' ? column.words : undefined,
    lengths: 'length' in column ? column.length : undefined,
    places: 'length' in column ? column.at : undefined,
    doubles: column.type === 'double' ? column.values : undefined,
    nulls: batch.nullsOf(index),
    bit: 1 << (index & 31),
  }));
}

function protocolType({ type }: ColumnSpec): number {
  const code = TYPES[type];
  if (code === undefined) throw new TypeError(`a column of the type ${type} does not hold all of its value`);
  return code;
}

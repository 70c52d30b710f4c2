/**
 * Sums of counted views by video for one chunk, and their compact form for the checkpoint.
 *
 * Encoded: entry count (4 bytes), then for each video its id (8 bytes, little-endian) and views, ad views and play
 * seconds as LEB128 varints. Sums in a chunk are exact doubles; totals over chunks are added up as 64-bit integers.
 */

/** An id, and three varints of at most 8 bytes. */
const entryBytesMax = 32;

export class VideoSums {
  readonly #views: Uint32Array;
  readonly #adViews: Float64Array;
  readonly #playSeconds: Float64Array;
  readonly #touched: Int32Array;
  #touchedCount = 0;
  /** Work space of `drain`, kept: megabytes for every chunk would be garbage faster than it is collected. */
  #encoded = Buffer.alloc(0);

  /** @param videos number of dense videos: 0 <= video < videos */
  constructor(videos: number) {
    this.#views = new Uint32Array(videos);
    this.#adViews = new Float64Array(videos);
    this.#playSeconds = new Float64Array(videos);
    this.#touched = new Int32Array(videos);
  }

  get videoCount(): number {
    return this.#touchedCount;
  }

  add(video: number, adViews: number, playSeconds: number): void {
    if (this.#views[video]++ === 0) this.#touched[this.#touchedCount++] = video;
    this.#adViews[video] += adViews;
    this.#playSeconds[video] += playSeconds;
  }

  /**
   * The sums so far, encoded; the sums are empty afterwards. The bytes are overwritten by the next call.
   * @param words ids of the dense videos, two words each
   */
  drain(words: Int32Array): Buffer {
    const touched = this.#touched.subarray(0, this.#touchedCount).sort();
    const bytesMax = 4 + touched.length * entryBytesMax;
    if (this.#encoded.length < bytesMax) this.#encoded = Buffer.allocUnsafeSlow(bytesMax);
    const buffer = this.#encoded;
    let at = buffer.writeUInt32LE(touched.length, 0);
    for (const video of touched) {
      at = buffer.writeInt32LE(words[2 * video], at);
      at = buffer.writeInt32LE(words[2 * video + 1], at);
      at = writeVarint(buffer, this.#views[video], at);
      at = writeVarint(buffer, this.#adViews[video], at);
      at = writeVarint(buffer, this.#playSeconds[video], at);
      this.#views[video] = 0;
      this.#adViews[video] = 0;
      this.#playSeconds[video] = 0;
    }
    this.#touchedCount = 0;
    return buffer.subarray(0, at);
  }
}

/** Hands every entry of an encoded chunk to `take`. */
export function readVideoSums(
  encoded: Buffer,
  take: (idLo: number, idHi: number, views: number, adViews: number, playSeconds: number) => void,
): void {
  const count = encoded.readUInt32LE(0);
  const cursor = { at: 4 };
  for (let entry = 0; entry < count; entry++) {
    const lo = encoded.readInt32LE(cursor.at);
    const hi = encoded.readInt32LE(cursor.at + 4);
    cursor.at += 8;
    take(lo, hi, readVarint(encoded, cursor), readVarint(encoded, cursor), readVarint(encoded, cursor));
  }
}

/** @throws RangeError when the value is no longer exact: never a rounded sum */
function writeVarint(buffer: Buffer, value: number, at: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`the sum ${value} of one chunk is past 2^53`);
  let rest = value;
  while (rest >= 0x80) {
    buffer[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[at++] = rest;
  return at;
}

function readVarint(buffer: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = buffer[cursor.at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

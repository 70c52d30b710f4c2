/**
 * Sums of counted views by video, and their compact form for the checkpoint: those of the merge. A chunk's are added up by
 * the kernel (kernel/sums.h), in the same form.
 *
 * Encoded: entry count (4 bytes), then for each video its id (8 bytes, little-endian) and views, ad views and play
 * seconds as LEB128 varints. Sums in a chunk are exact doubles; totals over chunks are added up as 64-bit integers.
 */

/** An id, and three varints of at most 8 bytes. */
const entryBytesMax = 32;
/** Views, ad views, play seconds and a place left empty: an entry never lies across two cache lines. */
const entryStride = 4;
/** With more numbers than this, room is made for the videos that are met, not for all there are (32 bytes each). */
const denseVideosMax = 2 ** 20;

/** Ids of numbered videos, by word. */
export interface NumberedIds {
  idLo(video: number): number;
  idHi(video: number): number;
}

/** Encoded sums of the videos of one bucket. */
export interface EncodedSums {
  readonly bucket: number;
  /** Overwritten by the next `drain`. */
  readonly body: Buffer;
}

export class VideoSums {
  /** Undefined: every number is its own place. */
  readonly #places: VideoPlaces | undefined;
  #sums: Float64Array;
  /** The same memory. */
  #words: Int32Array;
  /** Numbers of the videos met, `#touchedCount` of them. */
  #touched: Int32Array;
  #touchedCount = 0;
  /** Work space of `drain`, kept: megabytes for every chunk would be garbage faster than it is collected. */
  #encoded = Buffer.alloc(0);

  /** @param videos numbers that there are: 0 <= video < videos */
  constructor(videos: number, denseMax: number = denseVideosMax) {
    this.#places = videos > denseMax ? new VideoPlaces() : undefined;
    const room = videos > denseMax ? 1024 : videos;
    this.#sums = new Float64Array(room * entryStride);
    this.#words = new Int32Array(this.#sums.buffer);
    this.#touched = new Int32Array(room);
  }

  /** Reads a word of the video's sums, to have them fetched; its value means nothing. */
  touch(video: number): number {
    return this.#places === undefined ? this.#words[2 * entryStride * video] : 0;
  }

  add(video: number, adViews: number, playSeconds: number): void {
    const at = entryStride * (this.#places === undefined ? video : this.#placeIn(this.#places, video));
    const sums = this.#sums;
    if (sums[at] === 0) this.#touched[this.#touchedCount++] = video;
    sums[at]++;
    sums[at + 1] += adViews;
    sums[at + 2] += playSeconds;
  }

  /**
   * The sums so far, encoded by bucket; the sums are empty afterwards.
   * @param ids of the numbered videos
   * @param bounds bucket b has the numbers below `bounds[b]` that no earlier bucket has, and one more bucket the rest
   */
  drain(ids: NumberedIds, bounds: readonly number[] = []): EncodedSums[] {
    const touched = this.#touched.subarray(0, this.#touchedCount).sort();
    const bytesMax = 4 * (bounds.length + 1) + touched.length * entryBytesMax;
    if (this.#encoded.length < bytesMax) this.#encoded = Buffer.allocUnsafeSlow(bytesMax);
    const encoded: EncodedSums[] = [];
    let start = 0;
    for (let bucket = 0, from = 0; from < touched.length; bucket++) {
      const bound = bucket < bounds.length ? bounds[bucket] : Number.POSITIVE_INFINITY;
      let to = from;
      while (to < touched.length && touched[to] < bound) to++;
      if (to === from) continue;
      const end = this.#encode(touched.subarray(from, to), ids, start);
      encoded.push({ bucket, body: this.#encoded.subarray(start, end) });
      start = end;
      from = to;
    }
    this.#places?.clear();
    this.#touchedCount = 0;
    return encoded;
  }

  #encode(videos: Int32Array, ids: NumberedIds, start: number): number {
    const buffer = this.#encoded;
    const sums = this.#sums;
    let at = buffer.writeUInt32LE(videos.length, start);
    for (const video of videos) {
      at = buffer.writeInt32LE(ids.idLo(video), at);
      at = buffer.writeInt32LE(ids.idHi(video), at);
      const place = entryStride * (this.#places?.find(video) ?? video);
      for (let i = place; i < place + 3; i++) {
        at = writeVarint(buffer, sums[i], at);
        sums[i] = 0;
      }
    }
    return at;
  }

  #placeIn(places: VideoPlaces, video: number): number {
    const place = places.take(video);
    if (entryStride * place >= this.#sums.length) {
      const larger = new Float64Array(2 * this.#sums.length);
      larger.set(this.#sums);
      this.#sums = larger;
      this.#words = new Int32Array(larger.buffer);
      const touched = new Int32Array(2 * this.#touched.length);
      touched.set(this.#touched);
      this.#touched = touched;
    }
    return place;
  }
}

/** Gives videos places 0, 1, 2 ... in the order in which they are met. */
class VideoPlaces {
  #count = 0;
  /** Pairs of a video's number + 1 (0: free) and its place; a power of two of them, at most half in use. */
  #slots = new Int32Array(2 * 4096);
  #mask = 4095;

  take(video: number): number {
    const at = this.#locate(video);
    if (this.#slots[at] !== 0) return this.#slots[at + 1];
    if (2 * (this.#count + 1) > this.#mask) {
      this.#grow();
      return this.take(video);
    }
    this.#slots[at] = video + 1;
    this.#slots[at + 1] = this.#count;
    return this.#count++;
  }

  /** Of a video that has one. */
  find(video: number): number {
    return this.#slots[this.#locate(video) + 1];
  }

  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
  }

  #locate(video: number): number {
    let h = Math.imul(video, 0x85ebca6b);
    h ^= h >>> 13;
    for (let slot = h & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const key = this.#slots[2 * slot];
      if (key === 0 || key === video + 1) return 2 * slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = this.#slots.length / 2 - 1;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] === 0) continue;
      const to = this.#locate(old[at] - 1);
      this.#slots[to] = old[at];
      this.#slots[to + 1] = old[at + 1];
    }
  }
}

export type TakeSums = (idLo: number, idHi: number, views: number, adViews: number, playSeconds: number) => void;

/** How many videos an encoded chunk has. */
export function countVideoSums(encoded: Buffer): number {
  return encoded.readUInt32LE(0);
}

/** Hands every entry of an encoded chunk to `take`. */
export function readVideoSums(encoded: Buffer, take: TakeSums): void {
  const cursor = { at: 4 };
  for (let left = countVideoSums(encoded); left > 0; left--) {
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
  // 32-bit arithmetic as soon as it fits.
  while (rest >= 0x80000000) {
    buffer[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  let small = rest | 0;
  while (small >= 0x80) {
    buffer[at++] = (small & 0x7f) | 0x80;
    small >>>= 7;
  }
  buffer[at++] = small;
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

/**
 * Views whose verdict one partition cannot know (see kernel/window.h), as columns, and their form in the checkpoint:
 * fixed records of 44 bytes. A *seed* is a view already counted in its partition; it is passed on because it opened a
 * window that may decide open views elsewhere.
 */
import { hashWords } from '../../../rules/int64-index.ts';

const recordBytes = 44;

/** One of them. The words are the halves of a 64-bit integer, low and high. */
export interface OpenView {
  readonly idLo: number;
  readonly idHi: number;
  readonly viewerLo: number;
  readonly viewerHi: number;
  readonly videoLo: number;
  readonly videoHi: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly playSeconds: number;
  readonly adViews: number;
  /** It was already counted. */
  readonly isSeed: boolean;
}

export class OpenViews {
  count = 0;
  #capacity = 256;
  idWords = new Int32Array(2 * 256);
  viewerWords = new Int32Array(2 * 256);
  videoWords = new Int32Array(2 * 256);
  /** Milliseconds since 1970. */
  times = new Float64Array(256);
  playSeconds = new Int32Array(256);
  adViews = new Float64Array(256);
  /** 1 where the view was already counted. */
  seeds = new Uint8Array(256);

  add(view: OpenView): void {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count++;
    this.idWords[2 * at] = view.idLo;
    this.idWords[2 * at + 1] = view.idHi;
    this.viewerWords[2 * at] = view.viewerLo;
    this.viewerWords[2 * at + 1] = view.viewerHi;
    this.videoWords[2 * at] = view.videoLo;
    this.videoWords[2 * at + 1] = view.videoHi;
    this.times[at] = view.time;
    this.playSeconds[at] = view.playSeconds;
    this.adViews[at] = view.adViews;
    this.seeds[at] = view.isSeed ? 1 : 0;
  }

  at(at: number): OpenView {
    return {
      idLo: this.idWords[2 * at],
      idHi: this.idWords[2 * at + 1],
      viewerLo: this.viewerWords[2 * at],
      viewerHi: this.viewerWords[2 * at + 1],
      videoLo: this.videoWords[2 * at],
      videoHi: this.videoWords[2 * at + 1],
      time: this.times[at],
      playSeconds: this.playSeconds[at],
      adViews: this.adViews[at],
      isSeed: this.seeds[at] === 1,
    };
  }

  /** The bucket of view `at`: all views of a pair fall into the same one. */
  bucketOf(at: number, buckets: number): number {
    if (buckets === 1) return 0;
    const viewer = hashWords(this.viewerWords[2 * at], this.viewerWords[2 * at + 1]);
    return hashWords(viewer ^ this.videoWords[2 * at], this.videoWords[2 * at + 1]) % buckets;
  }

  /** Records of all views by bucket (empty buckets are left out); the views are gone afterwards. */
  drain(buckets: number): Map<number, Buffer> {
    const counts = new Uint32Array(buckets);
    for (let at = 0; at < this.count; at++) counts[this.bucketOf(at, buckets)]++;
    const encoded = new Map<number, Buffer>();
    counts.forEach((count, bucket) => {
      if (count > 0) encoded.set(bucket, Buffer.allocUnsafe(count * recordBytes));
    });
    const offsets = new Uint32Array(buckets);
    for (let at = 0; at < this.count; at++) {
      const bucket = this.bucketOf(at, buckets);
      this.#write(at, encoded.get(bucket) as Buffer, offsets[bucket]);
      offsets[bucket] += recordBytes;
    }
    this.count = 0;
    return encoded;
  }

  /** Adds the records that `drain` made. */
  addEncoded(encoded: Buffer): void {
    for (let at = 0; at < encoded.length; at += recordBytes) {
      this.add({
        idLo: encoded.readInt32LE(at),
        idHi: encoded.readInt32LE(at + 4),
        viewerLo: encoded.readInt32LE(at + 8),
        viewerHi: encoded.readInt32LE(at + 12),
        videoLo: encoded.readInt32LE(at + 16),
        videoHi: encoded.readInt32LE(at + 20),
        time: encoded.readDoubleLE(at + 24),
        playSeconds: encoded.readInt32LE(at + 32) & 0x7fffffff,
        adViews: encoded.readDoubleLE(at + 36),
        isSeed: encoded.readInt32LE(at + 32) < 0,
      });
    }
  }

  #write(view: number, to: Buffer, offset: number): void {
    let at = offset;
    for (const words of [this.idWords, this.viewerWords, this.videoWords]) {
      at = to.writeInt32LE(words[2 * view], at);
      at = to.writeInt32LE(words[2 * view + 1], at);
    }
    at = to.writeDoubleLE(this.times[view], at);
    // The sign bit says that it is a seed; play time of a valid view is never negative.
    at = to.writeInt32LE(this.seeds[view] === 1 ? this.playSeconds[view] | 0x80000000 : this.playSeconds[view], at);
    to.writeDoubleLE(this.adViews[view], at);
  }

  #grow(): void {
    this.#capacity *= 2;
    this.idWords = enlarged(this.idWords, Int32Array, 2 * this.#capacity);
    this.viewerWords = enlarged(this.viewerWords, Int32Array, 2 * this.#capacity);
    this.videoWords = enlarged(this.videoWords, Int32Array, 2 * this.#capacity);
    this.times = enlarged(this.times, Float64Array, this.#capacity);
    this.playSeconds = enlarged(this.playSeconds, Int32Array, this.#capacity);
    this.adViews = enlarged(this.adViews, Float64Array, this.#capacity);
    this.seeds = enlarged(this.seeds, Uint8Array, this.#capacity);
  }
}

interface TypedArray<T> {
  set(from: T): void;
}

function enlarged<T extends TypedArray<T>>(from: T, make: new (length: number) => T, length: number): T {
  const to = new make(length);
  to.set(from);
  return to;
}

/**
 * The repeat rule (domain.md section 2) over a stream of views in order of time, when only a part of the log is seen:
 * the rows of one partition. A view whose verdict could depend on rows that other partitions hold is left *open*; the
 * merge decides it later (resolve-open.ts).
 *
 * A view at time t depends on the pair's views in (t - window, t) and, through them, on the chain of views before them
 * that are less than a window apart. So a view is decided here when t is not contested (no foreign row can lie in
 * (t - window, t], see IntervalSet) and the chain before it is decided; otherwise it is open.
 *
 * Memory: the pairs seen within two windows. Two generations of a hash table take turns; the older one is dropped when
 * it lies a whole window back, because what is older than a window decides nothing.
 */

/** What `PairWindow.observe` answers. */
export const Observation = { counted: 1, repeat: 2, open: 3 } as const;
export type Observation = (typeof Observation)[keyof typeof Observation];

/** Words of an entry: stamp, viewer low, viewer high, video, time and openness. */
const stride = 5;

class Generation {
  entries: Int32Array;
  mask: number;
  used = 0;
  /** An entry belongs to the generation when it carries its stamp, so that clearing costs nothing. */
  stamp = 1;

  constructor(slots: number) {
    this.entries = new Int32Array(slots * stride);
    this.mask = slots - 1;
  }

  clear(): void {
    this.used = 0;
    this.stamp++;
    if (this.stamp === 0x7fffffff) {
      this.entries.fill(0);
      this.stamp = 1;
    }
  }

  /** Offset of the pair's entry, or the bitwise complement of the free place where it belongs. */
  locate(viewerLo: number, viewerHi: number, video: number): number {
    const { entries, mask, stamp } = this;
    let h = viewerLo ^ Math.imul(viewerHi, 0x9e3779b1) ^ Math.imul(video, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    let slot = (h ^ (h >>> 13)) & mask;
    for (;;) {
      const at = slot * stride;
      if (entries[at] !== stamp) return ~at;
      if (entries[at + 1] === viewerLo && entries[at + 2] === viewerHi && entries[at + 3] === video) return at;
      slot = (slot + 1) & mask;
    }
  }

  put(viewerLo: number, viewerHi: number, video: number, state: number): void {
    let at = this.locate(viewerLo, viewerHi, video);
    if (at < 0) {
      if (2 * (this.used + 1) > this.mask) {
        this.#grow();
        at = this.locate(viewerLo, viewerHi, video);
      }
      at = ~at;
      this.used++;
      this.entries[at] = this.stamp;
      this.entries[at + 1] = viewerLo;
      this.entries[at + 2] = viewerHi;
      this.entries[at + 3] = video;
    }
    this.entries[at + 4] = state;
  }

  #grow(): void {
    const old = this.entries;
    const oldStamp = this.stamp;
    this.entries = new Int32Array(old.length * 2);
    this.mask = this.entries.length / stride - 1;
    this.used = 0;
    this.stamp = 1;
    for (let at = 0; at < old.length; at += stride) {
      if (old[at] === oldStamp) this.put(old[at + 1], old[at + 2], old[at + 3], old[at + 4]);
    }
  }
}

export class PairWindow {
  readonly #windowMs: number;
  #current = new Generation(4096);
  #previous = new Generation(4096);
  #currentStart = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * Takes the pair's next view. Times must not decrease from call to call.
   * @param time milliseconds since an epoch of the caller's, 0 <= time < 2^30
   * @param contested whether a foreign row may lie in (time - window, time]
   */
  observe(viewerLo: number, viewerHi: number, video: number, time: number, contested: boolean): Observation {
    if (time - this.#currentStart >= this.#windowMs) this.#rotate(time);
    const current = this.#current;
    let at = current.locate(viewerLo, viewerHi, video);
    let state = -1;
    if (at >= 0) state = current.entries[at + 4];
    else {
      at = this.#previous.locate(viewerLo, viewerHi, video);
      if (at >= 0) state = this.#previous.entries[at + 4];
    }
    const known = state >= 0 && time - (state >> 1) < this.#windowMs;
    if (contested || (known && (state & 1) === 1)) {
      current.put(viewerLo, viewerHi, video, (time << 1) | 1);
      return Observation.open;
    }
    if (known) return Observation.repeat;
    current.put(viewerLo, viewerHi, video, time << 1);
    return Observation.counted;
  }

  /** The entries that can still decide a later view at or after `time`: for the checkpoint. */
  save(time: number): Int32Array {
    const words: number[] = [this.#currentStart === Number.NEGATIVE_INFINITY ? -1 : this.#currentStart];
    for (const generation of [this.#previous, this.#current]) {
      const { entries, stamp } = generation;
      for (let at = 0; at < entries.length; at += stride) {
        if (entries[at] !== stamp || time - (entries[at + 4] >> 1) >= this.#windowMs) continue;
        // The current generation shadows the previous one.
        if (
          generation === this.#previous &&
          this.#current.locate(entries[at + 1], entries[at + 2], entries[at + 3]) >= 0
        )
          continue;
        words.push(entries[at + 1], entries[at + 2], entries[at + 3], entries[at + 4]);
      }
    }
    return Int32Array.from(words);
  }

  /** Puts back what `save` gave, into a window that has seen nothing yet. */
  restore(saved: Int32Array): void {
    if (saved[0] >= 0) this.#currentStart = saved[0];
    for (let at = 1; at < saved.length; at += 4)
      this.#current.put(saved[at], saved[at + 1], saved[at + 2], saved[at + 3]);
  }

  #rotate(time: number): void {
    if (time - this.#currentStart >= 2 * this.#windowMs) {
      this.#previous.clear();
      this.#current.clear();
    } else {
      const oldest = this.#previous;
      this.#previous = this.#current;
      this.#current = oldest;
      oldest.clear();
    }
    this.#currentStart = time;
  }
}

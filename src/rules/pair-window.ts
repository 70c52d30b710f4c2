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

/** Words of an entry: viewer low, viewer high, video, and time and openness. A power of two: no entry crosses lines. */
const stride = 4;
/** No view: earlier than every start. */
const empty = -1;

/** The views of a stretch of time that begins at `start`. What is older is as good as not there. */
class Generation {
  entries: Int32Array;
  mask: number;
  used = 0;
  start = 0;

  constructor(slots: number) {
    this.entries = new Int32Array(slots * stride).fill(empty);
    this.mask = slots - 1;
  }

  /** Begins a new stretch; entries of the last one end by themselves, because they are older. */
  restart(start: number): void {
    this.used = 0;
    this.start = start;
  }

  /** Offset of the pair's entry, or the bitwise complement of the free place where it belongs. */
  locate(hash: number, viewerLo: number, viewerHi: number, video: number): number {
    const { entries, mask } = this;
    const first = this.start << 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * stride;
      if (entries[at + 3] < first) return ~at;
      if (entries[at] === viewerLo && entries[at + 1] === viewerHi && entries[at + 2] === video) return at;
    }
  }

  /** Puts a pair that is not there at the free place that `locate` gave, as it is. */
  insert(free: number, hash: number, viewerLo: number, viewerHi: number, video: number, state: number): void {
    let at = ~free;
    if (2 * (this.used + 1) > this.mask) {
      this.#grow();
      at = ~this.locate(hash, viewerLo, viewerHi, video);
    }
    this.used++;
    this.entries[at] = viewerLo;
    this.entries[at + 1] = viewerHi;
    this.entries[at + 2] = video;
    this.entries[at + 3] = state;
  }

  put(viewerLo: number, viewerHi: number, video: number, state: number): void {
    const hash = hashPair(viewerLo, viewerHi, video);
    const at = this.locate(hash, viewerLo, viewerHi, video);
    if (at >= 0) this.entries[at + 3] = state;
    else this.insert(at, hash, viewerLo, viewerHi, video, state);
  }

  #grow(): void {
    const old = this.entries;
    const first = this.start << 1;
    this.entries = new Int32Array(old.length * 2).fill(empty);
    this.mask = this.entries.length / stride - 1;
    this.used = 0;
    for (let at = 0; at < old.length; at += stride) {
      if (old[at + 3] >= first) this.put(old[at], old[at + 1], old[at + 2], old[at + 3]);
    }
  }
}

function hashPair(viewerLo: number, viewerHi: number, video: number): number {
  let h = viewerLo ^ Math.imul(viewerHi, 0x9e3779b1) ^ Math.imul(video, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

export class PairWindow {
  readonly #windowMs: number;
  #current = new Generation(4096);
  #previous = new Generation(4096);

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * Takes the pair's next view. Times must not decrease from call to call.
   * @param time milliseconds since an epoch of the caller's, 0 <= time < 2^30
   * @param contested whether a foreign row may lie in (time - window, time]
   */
  observe(viewerLo: number, viewerHi: number, video: number, time: number, contested: boolean): Observation {
    if (time - this.#current.start >= this.#windowMs) this.#rotate(time);
    const current = this.#current;
    const previous = this.#previous;
    const hash = hashPair(viewerLo, viewerHi, video);
    const at = current.locate(hash, viewerLo, viewerHi, video);
    let state: number = empty;
    if (at >= 0) state = current.entries[at + 3];
    else {
      const before = previous.locate(hash, viewerLo, viewerHi, video);
      if (before >= 0) state = previous.entries[before + 3];
    }
    const known = state >= 0 && time - (state >> 1) < this.#windowMs;
    const isOpen = contested || (known && (state & 1) === 1);
    if (known && !isOpen) return Observation.repeat;
    const next = (time << 1) | (isOpen ? 1 : 0);
    if (at >= 0) current.entries[at + 3] = next;
    else current.insert(at, hash, viewerLo, viewerHi, video, next);
    return isOpen ? Observation.open : Observation.counted;
  }

  /** The entries that can still decide a later view at or after `time`: for the checkpoint. */
  save(time: number): Int32Array {
    const words: number[] = [this.#current.start];
    for (const generation of [this.#previous, this.#current]) {
      const { entries, start } = generation;
      for (let at = 0; at < entries.length; at += stride) {
        const state = entries[at + 3];
        if (state < start << 1 || time - (state >> 1) >= this.#windowMs) continue;
        const [viewerLo, viewerHi, video] = [entries[at], entries[at + 1], entries[at + 2]];
        // The current generation shadows the previous one.
        if (generation === this.#previous) {
          const hash = hashPair(viewerLo, viewerHi, video);
          if (this.#current.locate(hash, viewerLo, viewerHi, video) >= 0) continue;
        }
        words.push(viewerLo, viewerHi, video, state);
      }
    }
    return Int32Array.from(words);
  }

  /** Puts back what `save` gave, into a window that has seen nothing yet. */
  restore(saved: Int32Array): void {
    this.#current.restart(Math.max(0, saved[0]));
    for (let at = 1; at < saved.length; at += 4) {
      const generation = saved[at + 3] >> 1 >= saved[0] ? this.#current : this.#previous;
      generation.put(saved[at], saved[at + 1], saved[at + 2], saved[at + 3]);
    }
  }

  #rotate(time: number): void {
    const oldest = this.#previous;
    this.#previous = this.#current;
    this.#current = oldest;
    oldest.restart(time);
  }
}

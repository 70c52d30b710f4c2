/**
 * The repeat rule (domain.md section 2) over a part of the log: the rows of one partition, which come in order of id,
 * while the rule wants them in order of time. A view's turn has come when no row that is still to be read can be
 * earlier (the watermark). A view whose verdict could depend on rows that other partitions hold is left *open*; the
 * merge decides it later (resolve-open.ts).
 *
 * A view at time t depends on the pair's views in (t - window, t) and, through them, on the chain of views before them
 * that are less than a window apart. So a view is decided here when t is not contested (no foreign row can lie in
 * (t - window, t], see IntervalSet) and the chain before it is decided; otherwise it is open.
 *
 * Most views are the only one of their pair within reach. They need no order, so they get none: only views in company,
 * those of a pair that has another one here, are sorted by (time, id).
 *
 * Held are the views that wait and, for a window's length after its turn, the last view of a pair that counts or is
 * open: its *state*. They lie in columns, looked through from front to back, those that wait in order of arrival; an
 * index finds the first of a pair, which keeps the state of its pair.
 */
import { radixSort } from './radix-sort.ts';

/** What `observe` answers. */
export const Observation = { counted: 1, repeat: 2, open: 3 } as const;
export type Observation = (typeof Observation)[keyof typeof Observation];

/** Columns of rows to take views from; as ViewColumns has them. */
export interface PairRows {
  readonly idWords: Int32Array;
  readonly viewerWords: Int32Array;
  readonly viewedAt: Float64Array;
  readonly playSeconds: Float64Array;
  readonly adViews: Float64Array;
}

/** A view that waits for its turn, with the number of its video and a time of the window's own epoch. */
export interface WaitingView {
  readonly idLo: number;
  readonly idHi: number;
  readonly viewerLo: number;
  readonly viewerHi: number;
  readonly video: number;
  readonly time: number;
  readonly playSeconds: number;
  readonly adViews: number;
}

/** Positions of the views whose turn has come; valid until the next call of `due` or `forget`. */
export interface DueViews {
  /** The only ones of their pairs: in order of arrival. */
  readonly alone: Int32Array;
  /** In order of (time, id), to be decided one after the other. */
  readonly inCompany: Int32Array;
}

/** A view that waits. */
const waits = 0;
/** A view that was decided, and is here for the state of its pair at most. */
const decided = 1;
/** Added to the above: there is or was another view of its pair. */
const company = 2;

/** Times are below: twice a time, and a bit, must fit 32 bits. */
export const timesMax = 2 ** 30;

/** Room that is kept: what a batch or two need. */
const capacityMin = 2 ** 14;

/** No view of the pair was counted or open within reach. */
const noState = -1;

export class RepeatWindow {
  readonly #windowMs: number;
  /** Views held. */
  #count = 0;
  #capacity: number;
  idWords!: Int32Array;
  viewerWords!: Int32Array;
  /** Numbers. */
  videos!: Int32Array;
  /** Milliseconds since an epoch of the caller's, 0 <= time < timesMax. */
  times!: Int32Array;
  playSeconds!: Float64Array;
  adViews!: Float64Array;
  #hashes!: Int32Array;
  #flags!: Uint8Array;
  /** Of the pair whose first view this is: twice the time of its last counted or open view, plus 1 if it is open. */
  #states!: Int32Array;
  /**
   * Position + 1 of the first view of a pair in the low bits, as many as a position can have, the pair's hash in the
   * others; 0: free. A power of two of places, at most half in use.
   */
  #index!: Int32Array;
  #alone!: Int32Array;
  #inCompany!: Int32Array;
  #spare = new Int32Array(0);

  constructor(windowMs: number, capacity = capacityMin) {
    this.#windowMs = windowMs;
    this.#capacity = capacity;
    this.#allocate(capacity);
  }

  /** Views that wait for their turn. */
  get waiting(): number {
    let waiting = 0;
    for (let at = 0; at < this.#count; at++) waiting += 1 - (this.#flags[at] & decided);
    return waiting;
  }

  /**
   * Takes rows as views: row `positions[i]` is one of video `videos[i]`, for i < count.
   * @param epochMs the epoch of the times here, in milliseconds since 1970
   */
  add(rows: PairRows, positions: Int32Array, videos: Int32Array, count: number, epochMs: number): void {
    this.#reserve(count);
    const first = this.#count;
    this.#append(rows, positions, videos, count, epochMs);
    this.#count = first + count;
    this.#enter(first, first + count);
  }

  /** The views that wait with time < watermark. */
  due(watermark: number): DueViews {
    const { times } = this;
    const count = this.#count;
    const flags = this.#flags;
    const alone = this.#alone;
    const inCompany = this.#inCompany;
    let aloneCount = 0;
    let companyCount = 0;
    let min = watermark;
    let max = 0;
    for (let at = 0; at < count; at++) {
      const time = times[at];
      const flag = flags[at];
      if (time >= watermark || (flag & decided) !== 0) continue;
      if (flag === waits) alone[aloneCount++] = at;
      else {
        inCompany[companyCount++] = at;
        if (time < min) min = time;
        if (time > max) max = time;
      }
    }
    const found = inCompany.subarray(0, companyCount);
    if (this.#spare.length < companyCount) this.#spare = new Int32Array(this.#capacity);
    // Stable, and positions are in order of id: equal times stay in that order.
    const sorted = radixSort(found, this.#spare.subarray(0, companyCount), times, min, max);
    return { alone: alone.subarray(0, aloneCount), inCompany: sorted };
  }

  /** Decides a view that is alone, as `observe` would: there is nothing that it could repeat. */
  observeAlone(at: number, contested: boolean): Observation {
    this.#flags[at] = decided;
    this.#states[at] = (this.times[at] << 1) | (contested ? 1 : 0);
    return contested ? Observation.open : Observation.counted;
  }

  /**
   * Decides a view in company; those before it in time must have been decided.
   * @param contested whether a foreign row may lie in (time - window, time]
   */
  observe(at: number, contested: boolean): Observation {
    const time = this.times[at];
    const first = this.#find(this.#hashes[at], this.viewerWords[2 * at], this.viewerWords[2 * at + 1], this.videos[at]);
    const state = this.#states[first];
    const known = state !== noState && time - (state >> 1) < this.#windowMs;
    const isOpen = contested || (known && (state & 1) === 1);
    this.#flags[at] |= decided;
    if (known && !isOpen) return Observation.repeat;
    this.#states[first] = (time << 1) | (isOpen ? 1 : 0);
    return isOpen ? Observation.open : Observation.counted;
  }

  /** Forgets what no view at or after the watermark depends on; the rest keeps its order. All that is due is decided. */
  forget(watermark: number): void {
    // A state of a whole window before the watermark, open or not; `noState` is below it always.
    this.#count = this.#compact(Math.max((watermark - this.#windowMs) * 2 + 1, noState));
    // After a burst: clearing a large index for few views costs at each call.
    if (this.#capacity > capacityMin && this.#capacity > 16 * this.#count) this.#resize(this.#capacity / 4);
    else {
      this.#index.fill(0);
      this.#enter(0, this.#count);
    }
  }

  /** Drops decided views whose pair's state is `bound` or older. Returns how many are left. */
  #compact(bound: number): number {
    const count = this.#count;
    const flags = this.#flags;
    const states = this.#states;
    let kept = 0;
    for (let at = 0; at < count; at++) {
      if ((flags[at] & decided) !== 0 && states[at] <= bound) continue;
      if (kept !== at) this.#move(at, kept);
      kept++;
    }
    return kept;
  }

  /** Calls `take` with every state that is held: for the checkpoint. */
  forEachState(take: (viewerLo: number, viewerHi: number, video: number, state: number) => void): void {
    for (let at = 0; at < this.#count; at++) {
      if (this.#states[at] === noState) continue;
      take(this.viewerWords[2 * at], this.viewerWords[2 * at + 1], this.videos[at], this.#states[at]);
    }
  }

  /** Calls `take` with the position of every view that waits, in order of arrival. */
  forEachWaiting(take: (at: number) => void): void {
    for (let at = 0; at < this.#count; at++) {
      if ((this.#flags[at] & decided) === 0) take(at);
    }
  }

  /** Puts back a state, before any view of its pair. */
  restoreState(viewerLo: number, viewerHi: number, video: number, state: number): void {
    const at = this.#restore(viewerLo, viewerHi, video, state >> 1);
    this.#flags[at] = decided;
    this.#states[at] = state;
    this.#enter(at, at + 1);
  }

  /** Puts back a view that waits, in order of arrival. */
  restoreWaiting(view: WaitingView): void {
    const at = this.#restore(view.viewerLo, view.viewerHi, view.video, view.time);
    this.idWords[2 * at] = view.idLo;
    this.idWords[2 * at + 1] = view.idHi;
    this.playSeconds[at] = view.playSeconds;
    this.adViews[at] = view.adViews;
    this.#enter(at, at + 1);
  }

  #restore(viewerLo: number, viewerHi: number, video: number, time: number): number {
    this.#reserve(1);
    const at = this.#count++;
    this.viewerWords[2 * at] = viewerLo;
    this.viewerWords[2 * at + 1] = viewerHi;
    this.videos[at] = video;
    this.times[at] = time;
    this.#hashes[at] = hashPair(viewerLo, viewerHi, video);
    this.#flags[at] = waits;
    this.#states[at] = noState;
    return at;
  }

  #append(rows: PairRows, positions: Int32Array, numbers: Int32Array, count: number, epochMs: number): void {
    const { idWords, viewerWords, viewedAt, playSeconds, adViews } = rows;
    const { idWords: ids, viewerWords: viewers, videos, times, playSeconds: plays, adViews: ads } = this;
    const hashes = this.#hashes;
    const flags = this.#flags;
    const states = this.#states;
    for (let i = 0, at = this.#count; i < count; i++, at++) {
      const row = positions[i];
      const video = numbers[i];
      const viewerLo = viewerWords[2 * row];
      const viewerHi = viewerWords[2 * row + 1];
      ids[2 * at] = idWords[2 * row];
      ids[2 * at + 1] = idWords[2 * row + 1];
      viewers[2 * at] = viewerLo;
      viewers[2 * at + 1] = viewerHi;
      videos[at] = video;
      times[at] = viewedAt[row] - epochMs;
      plays[at] = playSeconds[row];
      ads[at] = adViews[row];
      hashes[at] = hashPair(viewerLo, viewerHi, video);
      flags[at] = waits;
      states[at] = noState;
    }
  }

  /** Enters views into the index, in order of arrival; marks those of a pair that is there already, and its first one. */
  #enter(from: number, to: number): void {
    const { viewerWords, videos } = this;
    const hashes = this.#hashes;
    const flags = this.#flags;
    const index = this.#index;
    const places = index.length - 1;
    for (let at = from; at < to; at++) {
      const hash = hashes[at];
      for (let place = hash & places; ; place = (place + 1) & places) {
        const entry = index[place];
        if (entry === 0) {
          index[place] = (hash & ~places) | (at + 1);
          break;
        }
        if (((entry ^ hash) & ~places) !== 0) continue;
        const other = (entry & places) - 1;
        if (
          videos[other] === videos[at] &&
          viewerWords[2 * other] === viewerWords[2 * at] &&
          viewerWords[2 * other + 1] === viewerWords[2 * at + 1]
        ) {
          flags[at] |= company;
          flags[other] |= company;
          break;
        }
      }
    }
  }

  /** Position of the first view of a pair that is held. */
  #find(hash: number, viewerLo: number, viewerHi: number, video: number): number {
    const { viewerWords, videos } = this;
    const index = this.#index;
    const places = index.length - 1;
    for (let place = hash & places; ; place = (place + 1) & places) {
      const entry = index[place];
      if (entry === 0) throw new Error('a view that is held is not in the index');
      if (((entry ^ hash) & ~places) !== 0) continue;
      const other = (entry & places) - 1;
      if (videos[other] === video && viewerWords[2 * other] === viewerLo && viewerWords[2 * other + 1] === viewerHi) {
        return other;
      }
    }
  }

  #move(from: number, to: number): void {
    this.idWords[2 * to] = this.idWords[2 * from];
    this.idWords[2 * to + 1] = this.idWords[2 * from + 1];
    this.viewerWords[2 * to] = this.viewerWords[2 * from];
    this.viewerWords[2 * to + 1] = this.viewerWords[2 * from + 1];
    this.videos[to] = this.videos[from];
    this.times[to] = this.times[from];
    this.playSeconds[to] = this.playSeconds[from];
    this.adViews[to] = this.adViews[from];
    this.#hashes[to] = this.#hashes[from];
    this.#flags[to] = this.#flags[from];
    this.#states[to] = this.#states[from];
  }

  #reserve(views: number): void {
    let capacity = this.#capacity;
    while (capacity < this.#count + views) capacity *= 2;
    if (capacity > this.#capacity) this.#resize(capacity);
  }

  #resize(capacity: number): void {
    const { idWords, viewerWords, videos, times, playSeconds, adViews } = this;
    const hashes = this.#hashes;
    const flags = this.#flags;
    const states = this.#states;
    const count = this.#count;
    this.#capacity = capacity;
    this.#allocate(capacity);
    this.idWords.set(idWords.subarray(0, 2 * count));
    this.viewerWords.set(viewerWords.subarray(0, 2 * count));
    this.videos.set(videos.subarray(0, count));
    this.times.set(times.subarray(0, count));
    this.playSeconds.set(playSeconds.subarray(0, count));
    this.adViews.set(adViews.subarray(0, count));
    this.#hashes.set(hashes.subarray(0, count));
    this.#flags.set(flags.subarray(0, count));
    this.#states.set(states.subarray(0, count));
    this.#enter(0, count);
  }

  #allocate(capacity: number): void {
    this.idWords = new Int32Array(2 * capacity);
    this.viewerWords = new Int32Array(2 * capacity);
    this.videos = new Int32Array(capacity);
    this.times = new Int32Array(capacity);
    this.playSeconds = new Float64Array(capacity);
    this.adViews = new Float64Array(capacity);
    this.#hashes = new Int32Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#states = new Int32Array(capacity);
    this.#index = new Int32Array(2 * capacity);
    this.#alone = new Int32Array(capacity);
    this.#inCompany = new Int32Array(capacity);
    this.#spare = new Int32Array(0);
  }
}

function hashPair(viewerLo: number, viewerHi: number, video: number): number {
  let h = viewerLo ^ Math.imul(viewerHi, 0x9e3779b1) ^ Math.imul(video, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

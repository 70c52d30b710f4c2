/**
 * The videos that exist and who made them, in shared memory: loaded once, looked up by every worker thread. Videos are
 * numbered in order of id. Where ids lie close together, as counted-up ids do, a video's number is its distance from
 * the first id, and a look-up is a subtraction; otherwise a hash index finds it.
 */
import { Int64Index, type SharedInt64Index } from '../../../rules/int64-index.ts';
import { joinWords } from '../../../rules/words.ts';

/** The arrays of a directory, to hand to another thread. */
export interface SharedVideoDirectory {
  readonly range: VideoIdRange | undefined;
  readonly index: SharedInt64Index;
  readonly creatorWords: Int32Array;
  readonly marks: Uint8Array;
}

/** Ids `first` to `first + span - 1`, which share their high word. */
export interface VideoIdRange {
  readonly firstLo: number;
  readonly firstHi: number;
  readonly span: number;
}

/** Marks of a number; every other one is a hash of the video's creator. */
const noVideo = 0;
const creatorUnknown = 1;

/** The mark of videos by this creator. */
function markOf(creatorLo: number, creatorHi: number): number {
  const hash = Math.imul(creatorLo ^ Math.imul(creatorHi, 0x9e3779b1), 0x85ebca6b) >>> 24;
  return hash > creatorUnknown ? hash : hash + 2;
}

/** Numbers without a video cost 9 bytes each here, and 32 for the sums of each thread; a hash index costs 16 a video. */
const gapsPerVideoMax = 1;
const gapsAlways = 4_096n;

/** The range of ids to address directly; undefined when they lie too far apart for it. */
export function directRange(count: number, firstId: bigint, lastId: bigint): VideoIdRange | undefined {
  const span = lastId - firstId + 1n;
  if (span > BigInt(count) * BigInt(1 + gapsPerVideoMax) + gapsAlways || span >= 2n ** 31n) return undefined;
  if (firstId >> 32n !== lastId >> 32n) return undefined;
  return {
    firstLo: Number(BigInt.asIntN(32, firstId)),
    firstHi: Number(BigInt.asIntN(32, firstId >> 32n)),
    span: Number(span),
  };
}

export class VideoDirectory {
  readonly #index: Int64Index;
  readonly #range: VideoIdRange | undefined;
  readonly #firstLo: number;
  readonly #firstHi: number;
  /** Numbers that can be addressed directly; 0: look in the index. */
  readonly #span: number;
  /** Creator of video `v`: words 2v (low) and 2v + 1 (high); 0 where none is known. */
  #creatorWords: Int32Array;
  /** A byte a video, so that what nearly every look-up needs stays in the processor's cache. */
  #marks: Uint8Array;

  /**
   * @param expectedSize videos that will be added; it may be wrong
   * @param range where the ids are addressed directly: none outside it may be added
   * @param from another thread's: must not be added to
   */
  constructor(expectedSize: number, range?: VideoIdRange, from?: SharedVideoDirectory) {
    this.#range = from === undefined ? range : from.range;
    this.#firstLo = this.#range?.firstLo ?? 0;
    this.#firstHi = this.#range?.firstHi ?? 0;
    this.#span = this.#range?.span ?? 0;
    this.#index = new Int64Index(this.#span > 0 ? 0 : expectedSize, true, from?.index);
    const room = Math.max(16, this.#span, expectedSize);
    this.#creatorWords = from?.creatorWords ?? new Int32Array(new SharedArrayBuffer(room * 8));
    this.#marks = from?.marks ?? new Uint8Array(new SharedArrayBuffer(room));
  }

  static from(shared: SharedVideoDirectory): VideoDirectory {
    return new VideoDirectory(0, undefined, shared);
  }

  /** Numbers given out: every video's is below this. Some may belong to no video. */
  get size(): number {
    return this.#span > 0 ? this.#span : this.#index.size;
  }

  /** The number of a video, or -1: find_video of kernel/videos.h does the same on the same arrays. */
  find(idLo: number, idHi: number): number {
    if (this.#span === 0) return this.#index.find(idLo, idHi);
    const video = (idLo - this.#firstLo) | 0;
    if (idHi !== this.#firstHi || video >>> 0 >= this.#span || this.#marks[video] === noVideo) return -1;
    return video;
  }

  /** Low word of the id of a number. */
  idLo(video: number): number {
    return this.#span === 0 ? this.#index.words[2 * video] : (this.#firstLo + video) | 0;
  }

  /** High word of the id of a number. */
  idHi(video: number): number {
    return this.#span === 0 ? this.#index.words[2 * video + 1] : this.#firstHi;
  }

  /** Whether the user is known to have created the video. */
  isBy(video: number, userLo: number, userHi: number): boolean {
    return (
      this.#marks[video] === markOf(userLo, userHi) &&
      this.#creatorWords[2 * video] === userLo &&
      this.#creatorWords[2 * video + 1] === userHi
    );
  }

  /** How many numbers belong to ids up to this one, which need not be a video's. Videos were added in order of id. */
  numbersUpTo(id: bigint): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = joinWords(this.idLo(middle), this.idHi(middle));
      if (found <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Registers a video; `known` false: it has no known creator and the other two words are ignored. */
  add(idLo: number, idHi: number, known: boolean, creatorLo: number, creatorHi: number): void {
    let video: number;
    if (this.#span === 0) video = this.#index.add(idLo, idHi);
    else {
      video = (idLo - this.#firstLo) | 0;
      if (idHi !== this.#firstHi || video < 0 || video >= this.#span) throw new RangeError('an id outside the range');
    }
    if (video >= this.#marks.length) this.#grow();
    this.#creatorWords[2 * video] = known ? creatorLo : 0;
    this.#creatorWords[2 * video + 1] = known ? creatorHi : 0;
    this.#marks[video] = known ? markOf(creatorLo, creatorHi) : creatorUnknown;
  }

  share(): SharedVideoDirectory {
    const index = this.#index.share();
    return { range: this.#range, index, creatorWords: this.#creatorWords, marks: this.#marks };
  }

  #grow(): void {
    const words = new Int32Array(new SharedArrayBuffer(this.#creatorWords.byteLength * 2));
    words.set(this.#creatorWords);
    this.#creatorWords = words;
    const marks = new Uint8Array(new SharedArrayBuffer(this.#marks.byteLength * 2));
    marks.set(this.#marks);
    this.#marks = marks;
  }
}

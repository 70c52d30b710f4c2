/**
 * The videos that exist and who made them, in shared memory: loaded once, looked up by every worker thread.
 */
import { Int64Index, type SharedInt64Index } from './int64-index.ts';

/** The arrays of a directory, to hand to another thread. */
export interface SharedVideoDirectory {
  readonly index: SharedInt64Index;
  readonly creatorWords: Int32Array;
  readonly creatorKnown: Uint8Array;
}

export class VideoDirectory {
  readonly index: Int64Index;
  /** Creator of dense video `v`: words 2v (low) and 2v + 1 (high); meaningful where `creatorKnown[v]` is 1. */
  creatorWords: Int32Array;
  creatorKnown: Uint8Array;

  constructor(expectedSize: number, from?: SharedVideoDirectory) {
    this.index = new Int64Index(expectedSize, true, from?.index);
    this.creatorWords = from?.creatorWords ?? new Int32Array(new SharedArrayBuffer(Math.max(16, expectedSize) * 8));
    this.creatorKnown = from?.creatorKnown ?? new Uint8Array(new SharedArrayBuffer(Math.max(16, expectedSize)));
  }

  get size(): number {
    return this.index.size;
  }

  /** Registers a video; `creatorKnown` false: it has no known creator and the other two words are ignored. */
  add(idLo: number, idHi: number, creatorKnown: boolean, creatorLo: number, creatorHi: number): void {
    const video = this.index.add(idLo, idHi);
    if (video >= this.creatorKnown.length) this.#grow();
    this.creatorWords[2 * video] = creatorLo;
    this.creatorWords[2 * video + 1] = creatorHi;
    this.creatorKnown[video] = creatorKnown ? 1 : 0;
  }

  share(): SharedVideoDirectory {
    return { index: this.index.share(), creatorWords: this.creatorWords, creatorKnown: this.creatorKnown };
  }

  #grow(): void {
    const words = new Int32Array(new SharedArrayBuffer(this.creatorWords.byteLength * 2));
    words.set(this.creatorWords);
    this.creatorWords = words;
    const known = new Uint8Array(new SharedArrayBuffer(this.creatorKnown.byteLength * 2));
    known.set(this.creatorKnown);
    this.creatorKnown = known;
  }
}

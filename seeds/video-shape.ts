/**
 * Which video a row views: `uniform` (all alike), `zipf` (the k-th most popular has weight 1/k) or `hot` (one video takes
 * nine rows of ten). Zipf draws from an alias table: constant time, two words a draw, whatever the number of videos.
 */
import { WordStream } from './hash.ts';

export const SHAPES = ['uniform', 'zipf', 'hot'] as const;
export type Shape = (typeof SHAPES)[number];

/** Video ids run from 1 to the number of videos. `n` is the row number. */
export type VideoPicker = (n: number) => number;

const WORDS = 4_294_967_296;
const HOT_SHARE = 0.9;

/** Streams from `firstStream` on are used; three at most. */
export function createVideoPicker(shape: Shape, videos: number, seed: number, firstStream: number): VideoPicker {
  const slots = new WordStream(seed, firstStream);
  const choices = new WordStream(seed, firstStream + 1);
  switch (shape) {
    case 'uniform':
      return (n) => 1 + slots.below(n, videos);
    case 'hot': {
      const hot = 1 + slots.below(0, videos);
      return (n) => (choices.word(n) < HOT_SHARE * WORDS ? hot : 1 + slots.below(n, videos));
    }
    case 'zipf': {
      const { thresholds, aliases } = zipfAliasTable(videos);
      const ids = shuffledIds(videos, new WordStream(seed, firstStream + 2));
      return (n) => {
        const slot = slots.below(n, videos);
        return ids[choices.word(n) < thresholds[slot] ? slot : aliases[slot]];
      };
    }
  }
}

/** Vose's alias method. Only +, -, * and / are used: the same bits on every machine. */
function zipfAliasTable(size: number): { thresholds: Float64Array; aliases: Uint32Array } {
  let total = 0;
  for (let rank = 1; rank <= size; rank++) total += 1 / rank;
  const thresholds = new Float64Array(size).fill(WORDS);
  const aliases = new Uint32Array(size);
  // A slot's share is its weight over the mean; those below 1 are filled up by those above it.
  const share = new Float64Array(size);
  const below = new Uint32Array(size);
  const above = new Uint32Array(size);
  let belowCount = 0;
  let aboveCount = 0;
  for (let slot = 0; slot < size; slot++) {
    share[slot] = size / ((slot + 1) * total);
    if (share[slot] < 1) below[belowCount++] = slot;
    else above[aboveCount++] = slot;
  }
  while (belowCount > 0 && aboveCount > 0) {
    const poor = below[--belowCount];
    const rich = above[aboveCount - 1];
    thresholds[poor] = share[poor] * WORDS;
    aliases[poor] = rich;
    share[rich] -= 1 - share[poor];
    if (share[rich] < 1) {
      aboveCount -= 1;
      below[belowCount++] = rich;
    }
  }
  return { thresholds, aliases };
}

/** Popularity must not follow the id: videos of equal fame would sit side by side in every range of ids. */
function shuffledIds(size: number, words: WordStream): Uint32Array {
  const ids = new Uint32Array(size);
  for (let i = 0; i < size; i++) ids[i] = i + 1;
  for (let i = size - 1; i > 0; i--) {
    const j = words.below(i, i + 1);
    const id = ids[i];
    ids[i] = ids[j];
    ids[j] = id;
  }
  return ids;
}

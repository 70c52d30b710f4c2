import { expect, test } from 'vitest';
import { SumsByVideo } from '../../../src/bench/three-sums/sums-by-video.ts';

/** Adds one view each of the videos, with as many ad views and ten times as many seconds as its place says. */
function sumsOf(videos: readonly bigint[]): SumsByVideo {
  const sums = new SumsByVideo();
  const ads = Float64Array.from(videos, (_, i) => i);
  const seconds = ads.map((value) => value * 10);
  sums.addRows(videos.length, new Int32Array(BigInt64Array.from(videos).buffer), ads, seconds);
  return sums;
}

test('adds up by video, in order of ids of 64 bits', () => {
  const large = 2n ** 62n;
  expect(sumsOf([large, 7n, large, -1n]).sorted()).toEqual([
    [-1n, 1, 3, 30],
    [7n, 1, 1, 10],
    [large, 2, 2, 20],
  ]);
});

test('grows, and comes back from bytes as it was, added to what is there', () => {
  const videos = Array.from({ length: 5000 }, (_, i) => BigInt(i + 1));
  const sums = sumsOf(videos);
  const other = new SumsByVideo();
  other.addEncoded(sums.encode());
  expect(other.sorted()).toEqual(sums.sorted());
  other.addEncoded(sums.encode());
  expect(other.sorted()[4999]).toEqual([5000n, 2, 2 * 4999, 2 * 49_990]);
  expect(new SumsByVideo().encode()).toHaveLength(0);
});

/** The typed-array structures beside their plain equivalents: Map, Set, sort. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coreInterval } from '../../../src/jobs/views/rules/core-interval.ts';
import { stretchAt, unionOf } from '../../../src/jobs/views/rules/intervals.ts';
import { topVideos } from '../../../src/jobs/views/rules/ranking.ts';
import { StatisticsTotals } from '../../../src/jobs/views/rules/statistics-totals.ts';
import { directRange, VideoDirectory } from '../../../src/jobs/views/rules/video-directory.ts';
import { readVideoSums, VideoSums } from '../../../src/jobs/views/rules/video-sums.ts';
import { Int64Index } from '../../../src/rules/int64-index.ts';
import { joinWords, splitWords } from '../../../src/rules/words.ts';

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.bigInt({ min: 2n ** 32n - 2n, max: 2n ** 32n + 2n }),
);

describe('splitWords and joinWords', () => {
  it('are inverse for every 64-bit integer', () => {
    fc.assert(fc.property(int64, (value) => joinWords(...splitWords(value)) === value));
  });
});

describe('Int64Index', () => {
  it('numbers keys as a Map would', () => {
    fc.assert(
      fc.property(fc.array(int64, { maxLength: 400 }), fc.array(int64, { maxLength: 20 }), (keys, others) => {
        const index = new Int64Index(1);
        const map = new Map<bigint, number>();
        for (const key of keys) {
          if (!map.has(key)) map.set(key, map.size);
          expect(index.add(...splitWords(key))).toBe(map.get(key));
        }
        const copy = new Int64Index(0, false, index.share());
        for (const key of [...keys, ...others]) expect(copy.find(...splitWords(key))).toBe(map.get(key) ?? -1);
      }),
    );
  });
});

describe('VideoDirectory', () => {
  it('finds what a Map would find, by distance or by hash', () => {
    const near = fc.bigInt({ min: 2n ** 32n - 3000n, max: 2n ** 32n - 1n });
    const ids = fc.uniqueArray(fc.oneof(near, int64), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.oneof(ids, fc.uniqueArray(near, { minLength: 1 })),
        fc.array(fc.oneof(near, int64)),
        (some, others) => {
          const sorted = some.toSorted((a, b) => (a < b ? -1 : 1));
          const directory = new VideoDirectory(1, directRange(sorted.length, sorted[0], sorted[sorted.length - 1]));
          sorted.forEach((id, at) => {
            directory.add(...splitWords(id), at % 3 !== 0, ...splitWords(id + 1n));
          });
          const copy = VideoDirectory.from(directory.share());
          for (const id of [...sorted, ...others]) {
            const video = copy.find(...splitWords(id));
            const at = sorted.indexOf(id);
            expect(video >= 0 && video < copy.size).toBe(at >= 0);
            expect(copy.numbersUpTo(id) >= sorted.filter((one) => one <= id).length).toBe(true);
            if (at < 0) continue;
            expect(joinWords(copy.idLo(video), copy.idHi(video))).toBe(id);
            expect(copy.numbersUpTo(id)).toBe(video + 1);
            expect(copy.isBy(video, ...splitWords(id + 1n))).toBe(at % 3 !== 0);
            for (const other of [0n, id, ...others]) {
              if (other !== BigInt.asIntN(64, id + 1n)) expect(copy.isBy(video, ...splitWords(other))).toBe(false);
            }
          }
        },
      ),
    );
  });
});

describe('stretchAt', () => {
  it('answers as a search through all intervals would', () => {
    const interval = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), (intervals) => {
        const set = unionOf(intervals);
        const isIn = (time: number) => intervals.some(([start, end]) => start <= time && time < end);
        for (let time = 0; time <= 62; time++) {
          const { isInside, from, until } = stretchAt(set, time);
          expect(isInside).toBe(isIn(time));
          const before = Array.from({ length: time + 2 }, (_, back) => time - back);
          const after = Array.from({ length: 64 - time }, (_, on) => time + on);
          expect(from).toBe((before.find((other) => isIn(other) !== isInside) ?? Number.NEGATIVE_INFINITY) + 1);
          expect(until).toBe(after.find((other) => isIn(other) !== isInside) ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });
});

describe('VideoSums and StatisticsTotals', () => {
  it('add up exactly, also far past 2^53', () => {
    const view = fc.record({
      video: fc.nat(3),
      ads: fc.oneof(fc.nat(3), fc.integer({ min: 2 ** 40, max: 2 ** 49 })),
      play: fc.nat(86_400),
    });
    const words = new Int32Array([-5n, 1n, 7n, 2n ** 62n].flatMap((id) => splitWords(id)));
    const ids = { idLo: (video: number) => words[2 * video], idHi: (video: number) => words[2 * video + 1] };
    fc.assert(
      fc.property(
        fc.array(fc.array(view, { maxLength: 8 }), { maxLength: 30 }),
        fc.constantFrom(3, 4),
        (chunks, dense) => {
          const sums = new VideoSums(4, dense);
          const totals = new StatisticsTotals();
          const expected = new Map<bigint, [bigint, bigint, bigint]>();
          for (const chunk of chunks) {
            for (const { video, ads, play } of chunk) {
              sums.add(video, ads, play);
              const id = joinWords(words[2 * video], words[2 * video + 1]);
              const [a, b, c] = expected.get(id) ?? [0n, 0n, 0n];
              expected.set(id, [a + 1n, b + BigInt(ads), c + BigInt(play)]);
            }
            for (const { body } of sums.drain(ids, [1, 3])) {
              totals.add(body);
              while (totals.mergeNext());
            }
          }
          while (totals.mergeNext(true));
          const found = [...totals.inOrder()].map((v) => [v.videoId, [v.views, v.adViews, v.playSeconds].map(BigInt)]);
          expect(found).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
        },
      ),
    );
  });

  it('make room for any number of videos met, of any number that there are', () => {
    const video = fc.nat(50_000);
    fc.assert(
      fc.property(fc.array(video, { maxLength: 6000 }), (videos) => {
        const sums = new VideoSums(2 ** 30);
        for (let round = 0; round < 2; round++) {
          const expected = new Map<number, number>();
          for (const one of videos) {
            sums.add(one, 1, 2);
            expected.set(one, (expected.get(one) ?? 0) + 1);
          }
          const found: [number, number][] = [];
          for (const { bucket, body } of sums.drain({ idLo: (one) => one, idHi: () => 0 }, [10_000, 40_000])) {
            readVideoSums(body, (lo, _hi, views, ads, play) => {
              expect([bucket, ads, play]).toEqual([lo < 10_000 ? 0 : lo < 40_000 ? 1 : 2, views, 2 * views]);
              found.push([lo, views]);
            });
          }
          expect(found).toEqual([...expected].sort(([a], [b]) => a - b));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('carry a total beyond 2^53 without rounding, and refuse sums out of order', () => {
    const totals = new StatisticsTotals();
    const sums = new VideoSums(2);
    const ids = { idLo: (video: number) => 9 + video, idHi: () => 0 };
    const large = 2 ** 53 - 1;
    for (let times = 0; times < 5; times++) {
      sums.add(0, large, large);
      sums.add(1, 1, 1);
      for (const { body } of sums.drain(ids)) totals.add(body);
    }
    sums.add(0, 1, 2);
    for (const { body } of sums.drain(ids)) totals.add(body);
    while (totals.mergeNext(true));
    expect([...totals.inOrder()]).toEqual([
      { videoId: 9n, views: 6n, adViews: 5n * BigInt(large) + 1n, playSeconds: 5n * BigInt(large) + 2n },
      { videoId: 10n, views: 5, adViews: 5, playSeconds: 5 },
    ]);
    sums.add(0, 1, 1);
    sums.add(1, 1, 1);
    const [{ body }] = sums.drain({ idLo: (video) => 9 - video, idHi: () => 0 });
    expect(() => totals.add(body)).toThrow(/order of id/);
  });

  it('refuse a sum of one chunk that is no longer exact', () => {
    const sums = new VideoSums(1);
    sums.add(0, Number.MAX_SAFE_INTEGER, 0);
    sums.add(0, Number.MAX_SAFE_INTEGER, 0);
    expect(() => sums.drain({ idLo: () => 1, idHi: () => 0 })).toThrow(RangeError);
  });
});

describe('topVideos', () => {
  it('is a full sort cut at N, ties by lower video id', () => {
    const video = fc.record({
      videoId: fc.bigInt({ min: 1n, max: 40n }),
      views: fc.bigInt({ min: 0n, max: 4n }),
      adViews: fc.constant(0n),
      playSeconds: fc.bigInt({ min: 0n, max: 2n ** 60n }),
    });
    const videos = fc.uniqueArray(video, { selector: ({ videoId }) => videoId, maxLength: 30 });
    fc.assert(
      fc.property(videos, fc.integer({ min: 1, max: 8 }), (all, size) => {
        const order = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
        const sorted = [...all].sort((a, b) => order(b.views, a.views) || order(a.videoId, b.videoId));
        expect(topVideos(all, 'views', size)).toEqual(sorted.slice(0, size));
        const byPlay = [...all].sort((a, b) => order(b.playSeconds, a.playSeconds) || order(a.videoId, b.videoId));
        expect(topVideos(all, 'play_seconds', size)).toEqual(byPlay.slice(0, size));
      }),
    );
  });
});

describe('coreInterval', () => {
  it('holds every time that is not named a stray', () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 10 ** 12 }),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(fc.array(time, { maxLength: 300 }), (values) => {
        const core = coreInterval(Float64Array.from(values));
        const dated = values.filter((value) => !Number.isNaN(value));
        if (core === undefined) {
          expect(dated).toEqual([]);
          return;
        }
        const strays = new Set(core.strays);
        values.forEach((value, at) => {
          const inside = value >= core.minMs && value <= core.maxMs;
          expect(strays.has(at)).toBe(!Number.isNaN(value) && !inside);
        });
        expect(strays.size).toBeLessThanOrEqual(dated.length / 32);
      }),
    );
  });

  it('names the few late rows among many and narrows the core', () => {
    const times = Float64Array.from({ length: 1000 }, (_, at) => 86_400_000 + at * 100);
    times[500] = 5;
    expect(coreInterval(times)).toEqual({ minMs: 86_400_000, maxMs: 86_499_900, strays: [500] });
  });
});

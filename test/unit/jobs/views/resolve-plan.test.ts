/** Buckets of open views and their partitions: every bucket in one partition, no row expected twice, sizes bounded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountedViews } from '../../../../src/jobs/views/rules/counted-views.ts';
import { readVideoSums } from '../../../../src/jobs/views/rules/video-sums.ts';
import { cutBuckets } from '../../../../src/jobs/views/statistics/resolve-plan.ts';
import { countBuckets } from '../../../../src/jobs/views/statistics/statistics-plan.ts';
import { joinWords, splitWords } from '../../../../src/rules/words.ts';

describe('cutBuckets', () => {
  it('covers all buckets in order, with all rows, in at most as many partitions as wanted', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 2e9 }), fc.nat(200));
    fc.assert(
      fc.property(sizes, ([buckets, rows, wanted]) => {
        const partitions = cutBuckets(buckets, rows, wanted);
        expect(partitions).toHaveLength(Math.max(1, Math.min(buckets, wanted)));
        expect(partitions[0].minId).toBe(0n);
        expect(partitions.at(-1)?.maxId).toBe(BigInt(buckets - 1));
        for (let at = 1; at < partitions.length; at++) {
          expect(partitions[at].minId).toBe(partitions[at - 1].maxId + 1n);
        }
        for (const { minId, maxId } of partitions) expect(maxId).toBeGreaterThanOrEqual(minId);
        expect(partitions.reduce((sum, { rowsExpected }) => sum + rowsExpected, 0)).toBe(rows);
      }),
    );
  });

  it('has no partition without rows', () => {
    expect(cutBuckets(7, 0, 3)).toEqual([]);
  });
});

describe('countBuckets', () => {
  it.each([
    [0, undefined, 1],
    [30_000, undefined, 1],
    [30_001, undefined, 2],
    [100_000_000, undefined, 3334],
    [100_000_000, 64, 3334],
    [1_000, 8, 8],
    [3, 8, 3],
    [0, 8, 1],
  ])('%s views, %s partitions asked for: %s', (open, partitionCount, buckets) => {
    expect(countBuckets(open, partitionCount)).toBe(buckets);
  });
});

describe('CountedViews', () => {
  const view = fc.record({
    video: fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    adViews: fc.nat(9),
    playSeconds: fc.nat(86_400),
  });

  it('adds up by video, in order of id, and leaves nothing behind', () => {
    const bounds = fc.uniqueArray(fc.bigInt({ min: -20n, max: 20n }), { maxLength: 3 });
    const input = fc.tuple(fc.array(fc.array(view, { maxLength: 1500 }), { minLength: 1, maxLength: 3 }), bounds);
    fc.assert(
      fc.property(input, ([chunks, unordered]) => {
        const ends = unordered.toSorted((a, b) => (a < b ? -1 : 1));
        const counted = new CountedViews();
        for (const views of chunks) {
          const expected = new Map<bigint, [number, number, number]>();
          for (const { video, adViews, playSeconds } of views) {
            counted.add(...splitWords(video), adViews, playSeconds);
            const [n, ads, seconds] = expected.get(video) ?? [0, 0, 0];
            expected.set(video, [n + 1, ads + adViews, seconds + playSeconds]);
          }
          expect(counted.count).toBe(views.length);
          const found: unknown[] = [];
          for (const { bucket, body } of counted.drain(ends)) {
            readVideoSums(body, (lo, hi, ...sums) => {
              const video = joinWords(lo, hi);
              const bucketOf = ends.findIndex((end) => video <= end);
              expect(bucket).toBe(bucketOf < 0 ? ends.length : bucketOf);
              found.push([video, sums]);
            });
          }
          expect(found).toEqual([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1)));
          expect(counted.count).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Ranges of challenges of equal weight. */
import { describe, expect, test } from 'vitest';
import { cutBlocks, type WeightedBlock } from '../../../src/jobs/cut-blocks.ts';

/** Blocks of one challenge each, ids 10, 20, 30 ... */
function blocks(...weights: number[]): WeightedBlock[] {
  return weights.map((weight, i) => {
    const id = BigInt(10 * (i + 1));
    return { minId: id, maxId: id, rows: 1, weight };
  });
}

function rangesOf(count: number, ...weights: number[]): string[] {
  return cutBlocks(blocks(...weights), count).map(({ minId, maxId }) => `${minId}-${maxId}`);
}

describe('cutBlocks', () => {
  test('shares equal blocks out equally', () => {
    expect(rangesOf(3, 5, 5, 5, 5, 5, 5)).toEqual(['10-20', '30-40', '50-60']);
    expect(rangesOf(2, 5, 5, 5)).toEqual(['10-20', '30-30']);
  });

  test('leaves one with a crowd alone, wherever it stands', () => {
    expect(rangesOf(3, 900, 1, 1, 1, 1)).toEqual(['10-10', '20-30', '40-50']);
    expect(rangesOf(3, 1, 1, 900, 1, 1)).toEqual(['10-20', '30-30', '40-50']);
  });

  test('covers every block once, in at most as many ranges as were asked for', () => {
    for (let count = 1; count <= 8; count++) {
      const ranges = cutBlocks(blocks(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5), count);
      expect(ranges.length).toBeLessThanOrEqual(count);
      expect(ranges.reduce((sum, { rowsExpected }) => sum + rowsExpected, 0)).toBe(11);
      for (const [i, { minId }] of ranges.slice(1).entries()) expect(minId > ranges[i].maxId).toBe(true);
    }
    expect(cutBlocks([], 4)).toEqual([]);
  });
});

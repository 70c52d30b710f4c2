/** A chunk has from one row to as many as a worker can hold. */
import { expect, test } from 'vitest';
import {
  CHUNK_BYTES_MAX,
  CHUNK_ROWS_MAX,
  ChunkSizer,
  requireChunkSize,
  rowsMaxOf,
} from '../../../src/engine/chunk-size.ts';

test.each([undefined, 1, CHUNK_ROWS_MAX])('%s is taken', (rows) => {
  expect(() => requireChunkSize('chunkSize', rows)).not.toThrow();
});

test.each([0, -1, 1.5, Number.NaN, CHUNK_ROWS_MAX + 1, 1e15])('%s is refused', (rows) => {
  expect(() => requireChunkSize('chunkSize', rows)).toThrow(/^chunkSize must be a whole number from 1 to 4,000,000/);
});

/** Sizes asked for when a row takes `usARow` microseconds. */
function sizesAt(usARow: (chunk: number) => number, chunks: number, bytesARow?: number): number[] {
  const sizer = new ChunkSizer({ firstRows: 1000, rowsMax: 100_000 });
  return Array.from({ length: chunks }, (_, chunk) => {
    const { rows } = sizer;
    sizer.committed(rows, (rows * usARow(chunk)) / 1000, bytesARow && rows * bytesARow);
    return rows;
  });
}

test('a chunk by time grows step by step to a second', () => {
  expect(sizesAt(() => 20, 5)).toEqual([1000, 4000, 16_000, 50_000, 50_000]);
});

test('and shrinks at once when its rows get slower', () => {
  expect(sizesAt((chunk) => (chunk < 3 ? 20 : 200), 6)).toEqual([1000, 4000, 16_000, 50_000, 5000, 5000]);
});

test('it is bounded by rows and by bytes', () => {
  expect(sizesAt(() => 1, 6).at(-1)).toBe(100_000);
  expect(sizesAt(() => 1, 6, CHUNK_BYTES_MAX / 8000).at(-1)).toBe(8000);
  expect(sizesAt(() => 10_000_000, 3).at(-1)).toBe(1);
});

test('the short rest of a range makes no chunk larger', () => {
  const sizer = new ChunkSizer({ firstRows: 1000, rowsMax: 100_000 });
  sizer.committed(10, 0.1, undefined);
  expect(sizer.rows).toBe(1000);
  sizer.committed(10, 100, undefined);
  expect(sizer.rows).toBe(100);
});

test('a size that was asked for stays', () => {
  const sizer = new ChunkSizer(7);
  sizer.committed(7, 100_000, 1e12);
  expect(sizer.rows).toBe(7);
  expect([rowsMaxOf(7), rowsMaxOf({ firstRows: 1, rowsMax: 9 })]).toEqual([7, 9]);
});

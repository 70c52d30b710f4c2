/** A chunk has from one row to as many as a worker can hold. */
import { expect, test } from 'vitest';
import { CHUNK_ROWS_MAX, requireChunkSize } from '../../../src/engine/chunk-size.ts';

test.each([undefined, 1, CHUNK_ROWS_MAX])('%s is taken', (rows) => {
  expect(() => requireChunkSize('chunkSize', rows)).not.toThrow();
});

test.each([0, -1, 1.5, Number.NaN, CHUNK_ROWS_MAX + 1, 1e15])('%s is refused', (rows) => {
  expect(() => requireChunkSize('chunkSize', rows)).toThrow(/^chunkSize must be a whole number from 1 to 4,000,000/);
});

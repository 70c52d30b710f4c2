import { describe, expect, test } from 'vitest';
import type { ColumnDefinition } from '../../../src/database/binary-columns.ts';
import { BinaryRows } from '../../../src/database/binary-rows.ts';
import { ColumnBatch, type ColumnType } from '../../../src/database/column-batch.ts';
import { isSettleError } from '../../../src/errors.ts';

const LONG = 3;
const LONGLONG = 8;
const DATETIME = 12;
const VARCHAR = 253;
const UNSIGNED = 32;

const definition = (columnType: number, flags = 0): ColumnDefinition => ({ name: 'c', columnType, flags });

/** One row packet: the values are bytes as the protocol has them, or null. */
function packet(values: readonly (readonly number[] | null)[]): number[] {
  const bitmap = new Array((values.length + 9) >> 3).fill(0);
  values.forEach((value, i) => {
    if (value === null) bitmap[(i + 2) >> 3] |= 1 << ((i + 2) & 7);
  });
  const payload = [0, ...bitmap, ...values.flatMap((value) => value ?? [])];
  return [payload.length & 0xff, payload.length >> 8, 0, 1, ...payload];
}

function int64(value: bigint): number[] {
  return [...new Uint8Array(BigInt64Array.of(value).buffer)];
}

function batchOf(types: readonly ColumnType[], capacity = 4): ColumnBatch {
  return new ColumnBatch(
    types.map((type, i) => ({ name: `c${i}`, type })),
    capacity,
  );
}

describe('BinaryRows', () => {
  test('stops before an incomplete packet and before one that is no row', () => {
    const batch = batchOf(['int64', 'int64']);
    const rows = new BinaryRows([definition(LONGLONG), definition(LONGLONG)], batch);
    const one = packet([int64(-1n), null]);
    const bytes = Uint8Array.from([9, 9, ...one, ...one]);
    expect(rows.decode(bytes.subarray(0, bytes.length - 1), 2)).toBe(2 + one.length);
    expect(rows.rows).toBe(1);
    expect(rows.decode(Uint8Array.from([...one, 5, 0, 0, 7, 0xfe, 0, 0, 2, 0]), 0)).toBe(one.length);
    expect(rows.rows).toBe(2);
    expect(batch.int64(0).values[1]).toBe(-1n);
    expect(batch.nulls[1]).toBe(0b10);
    for (let length = 0; length < 5; length++) expect(rows.decode(Uint8Array.from(one.slice(0, length)), 0)).toBe(0);
  });

  test('eight columns have their NULL bits in two bytes', () => {
    const batch = batchOf(new Array<ColumnType>(8).fill('number'));
    const rows = new BinaryRows(new Array(8).fill(definition(LONG)), batch);
    const value = [1, 0, 0, 0];
    rows.decode(Uint8Array.from(packet([null, value, value, value, value, value, null, null])), 0);
    expect(batch.nulls[0]).toBe(0b11000001);
    expect(batch.columns.map((column) => 'values' in column && column.values[0])).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
  });

  test('impossible dates are NULL', () => {
    const batch = batchOf(['instant']);
    const rows = new BinaryRows([definition(DATETIME)], batch);
    rows.decode(
      Uint8Array.from([...packet([[0]]), ...packet([[4, 0xea, 7, 0, 1]]), ...packet([[4, 0xea, 7, 3, 1]])]),
      0,
    );
    expect(batch.doubles(0).slice(0, 3)).toEqual(Float64Array.of(Number.NaN, Number.NaN, Date.UTC(2026, 2, 1)));
    expect([...batch.nulls.slice(0, 3)]).toEqual([1, 1, 0]);
  });

  test('remembers the first value that does not fit and reads over the rest', () => {
    const batch = batchOf(['number'], 2);
    const rows = new BinaryRows([definition(LONGLONG, UNSIGNED)], batch);
    const fits = packet([int64(2n ** 53n - 1n)]);
    const large = packet([int64(-1n)]);
    const bytes = Uint8Array.from([...fits, ...large, ...large, ...fits]);
    expect(rows.decode(bytes, 0)).toBe(bytes.length);
    expect(rows.rows).toBe(4);
    expect(batch.unreadable).toMatchObject({ row: 1, column: 0, value: '18446744073709551615' });
    expect(batch.doubles(0)[0]).toBe(2 ** 53 - 1);
  });

  test('more rows than asked for, and rows that are not what was announced, are errors', () => {
    const rows = new BinaryRows([definition(LONG)], batchOf(['number'], 1));
    const row = packet([[1, 0, 0, 0]]);
    expect(() => rows.decode(Uint8Array.from([...row, ...row]), 0)).toThrow(/more than the 1 rows/);
    const other = new BinaryRows([definition(LONG)], batchOf(['number'], 1));
    expect(() => other.decode(Uint8Array.from(packet([[1, 0, 0, 0, 0]])), 0)).toThrow(/longer or shorter/);
  });

  test('hands the batch over each time that it is full, and the rest at the end', () => {
    const batch = batchOf(['number'], 3);
    const taken: number[][] = [];
    const rows = new BinaryRows([definition(LONG)], batch, () =>
      taken.push([...batch.doubles(0).slice(0, batch.size)]),
    );
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7].flatMap((value) => packet([[value, 0, 0, 0]])));
    for (let at = 0, end = 1; at < bytes.length; end++) at = rows.decode(bytes.subarray(0, end), at);
    rows.finish();
    expect(taken).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(rows.rows).toBe(7);
  });

  test('reads over the rows after an error of the taker, and keeps the error', () => {
    const batch = batchOf(['number'], 2);
    const failure = new Error('no');
    let calls = 0;
    const rows = new BinaryRows([definition(LONG)], batch, () => {
      calls++;
      throw failure;
    });
    const bytes = Uint8Array.from(new Array(600).fill(packet([[1, 0, 0, 0]])).flat());
    expect(rows.decode(bytes, 0)).toBe(bytes.length);
    rows.finish();
    expect([rows.rows, rows.failure, calls]).toEqual([600, failure, 1]);
  });

  test('integers of every width and sign keep their value', () => {
    const batch = batchOf(['number', 'number', 'number', 'number', 'int64', 'int64', 'int64', 'int64']);
    const types = [1, 2, 3, 8];
    const values = [-3n, -300n, -70_000n, -(2n ** 40n)];
    const bytesOf = (value: bigint, width: number) => int64(value).slice(0, width);
    const signed = [...types, ...types].map((type) => definition(type));
    const row = packet([...values, ...values].map((value, i) => bytesOf(value, [1, 2, 4, 8][i % 4])));
    new BinaryRows(signed, batch).decode(Uint8Array.from(row), 0);
    expect(batch.columns.map((column) => 'values' in column && BigInt(String(column.values[0])))).toEqual([
      ...values,
      ...values,
    ]);
    const unsigned = [...types, ...types].map((type) => definition(type, UNSIGNED));
    const large = [2n ** 8n - 1n, 2n ** 16n - 1n, 2n ** 32n - 1n, 2n ** 53n - 1n];
    const largeRow = packet([...large, ...large].map((value, i) => bytesOf(value, [1, 2, 4, 8][i % 4])));
    batch.clear();
    new BinaryRows(unsigned, batch).decode(Uint8Array.from(largeRow), 0);
    expect(batch.columns.map((column) => 'values' in column && BigInt(String(column.values[0])))).toEqual([
      ...large,
      ...large,
    ]);
  });

  test('a column of a type that cannot be read so is refused in one line', () => {
    for (const type of ['int64', 'number', 'instant'] as const) {
      try {
        new BinaryRows([definition(VARCHAR)], batchOf([type]));
        expect.unreachable();
      } catch (error) {
        expect(isSettleError(error) && error.code).toBe('COLUMN_TYPE');
      }
    }
  });
});

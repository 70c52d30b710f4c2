import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BulkPacket,
  BYTES,
  INT32,
  INT64,
  joinKinds,
  type ParameterKind,
  parameterKinds,
  TEXT,
} from '../../../src/database/bulk-packet.ts';
import type { SqlValue } from '../../../src/database/values.ts';

describe('how a column is sent', () => {
  const kindOf = (...values: SqlValue[]) =>
    parameterKinds(
      values.map((value) => [value]),
      1,
    )?.[0];

  test('integers by the widest of them, everything else without a loss', () => {
    expect(kindOf(null)).toBe(INT32);
    expect(kindOf(1, -(2 ** 31), 2 ** 31 - 1)).toBe(INT32);
    expect(kindOf(1, 2 ** 31)).toBe(INT64);
    expect(kindOf(1n)).toBe(INT64);
    expect(kindOf(2n ** 63n - 1n, -(2n ** 63n))).toBe(INT64);
    expect(kindOf(2n ** 63n)).toBe(TEXT);
    expect(kindOf(1, 0.5)).toBe(TEXT);
    expect(kindOf(2 ** 53)).toBe(TEXT);
    expect(kindOf(1, 'x', null)).toBe(TEXT);
    expect(kindOf(new Uint8Array(1), null)).toBe(BYTES);
    expect(kindOf(new Uint8Array(1), 'x')).toBeUndefined();
    expect(kindOf(0, new Uint8Array(1))).toBeUndefined();
  });

  test('what is no value of a column is refused', () => {
    expect(() => kindOf(Number.NaN)).toThrow(RangeError);
    expect(() => kindOf(Number.NEGATIVE_INFINITY)).toThrow(RangeError);
    expect(() => kindOf(undefined as unknown as SqlValue)).toThrow(TypeError);
    expect(() => parameterKinds([[1], [1, 2]], 1)).toThrow(TypeError);
  });
});

test('rows go with those before them as the wider of both; bytes go with bytes alone', () => {
  const before: ParameterKind[] = [INT64, TEXT, BYTES];
  expect(joinKinds(before, [INT32, INT64, BYTES])).toBe(before);
  expect(joinKinds(before, [TEXT, TEXT, BYTES])).toEqual([TEXT, TEXT, BYTES]);
  expect(joinKinds(before, [INT64, TEXT, INT32])).toEqual([INT64, TEXT, INT32]);
  expect(joinKinds([INT32], [BYTES])).toEqual([BYTES]);
});

test('any rows, in packets of any size, are read back from their bytes', () => {
  const value = fc.tuple(
    fc.option(fc.oneof(fc.maxSafeInteger(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))),
    fc.option(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 260 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    ),
    fc.option(fc.uint8Array({ maxLength: 260 })),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 2000 }), (rows, size) => {
      const kinds = parameterKinds(rows, 3)!;
      const packet = new BulkPacket(4, size);
      const read: unknown[][] = [];
      packet.begin(7, kinds);
      for (const row of rows) {
        const { length } = packet;
        // What is taken back leaves no trace.
        packet.add(row);
        packet.cut(length);
        packet.add(row);
        if (!packet.isFull) continue;
        read.push(...readBack(packet.bytes, kinds));
        packet.begin(7, kinds);
      }
      read.push(...readBack(packet.bytes, kinds));
      const plain = (one: unknown, c: number) => {
        if (one === null) return null;
        if (kinds[c] === BYTES) return Buffer.from(one as Uint8Array).toString('hex');
        return kinds[c] === TEXT ? Buffer.from(String(one)).toString() : BigInt(one as number);
      };
      expect(read).toEqual(rows.map((row) => row.map(plain)));
    }),
  );
});

/** By the protocol's description, value for value. */
function readBack(bytes: Buffer, kinds: readonly number[]): unknown[][] {
  expect(bytes[4]).toBe(0xfa);
  expect(bytes.readUInt32LE(5)).toBe(7);
  const rows: unknown[][] = [];
  let at = 11 + 2 * kinds.length;
  const readLength = () => {
    const first = bytes[at++];
    if (first < 251) return first;
    const width = first === 252 ? 2 : first === 253 ? 3 : 8;
    at += width;
    return width === 8 ? Number(bytes.readBigUInt64LE(at - 8)) : bytes.readUIntLE(at - width, width);
  };
  while (at < bytes.length) {
    rows.push(
      kinds.map((kind) => {
        if (bytes[at++] === 1) return null;
        if (kind === INT32 || kind === INT64) {
          at += kind === INT32 ? 4 : 8;
          return kind === INT32 ? BigInt(bytes.readInt32LE(at - 4)) : bytes.readBigInt64LE(at - 8);
        }
        const length = readLength();
        at += length;
        return bytes.toString(kind === BYTES ? 'hex' : 'utf8', at - length, at);
      }),
    );
  }
  return rows;
}

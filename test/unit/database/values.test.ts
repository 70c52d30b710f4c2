import { expect, test } from 'vitest';
import { valueText } from '../../../src/database/insert-rows-server.ts';
import { toBigInt, toNumber, toOneOf } from '../../../src/database/values.ts';

test('integers of every shape become exact', () => {
  expect(toBigInt(5)).toBe(5n);
  expect(toBigInt('-9223372036854775808')).toBe(-9223372036854775808n);
  expect(toBigInt(7n)).toBe(7n);
  expect(toNumber('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(toNumber(3n)).toBe(3);
});

test.each([1.5, 2 ** 53, '1.5', '', 'x', null, undefined, {}])('%j is no exact integer', (value) => {
  expect(() => toBigInt(value)).toThrow(TypeError);
});

test.each(['9007199254740992', 2 ** 53, 10n ** 20n])('%s does not fit a number', (value) => {
  expect(() => toNumber(value)).toThrow(RangeError);
});

test('a text of a list is taken, any other is named with its column', () => {
  expect(toOneOf('b', ['a', 'b'], 't.c')).toBe('b');
  for (const value of ['B', '', null, undefined, 1]) {
    expect(() => toOneOf(value, ['a', 'b'], 't.c')).toThrow(/^t\.c holds .*, which settle does not know$/);
  }
});

test('literals', () => {
  expect(valueText(-1.5)).toBe('-1.5');
  expect(valueText(2n ** 63n - 1n)).toBe('9223372036854775807');
  expect(valueText(null)).toBe('NULL');
  expect(valueText("it's \\ \0 \x1a ? \n é 😀")).toBe("'it\\'s \\\\ \\0 \\Z ? \n é 😀'");
  expect(valueText(Uint8Array.of(0, 255, 16))).toBe("x'00ff10'");
  expect(() => valueText(Number.NaN)).toThrow(RangeError);
  expect(() => valueText(Number.POSITIVE_INFINITY)).toThrow(RangeError);
});

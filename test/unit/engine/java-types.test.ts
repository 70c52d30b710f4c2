/** Doubles as Java writes them: the job key is made of this text. */
import { expect, test } from 'vitest';
import { javaDoubleText, javaTypeOf, parameterTypeOf } from '../../../src/engine/java-types.ts';

test.each([
  [1, '1.0'],
  [0, '0.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [-2.5, '-2.5'],
  [1234567, '1234567.0'],
  [9999999, '9999999.0'],
  [1e7, '1.0E7'],
  [12345678.5, '1.23456785E7'],
  [0.001, '0.001'],
  [0.0001, '1.0E-4'],
  [1e21, '1.0E21'],
  [Number.MAX_VALUE, '1.7976931348623157E308'],
])('%d is %s', (value, text) => {
  expect(javaDoubleText(value)).toBe(text);
});

test('types go to Java and back', () => {
  for (const type of ['string', 'long', 'double', 'date'] as const)
    expect(parameterTypeOf(javaTypeOf(type))).toBe(type);
  expect(parameterTypeOf('java.util.UUID')).toBeUndefined();
});

/** The text form of a context, which Spring Batch reads, and that nothing is lost on the way there and back. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ContextValue,
  deserialiseContext,
  ExecutionContext,
  serialiseContext,
} from '../../../src/engine/execution-context.ts';

function contextOf(values: Record<string, ContextValue>): ExecutionContext {
  const context = new ExecutionContext();
  for (const [key, value] of Object.entries(values)) context.put(key, value);
  return context;
}

describe('the text of a context', () => {
  test('is that of the example', () => {
    const context = contextOf({ minId: 1n, 'batch.version': '6.0.4', lastKey: { id: 480n } });
    expect(serialiseContext(context)).toBe(
      '{"minId":["java.lang.Long",1],"batch.version":"6.0.4","lastKey":["java.util.LinkedHashMap",{"id":["java.lang.Long",480]}]}',
    );
  });

  test.each<[string, ContextValue, string]>([
    ['text', 'a"b', '"a\\"b"'],
    ['a boolean', true, 'true'],
    ['an int', 42, '42'],
    ['the largest int', 2 ** 31 - 1, '2147483647'],
    ['a whole number beyond int, as a double', 2 ** 31, '2147483648.0'],
    ['a double', 0.25, '0.25'],
    ['a large double', 1e300, '1e+300'],
    ['minus zero', -0, '-0.0'],
    ['a long beyond 2^53', 2n ** 63n - 1n, '["java.lang.Long",9223372036854775807]'],
    ['an empty object', {}, '["java.util.LinkedHashMap",{}]'],
  ])('writes and reads %s', (_name, value, text) => {
    const context = contextOf({ value });
    expect(serialiseContext(context)).toBe(`{"value":${text}}`);
    expect(deserialiseContext(serialiseContext(context)).get('value')).toStrictEqual(value);
  });

  test('reads what Spring Batch writes of its own', () => {
    const text = '{"a":["java.util.HashMap",{"b":1,"c":null}],"d":null,"e":5}';
    const context = deserialiseContext(text);
    expect([...context.entries()]).toEqual([
      ['a', { b: 1 }],
      ['e', 5],
    ]);
    expect(context.getLong('e')).toBe(5n);
  });

  test('refuses what cannot be read there', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n, null, [1], undefined]) {
      expect(() => new ExecutionContext().put('x', value as ContextValue)).toThrow();
    }
    expect(() => deserialiseContext('{"x":["java.util.Date",5]}')).toThrow('x in the execution context');
  });

  test('comes back as it was', () => {
    const value = fc.letrec<{ value: ContextValue; leaf: ContextValue }>((tie) => ({
      leaf: fc.oneof(
        fc.string(),
        fc.boolean(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      ),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { noNullPrototype: true, maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), value)), (entries) => {
        const context = new ExecutionContext();
        for (const [key, one] of entries.filter(([key]) => key !== '__proto__')) context.put(key, one);
        // Not by vitest, which takes an entry of the name `constructor` for a class.
        const read = new Map(deserialiseContext(serialiseContext(context)).entries());
        expect(isDeepStrictEqual(read, new Map(context.entries()))).toBe(true);
      }),
    );
  });
});
